"""TAP, the Test Anything Protocol: tape, node --test, ava --tap, Perl's tests; and Perl's prove.

The lines are those of versions 12 to 14 of testanything.org. The test points are counted; only where a
trailer (`# tests 8`) tells of more of them, nested or not printed, it is believed instead.
"""

import re
from collections import Counter

from tremaux_tools.core.runners.reader import (
    BESIDE,
    TOTAL,
    Reader,
    Summary,
    SummaryReader,
    TestRun,
    as_run,
    duration_in,
)

_TRAILER = re.compile(
    r"[#\u2139] (tests|suites|pass|fail|cancelled|skip|skipped|todo|duration_ms) +(\d{1,9}(?:\.\d+)?)$"
)
_POINT = re.compile(r"(not )?ok\b(?: (\d{1,9})\b)?")
_DIRECTIVE = re.compile(r" # ?(skip|todo)", re.IGNORECASE)
_FIELDS = {
    "tests": TOTAL,
    "pass": "passed",
    "fail": "failed",
    "cancelled": "errors",
    "skip": "skipped",
    "skipped": "skipped",
    "todo": "skipped",
}


class _Tap:
    """One stream of TAP after the other; the last one counts."""

    lines = (
        r"(?:not )?ok(?: \d| - |$)|1\.\.\d|TAP version 1|Bail out!"
        r"|[#\u2139] (?:tests|suites|pass|fail|cancelled|skip|skipped|todo|duration_ms) +\d"
    )

    def reader(self) -> Reader:
        return _TapReader()


class _TapReader:
    _points: Counter[str]
    _trailer: Counter[str]
    _is_planned: bool  # without a plan or a trailer, `ok 3` may be anybody's line
    _is_node: bool  # only node counts suites
    _seconds: float | None

    def __init__(self) -> None:
        self._begin()

    def see(self, line: str) -> None:
        if point := _POINT.match(line):
            if point[2] == "1" and self._points:
                self._begin()
            self._count(line, is_ok=point[1] is None)
        elif trailer := _TRAILER.match(line):
            self._total(trailer[1], trailer[2])
        elif line.startswith("1.."):
            # A plan stands before all points or after them: a second one begins a second stream.
            if self._is_planned:
                self._begin()
            self._is_planned = True
        elif line.startswith("TAP"):
            self._begin()
        else:
            self._points["errors"] += 1

    def run(self) -> TestRun | None:
        if self._is_node or self._points.total() < self._trailer[TOTAL]:
            return as_run("node" if self._is_node else "tap", self._trailer, self._seconds)
        if self._is_planned or self._trailer[TOTAL]:
            return as_run("tap", self._points, self._seconds)
        return None

    def _begin(self) -> None:
        self._points, self._trailer = Counter(), Counter()
        self._is_planned = self._is_node = False
        self._seconds = None

    def _count(self, line: str, *, is_ok: bool) -> None:
        directive = _DIRECTIVE.search(line)
        if directive is None:
            field = "passed" if is_ok else "failed"
        elif directive[1].lower() == "skip":
            field = "skipped"
        else:
            field = "passed" if is_ok else "xfailed"
        self._points[field] += 1

    def _total(self, word: str, number: str) -> None:
        if word == "suites":
            self._is_node = True
        elif word == "duration_ms":
            self._seconds = duration_in(f"{number} ms")
        else:
            if word == "tests" and self._trailer:  # node's own reporter prints nothing else of TAP
                self._begin()
            self._trailer[_FIELDS[word]] += int(float(number))


TAP = _Tap()

# Reads the TAP of its scripts, shows it only with -v, and sums up.
_PROVE_SUMMARY = Summary(
    "prove",
    r"Failed \d+/\d+ subtests|\t\(less \d+ skipped subtest|No subtests run|All \d+ subtests passed"
    r"|  Parse errors: Bad plan|Files=\d+, Tests=\d|Result: [A-Z]",
    {"Failed": "failed", "skipped subtest": "skipped", "skipped subtests": "skipped", "Tests": TOTAL},
    # A script that died before its tests, or after all of them passed.
    once={"No subtests run": BESIDE, "subtests passed": BESIDE},
    closes=r"Result: ",
)

_PLANNED = re.compile(r"  Parse errors: Bad plan\.  You planned (\d{1,9}) tests? but ran (\d{1,9})\.")


class _Prove:
    runner = _PROVE_SUMMARY.runner
    lines = _PROVE_SUMMARY.lines

    def reader(self) -> Reader:
        return _ProveReader(_PROVE_SUMMARY)


class _ProveReader(SummaryReader):
    """Knows that planned tests which did not run have failed, but are none of `Tests=`."""

    def _read(self, line: str) -> Counter[str]:
        found = super()._read(line)
        if plan := _PLANNED.match(line):
            found[TOTAL] += max(0, int(plan[1]) - int(plan[2]))
        return found


PROVE = _Prove()

RUNNERS = (TAP, PROVE)
