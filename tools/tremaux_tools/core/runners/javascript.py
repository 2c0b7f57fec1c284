"""JavaScript and TypeScript: jest, vitest, mocha, ava, Playwright, jasmine, Bun, Deno.

`node --test`, tape and the TAP reporters of the others are read by the sibling module.
"""

import re
from collections import Counter
from dataclasses import replace

from tremaux_tools.core.runners.reader import TOTAL, Reader, Summary, SummaryReader, TestRun

JEST = Summary(
    "jest",
    r" {2}● Test suite failed to run$|Summary of all failing tests$"
    r"|Tests: +(?:\d+ [a-z]+, ){0,6}\d+ total$|Time: +\d",
    {"passed": "passed", "failed": "failed", "skipped": "skipped", "todo": "skipped", "total": TOTAL},
    # Such a suite counts no test; jest's JSON calls it a runtime error.
    once={"Test suite failed to run": "errors"},
    resets=r"Summary of all",  # says every failure a second time when more than 20 suites ran
    closes=r"Tests:",
)

_VITEST_BAR = r"\u23af+ Failed Suites \d+ "
_VITEST_SUMMARY = Summary(
    "vitest",
    rf"{_VITEST_BAR}| {{2,12}}(?:Tests  (?:no tests|\d+ | \()|Errors  \d+ error|Start at  |Duration  \d)",
    {
        "passed": "passed",
        "failed": "failed",
        "skipped": "skipped",
        "todo": "skipped",
        "expected fail": "xfailed",
        "Failed Suites": "errors",  # a file that broke before it had tests
        "error": "errors",  # thrown outside of any test
        "errors": "errors",
    },
    closes=r" +Start at ",
)
_VITEST_TOTAL = re.compile(r" +Tests  .{0,200}\((\d{1,9})\)$")


class _Vitest:
    runner = _VITEST_SUMMARY.runner
    lines = _VITEST_SUMMARY.lines

    def reader(self) -> Reader:
        return _VitestReader(_VITEST_SUMMARY)


class _VitestReader(SummaryReader):
    """Knows that vitest has no word for the tests whose worker died before them: its JSON calls them pending."""

    def _read(self, line: str) -> Counter[str]:
        found = super()._read(line)
        if total := _VITEST_TOTAL.match(line):
            found["skipped"] += max(0, int(total[1]) - found.total())
        return found


VITEST = _Vitest()

MOCHA = Summary(
    "mocha",
    r" {2}\d+ (?:passing \(|(?:pending|failing)$)",
    {"passing": "passed", "failing": "failed", "pending": "skipped"},
    opens=r" {2}\d+ passing ",
)

_AVA_SUMMARY = Summary(
    "ava",
    r" {2}(?:─$|✔ |\d+ (?:tests? (?:passed|failed|skipped|todo)|known failures?"
    r"|(?:uncaught exception|unhandled rejection)s?|hooks? failed)$)",
    {
        "test passed": "passed",
        "tests passed": "passed",
        "test failed": "failed",
        "tests failed": "failed",
        "test skipped": "skipped",
        "tests skipped": "skipped",
        "test todo": "skipped",
        "tests todo": "skipped",
        "known failure": "xfailed",
        "known failures": "xfailed",
        "hook failed": "errors",
        "hooks failed": "errors",
        "uncaught exception": "errors",
        "uncaught exceptions": "errors",
        "unhandled rejection": "errors",
        "unhandled rejections": "errors",
    },
    opens=r" {2}─$",
)


class _Ava:
    lines = _AVA_SUMMARY.lines

    def reader(self) -> Reader:
        return _AvaReader()


class _AvaReader:
    """Reads ava's summary, which leaves out the passed tests once a test failed: they are ticked above."""

    def __init__(self) -> None:
        self._summary = _AVA_SUMMARY.reader()
        self._ticks = 0
        self._is_summed = False

    def see(self, line: str) -> None:
        if not line.startswith("  ✔ "):
            self._summary.see(line)
            self._is_summed = True
            return
        if self._is_summed:  # another invocation
            self._ticks, self._is_summed = 0, False
        if "[expected fail]" not in line:
            self._ticks += 1

    def run(self) -> TestRun | None:
        run = self._summary.run()
        return run and replace(run, passed=run.passed or self._ticks)


AVA = _Ava()

PLAYWRIGHT = Summary(
    "playwright",
    r"Running \d+ tests? using \d+ worker"
    r"| {2}\d+ (?:failed|interrupted|flaky|skipped|did not run|passed)(?: \(|$)",
    {
        "passed": "passed",
        "flaky": "passed",  # passed when tried again
        "failed": "failed",
        "interrupted": "failed",
        "skipped": "skipped",
        "did not run": "skipped",
    },
    opens=r"Running ",
)

JASMINE = Summary(
    "jasmine",
    r"\d+ specs?, \d+ failures?\b",
    {
        "spec": TOTAL,
        "specs": TOTAL,
        "failure": "failed",
        "failures": "failed",
        "pending spec": "skipped",
        "pending specs": "skipped",
    },
)

BUN = Summary(
    "bun",
    r" \d+ (?:pass|fail|skip|todo)$|Ran \d+ tests? across \d+ files?",
    # A file that does not load is a `fail` and an `error` at once: counted once.
    {"pass": "passed", "fail": "failed", "skip": "skipped", "todo": "skipped"},
    opens=r" \d+ pass$",
    closes=r"Ran ",
)

DENO = Summary(
    "deno",
    r"(?:ok|FAILED) \| \d+ passed ",
    {"passed": "passed", "failed": "failed", "ignored": "skipped"},
)

RUNNERS = (JEST, VITEST, MOCHA, AVA, PLAYWRIGHT, JASMINE, BUN, DENO)
