"""What a postflight says of a finished run, as values."""

from dataclasses import dataclass
from typing import Literal

from tremaux_tools.core.runners import TestRun

Verdict = Literal["passed", "failed", "uncertain"]
Severity = Literal["high", "medium", "low"]

MAX_EXCERPT = 400  # characters of a root cause
MAX_CONTEXT = 400  # characters of one error's context
MAX_LINE = 200  # characters shown of one line
MAX_TESTS = 200  # failing tests named


@dataclass(frozen=True, slots=True)
class Alarm:
    """An error that counts: all lines of one type."""

    type: str
    severity: Severity
    count: int
    line: int  #: of the first one, from 1
    context: str  #: the first one with its neighbours


@dataclass(frozen=True, slots=True)
class Dismissed:
    """Lines that look like an error of this type and are none."""

    type: str
    count: int
    line: int  #: of the first one, from 1
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Success:
    """A line that tells of a success."""

    type: str
    line: int  #: from 1


@dataclass(frozen=True, slots=True)
class RootCause:
    """Where to look first."""

    line: int  #: of the log, from 1; 0: only a report beside the log tells it
    excerpt: str  #: the telling lines, at most `MAX_EXCERPT` characters
    file: str | None  #: as the log names it
    file_line: int | None

    @property
    def source(self) -> str:
        """Where it was read, in words."""
        return f"line {self.line} of the log" if self.line else "a report of the run"


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One summand of the quality score."""

    name: str
    points: int
    why: str


@dataclass(frozen=True, slots=True)
class Learning:
    """Something worth knowing next time."""

    type: str  #: learning, solution, fix, root_cause, workaround, or turned_green
    content: str

    @property
    def words(self) -> str:
        """What tells it from others: neither case nor the last full stop does."""
        return " ".join(self.content.casefold().split()).rstrip(".!")


@dataclass(frozen=True, slots=True)
class Report:
    """What really happened, with the evidence. Every text is free of control sequences and secrets."""

    verdict: Verdict
    reasons: tuple[str, ...]  #: sentences, the decisive one first
    validated: bool  #: the verdict rests on an exit code or on counted tests, not on words alone
    exit_code: int | None
    exit_meaning: str  #: empty where the code says nothing beside failing or not
    quality_score: int  #: 0 to 100, the sum of the points of `score_parts`
    score_parts: tuple[ScorePart, ...]
    tests: TestRun | None  #: summed over `runs`; None if nothing counted
    runs: tuple[TestRun, ...]  #: what each runner counted
    failing_tests: tuple[str, ...]  #: as the runner names them
    errors: tuple[Alarm, ...]  #: the most severe first
    dismissed: tuple[Dismissed, ...]
    warnings: tuple[str, ...]
    successes: tuple[Success, ...]
    root_cause: RootCause | None
    learnings: tuple[Learning, ...]
    recommendations: tuple[str, ...]
    redactions: int  #: secrets taken out of what was read
