"""Ruby, PHP and Elixir: RSpec, minitest, test-unit, PHPUnit, Pest, ExUnit."""

from tremaux_tools.core.runners.reader import TOTAL, summary

RSPEC = summary(
    "rspec",
    r"\d+ examples?, \d+ failures?\b",
    {
        "example": TOTAL,
        "examples": TOTAL,
        "failure": "failed",
        "failures": "failed",
        "pending": "skipped",
    },
)

# A file that cannot be loaded, which RSpec does not number among its examples.
_RUBY_WORDS = {
    "runs": TOTAL,
    "tests": TOTAL,
    "failures": "failed",
    "errors": "errors",
    "skips": "skipped",
    "pendings": "skipped",
    "omissions": "skipped",
}
MINITEST = summary("minitest", r"\d+ runs, \d+ assertions, \d+ failures, ", _RUBY_WORDS)
TEST_UNIT = summary("test-unit", r"\d+ tests, \d+ assertions, \d+ failures, ", _RUBY_WORDS)

PHPUNIT = summary(
    "phpunit",
    r"OK \(\d+ tests?, \d+ assertions?\)|Tests: \d+, Assertions: \d|No tests executed!",
    {
        "test": TOTAL,
        "tests": TOTAL,
        "Tests": TOTAL,
        "Failures": "failed",
        "Errors": "errors",
        "Skipped": "skipped",
        "Incomplete": "skipped",
    },
)

PEST = summary(
    "pest",
    r" {2}Tests: {4}(?:\d+ [a-z]+, ){0,7}\d+ [a-z]+ \(\d+ assertions?\)",
    {
        "passed": "passed",
        "failed": "failed",
        "skipped": "skipped",
        "incomplete": "skipped",
        "todo": "skipped",
        "todos": "skipped",
        "risky": "passed",
        "warnings": "passed",
        "deprecated": "passed",
    },
)

EXUNIT = summary(
    "exunit",
    r"(?:\d+ (?:doctests?|properties|property), ){0,2}\d+ tests?, \d+ failures?(?:, \d+ [a-z]+){0,3}$",
    {
        "doctest": TOTAL,
        "doctests": TOTAL,
        "property": TOTAL,
        "properties": TOTAL,
        "test": TOTAL,
        "tests": TOTAL,
        "failure": "failed",
        "failures": "failed",
        "invalid": "errors",
        "skipped": "skipped",
        "excluded": "",
    },
)

RUNNERS = (RSPEC, MINITEST, TEST_UNIT, PHPUNIT, PEST, EXUNIT)
