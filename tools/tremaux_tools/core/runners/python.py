"""Python: pytest, the runners that speak unittest's words (nose, nose2, Django, trial), behave and Robot Framework."""

import re
from collections import Counter

from tremaux_tools.core.runners.reader import TOTAL, Reader, Summary, SummaryReader

# `--tb`, `-v`, `-q` and xdist all end alike; -q leaves the bars away, old versions wrote "seconds".
PYTEST = Summary(
    "pytest",
    r"(?:=+ )?(?:no tests (?:ran|collected)|\d+ [a-z]+(?: passed)?(?:, \d+ [a-z]+(?: passed)?){0,12})"
    r" in \d[\d.]* ?s(?:econds)?\b",
    {
        "passed": "passed",
        "xpassed": "passed",  # not strict: a surprise, but no failure
        "failed": "failed",
        "error": "errors",
        "errors": "errors",
        "skipped": "skipped",
        "xfailed": "xfailed",
    },
)

_UNITTEST_SUMMARY = Summary(
    "unittest",
    r"Ran \d+ tests? in |(?:OK|FAILED|PASSED)(?:$| \([A-Za-z ]{4,24}=)|NO TESTS RAN",
    {
        "Ran": TOTAL,
        "failures": "failed",
        "unexpected successes": "failed",
        "errors": "errors",
        "skipped": "skipped",
        "SKIP": "skipped",  # nose
        "skips": "skipped",  # trial
        "expected failures": "xfailed",
        "expectedFailures": "xfailed",
    },
    opens=r"Ran ",
    closes=r"OK|FAILED|PASSED|NO TESTS RAN",
)

_HEADING = r"(?:ERROR|FAIL): \S{1,200} \("
_TEST = re.compile(r"(?:ERROR|FAIL): (?:((?:setUp|tearDown)(?:Class|Module) )|(\S+ \([^)]*\)))")


class _Unittest:
    """The summary, and the headings of what failed above it."""

    runner = _UNITTEST_SUMMARY.runner
    lines = f"{_UNITTEST_SUMMARY.lines}|{_HEADING}"

    def reader(self) -> Reader:
        return _UnittestReader(_UNITTEST_SUMMARY)


class _UnittestReader(SummaryReader):
    """Knows that a failure need not be a test of its own: each failing subtest counts as one, and
    so does a class or a module whose fixture broke, while only whole tests count as run.
    """

    def __init__(self, spec: Summary) -> None:
        super().__init__(spec)
        self._test = ""  # of the last heading; the subtests of one test follow each other
        self._beside = 0  # failures that are no further test

    def see(self, line: str) -> None:
        heading = _TEST.match(line)
        if heading is None:
            super().see(line)
        elif heading[1] or heading[2] == self._test:
            self._beside += 1
        else:
            self._test = heading[2]

    def _read(self, line: str) -> Counter[str]:
        found = super()._read(line)
        if not line.startswith("Ran "):
            # A passing run has no failures: the headings are what its tests printed.
            found[TOTAL] += min(self._beside, found["failed"] + found["errors"])
            self._test, self._beside = "", 0
        return found


UNITTEST = _Unittest()

BEHAVE = Summary(
    "behave",
    r"\d+ scenarios? passed, \d+ failed, ",
    {
        "scenario passed": "passed",
        "scenarios passed": "passed",
        "failed": "failed",
        "error": "errors",
        "skipped": "skipped",
        "untested": "skipped",
    },
)

# Each suite sums up, and the last line is of all of them.
ROBOT = Summary(
    "robot",
    r"\d+ tests?, \d+ passed, \d+ failed\b",
    {"passed": "passed", "failed": "failed", "skipped": "skipped"},
)

RUNNERS = (PYTEST, UNITTEST, BEHAVE, ROBOT)
