"""JavaScript and TypeScript: jest, vitest, mocha, ava, Playwright, jasmine, Bun, Deno, node --test.

`node --test` and ava also speak TAP: that is read by the sibling module.
"""

from tremaux_tools.core.runners.reader import TOTAL, summary

JEST = summary(
    "jest",
    r" {2}● Test suite failed to run$|Summary of all failing tests$"
    r"|Tests: +(?:\d+ [a-z]+, ){0,6}\d+ total$|Time: +\d",
    {"passed": "passed", "failed": "failed", "skipped": "skipped", "todo": "skipped"},
    # Such a suite counts no test; jest's JSON calls it a runtime error.
    once={"Test suite failed to run": "errors"},
    resets=r"Summary of all",  # says every failure a second time when more than 20 suites ran
    closes=r"Tests:",
)

_VITEST_BAR = r"\u23af+ Failed Suites \d+ "
VITEST = summary(
    "vitest",
    rf"{_VITEST_BAR}| {{2,12}}(?:Tests  (?:no tests|\d+ )|Errors  \d+ error|Start at  |Duration  \d)",
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

MOCHA = summary(
    "mocha",
    r" {2}\d+ (?:passing \(|(?:pending|failing)$)",
    {"passing": "passed", "failing": "failed", "pending": "skipped"},
    opens=r" {2}\d+ passing ",
)

NODE = summary(
    "node",
    r"\u2139 (?:tests|pass|fail|cancelled|skipped|todo|duration_ms) \d",
    {"pass": "passed", "fail": "failed", "cancelled": "errors", "skipped": "skipped", "todo": "skipped"},
    opens=r"\u2139 tests ",
)

AVA = summary(
    "ava",
    r" {2}(?:─$|\d+ (?:tests? (?:passed|failed|skipped|todo)|known failures?"
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

PLAYWRIGHT = summary(
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

JASMINE = summary(
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

BUN = summary(
    "bun",
    r" \d+ (?:pass|fail|skip|todo|errors?)$|Ran \d+ tests? across \d+ files?",
    {
        "pass": "passed",
        "fail": "failed",
        "skip": "skipped",
        "todo": "skipped",
        "error": "errors",
        "errors": "errors",
    },
    opens=r" \d+ pass$",
    closes=r"Ran ",
)

DENO = summary(
    "deno",
    r"(?:ok|FAILED) \| \d+ passed ",
    {"passed": "passed", "failed": "failed", "ignored": "skipped"},
)

RUNNERS = (JEST, VITEST, MOCHA, NODE, AVA, PLAYWRIGHT, JASMINE, BUN, DENO)
