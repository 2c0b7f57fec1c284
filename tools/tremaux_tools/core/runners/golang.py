"""Go: `go test -v`, and gotestsum, which sums it up.

Without -v, Go says `ok` for a whole package and counts nothing, so nothing is reported.
"""

import re
from collections import Counter

from tremaux_tools.core.runners.reader import TOTAL, Reader, Summary, TestRun, as_run

_RESULT = re.compile(r" *--- (PASS|FAIL|SKIP): ")
_PACKAGE = re.compile(r"(?:ok  |FAIL|\?   )\t([^\s]+)")
_FIELDS = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}


class _Go:
    """Counts tests and their subtests alike, as `go test -json` and gotestsum do."""

    lines = r" {0,40}--- (?:PASS|FAIL|SKIP): |(?:ok {2}|FAIL|\? {3})\t\S|=== RUN "

    def reader(self) -> Reader:
        return _GoReader()


class _GoReader:
    def __init__(self) -> None:
        self._is_verbose = False
        self._counts: Counter[str] = Counter()  # of the package whose end has not come yet
        self._packages: dict[str, Counter[str]] = {}  # a package tested again replaces its counts

    def see(self, line: str) -> None:
        if result := _RESULT.match(line):
            self._counts[_FIELDS[result[1]]] += 1
        elif package := _PACKAGE.match(line):
            self._end(package[1], line)
        else:
            self._is_verbose = True

    def run(self) -> TestRun | None:
        if not self._is_verbose:
            return None
        return as_run("go", sum(self._packages.values(), self._counts))

    def _end(self, package: str, line: str) -> None:
        if line.endswith(" failed]"):  # [build failed], [setup failed]
            self._counts["errors"] += 1
        self._packages[package] = self._counts
        self._counts = Counter()


GO = _Go()

GOTESTSUM = Summary(
    "gotestsum",
    r"DONE (?:\d+ runs, )?\d+ tests?\b",
    {
        "test": TOTAL,
        "tests": TOTAL,
        "failure": "failed",
        "failures": "failed",
        "error": "errors",
        "errors": "errors",
        "skipped": "skipped",
    },
)

RUNNERS = (GO, GOTESTSUM)
