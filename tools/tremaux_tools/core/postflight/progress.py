"""Follow runners from their first line to their summary, to know one that never came to its end."""

import re
from collections.abc import Iterable, Iterator, Sequence

from tremaux_tools.core.block import Block, ByShape, Literals
from tremaux_tools.core.runners import TestReader, TestRun, may_count

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
_PATTERNS = {literal: (re.compile(pattern), names) for literal, pattern, names in _BEGINNINGS}
_LITERALS = Literals(_PATTERNS)


class _Telling(ByShape[tuple[str, ...] | None]):
    """Which beginnings a line may be; None where it is none and counts nothing."""

    def _tell(self, shapes: Sequence[bytes]) -> Iterator[tuple[str, ...] | None]:
        beginnings = _LITERALS.of(shapes)
        for shape in shapes:
            begins = beginnings[shape]
            yield begins if begins or may_count(shape.decode()) else None


_TELLING = _Telling()


class Progress:
    """Reads what the runners of a log counted, and which of them are still running."""

    __slots__ = ("_open", "_tests")

    def __init__(self) -> None:
        self._tests = TestReader()
        self._open: dict[tuple[str, ...], tuple[TestRun, ...]] = {}  # what was counted before a runner began

    def read(self, block: Block) -> None:
        """Read lines without control sequences."""
        telling = _TELLING.of(block.variety)
        if all(telling[shape] is None for shape in block.variety):
            return
        lines: list[str] = []
        for line, shape in zip(block.lines, block.shapes, strict=True):
            beginnings = telling[shape]
            if beginnings is None:
                continue
            for names in _begun_by(line, beginnings):
                self._tests.read("\n".join(lines))
                self._open[names] = self._of(names)
                lines.clear()
            lines.append(line)
        self._tests.read("\n".join(lines))

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


def _begun_by(line: str, beginnings: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for pattern, names in map(_PATTERNS.__getitem__, beginnings):
        if pattern.match(line):
            yield names
