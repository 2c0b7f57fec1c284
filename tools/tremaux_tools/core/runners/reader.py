"""What is asked of a test runner's reader, and the reader that most runners need.

A log streams past line by line. Each reader names the lines it understands, is shown only those, and
says at the end what the last whole summary counted. It keeps counts, never lines.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

TOTAL = "total"  # what a runner calls all its tests: passed is what the other counts leave of it
BESIDE = "beside"  # errors that are none of the tests in that total

# The first such figure of a summary line is the time the run took: 4.94s, 65 ms, 1.2 seconds, 1 m 3 s, 2m.
_DURATION = re.compile(r"(?<![\w.,])(?:(\d{1,6}) ?m(?:in)? )?(\d{1,9}(?:\.\d{1,9})?) ?(ms|s|secs?|seconds?|m|min)\b")
_SECONDS = {"ms": 0.001, "m": 60.0, "min": 60.0}


@dataclass(frozen=True, slots=True)
class TestRun:
    """What one runner counted: tests, not suites, files or assertions (TAP knows only assertions)."""

    __test__: ClassVar[bool] = False  # pytest would take the class for a test by its name

    runner: str  #: "pytest"; "pytest+jest" for a sum
    passed: int
    failed: int
    errors: int  #: fixtures, suites and files that broke before or beside their tests
    skipped: int  #: also pending, ignored and todo
    xfailed: int = 0  #: failed as expected
    duration_s: float | None = None  #: as the runner told; None if it did not

    @property
    def is_red(self) -> bool:
        """Whether anything failed or broke."""
        return self.failed + self.errors > 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was tested."""
        return self.passed + self.failed + self.errors + self.skipped + self.xfailed == 0

    def __str__(self) -> str:
        """Say the counts as a person would: `2 failed, 5 passed`."""
        said = [
            f"{count} {word}"
            for count, word in (
                (self.failed, "failed"),
                (self.errors, "errors" if self.errors > 1 else "error"),
                (self.passed, "passed"),
                (self.skipped, "skipped"),
                (self.xfailed, "xfailed"),
            )
            if count
        ]
        return ", ".join(said) or "no tests ran"


def as_run(runner: str, counts: Mapping[str, int], duration_s: float | None = None) -> TestRun:
    """Make a run of counts by field name; `TOTAL` gives passed unless that is counted itself."""
    failed, errors, skipped, xfailed = (counts.get(f, 0) for f in ("failed", "errors", "skipped", "xfailed"))
    # More can fail than were run: unittest counts each failing subtest, but only whole tests as run.
    left = max(0, counts.get(TOTAL, 0) - failed - errors - skipped - xfailed)
    broken = errors + counts.get(BESIDE, 0)
    return TestRun(runner, counts.get("passed", left), failed, broken, skipped, xfailed, duration_s)


def duration_in(line: str) -> float | None:
    """Read the time a summary line tells, in seconds."""
    found = _DURATION.search(line)
    if found is None:
        return None
    minutes, number, unit = found.groups()
    return round(60.0 * int(minutes or 0) + float(number) * _SECONDS.get(unit, 1.0), 6)


class Reader(Protocol):
    """Reads one runner's summary while the lines of a log pass by."""

    def see(self, line: str) -> None:
        """Take in one of the lines asked for, without its line end."""

    def run(self) -> TestRun | None:
        """Tell the last whole summary; None if there was none."""


class Runner(Protocol):
    """A test runner whose summary can be read."""

    @property
    def lines(self) -> str:
        """The lines to be shown: a linear regex from column 0, without capturing groups."""

    def reader(self) -> Reader:
        """Begin reading a log."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A runner that sums up in one or more lines of words and numbers.

    Without `opens`, `resets` and `closes`, each line is a whole summary, and the last one counts.
    With any of them the lines between add up. A regex is matched at the line's beginning.
    """

    runner: str
    lines: str
    words: Mapping[str, str]  #: the runner's word -> our field: `5 passed`, `Passed: 5`, `# pass 5`
    #: A text that counts one, and its field; for lines without a numbered word.
    once: Mapping[str, str] = field(default_factory=dict)
    opens: str | None = None  #: the line each summary begins with; what comes before belongs to none
    resets: str | None = None  #: a line that starts the counts anew, but need not be there
    closes: str | None = None  #: the line without which a summary is cut off

    def reader(self) -> "SummaryReader":
        """Begin reading a log."""
        return SummaryReader(self)


class SummaryReader:
    """Adds up the counted words of the summary that a log is in."""

    def __init__(self, spec: Summary) -> None:
        self._spec = spec
        words = "|".join(map(re.escape, spec.words))
        self._numbered = re.compile(rf"(?<!\d)(\d{{1,9}}) +({words})\b|\b({words})(?:[:=] *| +)(\d{{1,9}})\b")
        self._opens, self._resets, self._closes = (
            re.compile(p) if p is not None else None for p in (spec.opens, spec.resets, spec.closes)
        )
        self._is_line_whole = not (spec.opens or spec.resets or spec.closes)
        self._is_open = spec.opens is None
        self._counts: Counter[str] = Counter()
        self._seconds: float | None = None
        self._last: TestRun | None = None

    def see(self, line: str) -> None:
        """Add the line to the summary it belongs to."""
        if self._resets and self._resets.match(line):
            self._begin()
            return
        is_opening = self._opens is not None and self._opens.match(line) is not None
        if is_opening or self._is_line_whole:
            self._begin()
        self._is_open = self._is_open or is_opening
        if self._is_open:
            self._add(line)

    def run(self) -> TestRun | None:
        """Tell the last whole summary; None if there was none."""
        return self._last

    def _begin(self) -> None:
        self._counts.clear()
        self._seconds = None

    def _add(self, line: str) -> None:
        found = self._read(line)
        seconds = duration_in(line)
        if seconds is not None:
            self._seconds = round(seconds + (self._seconds or 0.0), 6)
        self._counts.update(found)
        if self._closes is None:
            if found or self._is_line_whole:
                self._last = as_run(self._spec.runner, self._counts, self._seconds)
        elif self._closes.match(line):
            if self._counts:
                self._last = as_run(self._spec.runner, self._counts, self._seconds)
            self._begin()
            self._is_open = self._opens is None
        elif self._last is not None and seconds is not None and not self._counts:
            self._last = replace(self._last, duration_s=seconds)  # jest tells the time below its counts
            self._seconds = None

    def _read(self, line: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for first, word, word_first, last in self._numbered.findall(line):
            found[self._spec.words[word or word_first]] += int(first or last)
        if not found:
            found.update(field for text, field in self._spec.once.items() if text in line)
        return found
