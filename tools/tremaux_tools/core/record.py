"""What the journal keeps of an attempt and of a goal, as values."""

from dataclasses import dataclass

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.runners import TestRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An attempt as the journal keeps it: what was judged, what was claimed, and where it came from."""

    attempt: Attempt
    claimed_gate: Gate
    note: str = ""
    exit_code: int | None = None
    failing_tests: tuple[str, ...] = ()
    tests: TestRun | None = None
    warnings: tuple[str, ...] = ()
    output_bytes: int = 0  #: size of the whole output, before it was cut or pruned
    has_output: bool = False  #: the output is still kept
    client: str = ""
    agent: str = ""
    imported_key: str | None = None
    job_id: int | None = None  #: row of the job that ran its gate


@dataclass(frozen=True, slots=True)
class Goal:
    """What a series of attempts is for."""

    name: str
    created_at: float
    closed_at: float | None
    outcome: str | None  #: in the words of who closed it; None while open
    note: str
    attempts: int
    last_gate: str | None
    last_at: float | None
