"""Ruby, PHP and Elixir: RSpec, minitest, test-unit, PHPUnit, Pest, ExUnit."""

from tremaux_tools.core.runners.reader import BESIDE, TOTAL, Summary

RSPEC = Summary(
    "rspec",
    r"\d+ examples?, \d+ failures?\b",
    {
        "example": TOTAL,
        "examples": TOTAL,
        "failure": "failed",
        "failures": "failed",
        "pending": "skipped",
        "error occurred": BESIDE,  # a file that does not load
        "errors occurred": BESIDE,
    },
)

_RUBY_WORDS = {
    "runs": TOTAL,
    "tests": TOTAL,
    "failures": "failed",
    "errors": "errors",
    "skips": "skipped",
    "pendings": "skipped",
    "omissions": "skipped",
}
MINITEST = Summary("minitest", r"\d+ runs, \d+ assertions, \d+ failures, ", _RUBY_WORDS)
TEST_UNIT = Summary("test-unit", r"\d+ tests, \d+ assertions, \d+ failures, ", _RUBY_WORDS)

PHPUNIT = Summary(
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

PEST = Summary(
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

EXUNIT = Summary(
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
        "excluded": "skipped",
    },
)

RUNNERS = (RSPEC, MINITEST, TEST_UNIT, PHPUNIT, PEST, EXUNIT)
