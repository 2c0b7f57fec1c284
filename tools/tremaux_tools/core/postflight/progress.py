"""Follow runners from their first line to their summary, to know one that never came to its end."""

import re

from tremaux_tools.core.block import Block
from tremaux_tools.core.runners import TestReader, TestRun

# How a runner begins, and the names under which its summary is told.
_BEGINNINGS = (
    ("test session starts", r"=+ test session starts =+$", ("pytest",)),
    (" RUN  v", r" RUN  v\d", ("vitest",)),
    ("TAP version 1", r"TAP version 1[34]$", ("tap", "node")),
    ("running ", r"running \d+ tests?$", ("cargo",)),
    (" T E S T S", r"(?:\[INFO\] )? T E S T S$", ("surefire",)),
    ("[==========] Running", r"\[==========\] Running \d+ tests? ", ("googletest",)),
    ("by Sebastian Bergmann", r"PHPUnit [\d.]+ by Sebastian Bergmann", ("phpunit",)),
    ("Running ", r"Running \d+ tests? using \d+ worker", ("playwright",)),
)
_PATTERNS = tuple(
    (literal, re.compile(rf"^(?:{pattern})", re.MULTILINE), names) for literal, pattern, names in _BEGINNINGS
)


class Progress:
    """Reads what the runners of a log counted, and which of them are still running."""

    __slots__ = ("_open", "_tests")

    def __init__(self) -> None:
        self._tests = TestReader()
        self._open: dict[tuple[str, ...], tuple[TestRun, ...]] = {}  # what was counted before a runner began

    def read(self, lines: Block) -> None:
        """Read whole lines without control sequences."""
        done = 0; block=lines.text
        for start, names in sorted(_beginnings_in(block)):
            self._tests.read(block[done:start])
            self._open[names] = self._of(names)
            done = start
        self._tests.read(block[done:])

    def runs(self) -> tuple[TestRun, ...]:
        """What each runner counted in its last whole summary."""
        return self._tests.runs()

    def unfinished(self) -> str:
        """Name the runner that began and never summed up; empty if there is none."""
        for names, before in self._open.items():
            now = self._of(names)
            if len(now) == len(before) and all(run is old for run, old in zip(now, before, strict=True)):
                return names[0]
        return ""

    def _of(self, names: tuple[str, ...]) -> tuple[TestRun, ...]:
        return tuple(run for run in self._tests.runs() if run.runner in names)


def _beginnings_in(block: str) -> list[tuple[int, tuple[str, ...]]]:
    return [
        (match.start(), names)
        for literal, pattern, names in _PATTERNS
        if literal in block
        for match in pattern.finditer(block)
    ]
