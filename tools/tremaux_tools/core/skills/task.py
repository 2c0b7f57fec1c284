"""A finished task and what its quality check said of it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from tremaux_tools.core.words import shorten

if TYPE_CHECKING:  # as in `words`
    from tremaux_tools.core.redact import Redactor

Verdict = Literal["passed", "failed", "uncertain"]

MAX_TOOLS = 50  # of one task
MAX_TOOL = 200  # characters of a tool's name, which names an entity


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedTask:
    """A task that is over. Only one that passed its quality check teaches a skill."""

    name: str  #: unique in its project: job-12, report-7, or what the agent calls it
    project: str
    prompt: str
    verdict: Verdict
    tools: tuple[str, ...] = ()
    duration: float | None = None  #: seconds; None if not known
    summary: str = ""  #: what was done, in the agent's words
    status: str = ""  #: in the agent's words
    report_id: int | None = None
    finished_at: float = 0.0  #: Unix seconds


def storable_task(task: FinishedTask, redactor: "Redactor") -> FinishedTask:
    """The task with every text of the agent clean, without secrets, and bounded; tools each once."""
    tools = (shorten(tool, redactor)[:MAX_TOOL].strip() for tool in task.tools[:MAX_TOOLS])
    return replace(
        task,
        name=shorten(task.name, redactor),
        prompt=shorten(task.prompt, redactor),
        tools=tuple(dict.fromkeys(filter(None, tools))),
        summary=shorten(task.summary, redactor),
        status=shorten(task.status, redactor),
    )
