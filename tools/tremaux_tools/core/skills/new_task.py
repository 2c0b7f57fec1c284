"""A finished task as an agent tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What an agent says of a task that it has finished."""

    task_id: str
    prompt: str
    project: str | None = None  #: a directory here, or any name; None: the current project
    status: str = ""
    tools_used: Sequence[str] = ()
    duration: float | None = None  #: seconds
    result_summary: str = ""
    qa_passed: bool | None = None  #: None: nobody checked
    timestamp: float | None = None  #: Unix seconds when it ended; None: now
