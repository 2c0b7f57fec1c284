"""What the machine-readable reports of a job told, as values."""

from dataclasses import dataclass

from tremaux_tools.core.runners import TestRun


@dataclass(frozen=True, slots=True)
class Failed:
    """One test that failed."""

    test: str  #: as its runner names it
    message: str  #: empty where the report gives none
    file: str | None  #: as the report names it
    line: int | None  #: of the file, from 1


@dataclass(frozen=True, slots=True)
class Results:
    """What all reports of one job told together; exact, so they outrank what the text says."""

    runs: tuple[TestRun, ...]  #: one for each runner
    failures: tuple[Failed, ...]  #: in the order of the reports
