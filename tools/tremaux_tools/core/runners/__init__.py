"""Read exact test counts from what a gate printed.

One sibling module per family of runners, each a table of how its summaries look. Machine-readable
reports are better evidence where a gate writes them; this is for the text that is always there.
"""

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.runners import golang, javascript, jvm, native, python, scripting, tap
from tremaux_tools.core.runners.reader import Reader, Runner, TestRun

__all__ = ["STAMP", "TestReader", "TestRun", "may_count", "read_tests", "total"]

RUNNERS: tuple[Runner, ...] = (
    *tap.RUNNERS,  # first, as these and Go print a line for every test
    *golang.RUNNERS,
    *python.RUNNERS,
    *javascript.RUNNERS,
    *native.RUNNERS,
    *jvm.RUNNERS,
    *scripting.RUNNERS,
)

# A wrapper's report already holds what the runner below it printed.
WRAPPED = {"gotestsum": "go", "prove": "tap"}

LONGEST_LINE = 1_000  # characters; a longer line is data, not a summary

# GitHub, GitLab, Jenkins and Azure begin each line with the time: 2026-01-01T00:00:00.000Z
STAMP = r"(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]{0,10}(?:Z|[+-]\d\d:?\d\d)?\]? )?"
# No summary line begins in any other way. Most lines of a log fail here, at a tenth of the cost of
# asking for each runner.
_COUNTED = (
    "(?:tests?|examples?|specs?|scenarios?|runs|pass|fail|errors?|skip|x(?:pass|fail)ed|deselected|warnings?|rerun"
    "|subtests|doctests?|propert|pending|todo|known|uncaught|unhandled|hooks?|interrupted|flaky|did)"
)
_BEGINNING = (
    rf"(?=\d{{1,9}}%? {_COUNTED}| {{1,12}}(?:\d{{1,9}} {_COUNTED}|[●─✔A-Zdfs-])|[=#\u2139⎯?\t[-]|[ABDFNOPRST]|ERROR: "
    r"|(?:not )?ok(?: [-\d |]| {2}\t|$)|\d\.\.|no tests|test result)"
)
# It begins with the line end because sre skips fast to a literal, but slowly to ^.
_WANTED = re.compile(
    rf"\n(?:(?=[\[2]){STAMP})?{_BEGINNING}(?:{'|'.join(runner.lines for runner in RUNNERS)})", re.MULTILINE
)
_PERHAPS_WANTED = re.compile(rf"(?:(?=[\[0]){STAMP})?{_BEGINNING}")  # by its shape
_STAMPED = re.compile(STAMP)
# Which reader a line is for: the one of the line before, or the number of the group that matches.
_LINES = [re.compile(runner.lines, re.MULTILINE) for runner in RUNNERS]
_ADDRESS = re.compile("|".join(f"({runner.lines})" for runner in RUNNERS), re.MULTILINE)


class TestReader:
    """Reads what each runner counted while a log passes by; it keeps counts, never lines."""

    __test__: ClassVar[bool] = False  # pytest would take the class for a test by its name
    __slots__ = ("_number", "_readers")

    def __init__(self) -> None:
        self._readers: dict[int, Reader] = {}  # by the number of their runner, in the order of their last lines
        self._number = 0  # of the runner that the last line was for

    def read(self, block: str) -> None:
        """Read whole lines that are free of control sequences."""
        for line in self._wanted_lines("\n" + block):
            reader = self._readers.pop(self._number, None) or RUNNERS[self._number].reader()
            self._readers[self._number] = reader
            reader.see(line)

    def runs(self) -> tuple[TestRun, ...]:
        """Tell the runs so far; see `read_tests`."""
        runs: dict[str, TestRun] = {}
        for reader in self._readers.values():
            if run := reader.run():
                runs.pop(run.runner, None)  # a runner may sum up in several ways: the last one counts
                runs[run.runner] = run
        for wrapper, wrapped in WRAPPED.items():
            if wrapper in runs:
                runs.pop(wrapped, None)
        return tuple(runs.values())

    def _wanted_lines(self, text: str) -> Iterator[str]:
        """Find the summary lines of a text that begins with a line end, and which runner each is for."""
        for match in _WANTED.finditer(text):
            start = match.start() + 1
            end = text.find("\n", start, start + LONGEST_LINE)
            if end < 0:
                if len(text) > start + LONGEST_LINE:
                    continue
                end = len(text)
            line = text[start:end].rstrip()
            if line[0] in "[2" and (stamp := _STAMPED.match(line)):
                line = line[stamp.end() :]
            if not _LINES[self._number].match(line):
                address = _ADDRESS.match(line)
                if address is None or address.lastindex is None:
                    continue
                self._number = address.lastindex - 1
            yield line


def may_count(shape: str) -> bool:
    """Tell whether a line may belong to a summary; of its digits it is known that they are some."""
    return _PERHAPS_WANTED.match(shape) is not None


def read_tests(text: str) -> tuple[TestRun, ...]:
    """Read what each runner in a log counted, in the order in which they were done.

    Of one runner's summaries the last counts; those of one invocation are added up (Cargo's test
    binaries, Go's packages, Maven's modules), as the runner's own machine report would. A run that
    tested nothing is told with all counts 0. A log without a summary, or cut off before it, tells none.
    """
    reader = TestReader()
    reader.read(strip_controls(text))
    return reader.runs()


def total(runs: Sequence[TestRun]) -> TestRun | None:
    """Add up the runs of one log; None without any."""
    if not runs:
        return None
    durations = [run.duration_s for run in runs if run.duration_s is not None]
    return TestRun(
        runner="+".join(run.runner for run in runs),
        passed=sum(run.passed for run in runs),
        failed=sum(run.failed for run in runs),
        errors=sum(run.errors for run in runs),
        skipped=sum(run.skipped for run in runs),
        xfailed=sum(run.xfailed for run in runs),
        duration_s=round(sum(durations), 6) if durations else None,
    )
