"""A finished task and what its quality check said of it."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["passed", "failed", "uncertain"]


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
