"""A report as it is filed: what was asked, what was found, what came of it."""

from dataclasses import asdict, dataclass
from typing import Any

from tremaux_tools.core.knowledge import Learned
from tremaux_tools.core.postflight.report import (
    Alarm,
    Dismissed,
    Learning,
    Report,
    RootCause,
    ScorePart,
    Success,
)
from tremaux_tools.core.runners import TestRun

_PARTS = {
    "score_parts": ScorePart,
    "runs": TestRun,
    "errors": Alarm,
    "dismissed": Dismissed,
    "successes": Success,
    "learnings": Learning,
}
_TEXTS = ("reasons", "failing_tests", "warnings", "recommendations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A report with where it came from."""

    id: int
    project: str
    goal: str | None
    job_id: int | None
    task: str
    tools_used: tuple[str, ...]
    report: Report
    learned: Learned
    notice: str  #: who was told, or why nobody was; empty where nobody was to be told
    notified: bool
    output_bytes: int  #: of the whole output, before it was cut or pruned
    has_output: bool  #: it is still kept
    client: str
    agent: str
    filed_at: float


def as_fields(report: Report) -> dict[str, Any]:
    """The report as plain values that JSON has."""
    return asdict(report)


def from_fields(fields: dict[str, Any]) -> Report:
    """The report that `as_fields` gave the fields of."""
    restored = dict(fields)
    for name, kind in _PARTS.items():
        restored[name] = tuple(kind(**part) for part in fields[name])
    for name in _TEXTS:
        restored[name] = tuple(fields[name])
    restored["tests"] = TestRun(**fields["tests"]) if fields["tests"] else None
    restored["root_cause"] = RootCause(**fields["root_cause"]) if fields["root_cause"] else None
    return Report(**restored)
