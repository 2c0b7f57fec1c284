"""Compiled languages but Go and those of the JVM: Cargo, nextest, CTest, GoogleTest, dotnet."""

from tremaux_tools.core.runners.reader import TOTAL, Summary

# One result line per test binary; an invocation begins when its build is finished.
CARGO = Summary(
    "cargo",
    r"test result: (?:ok|FAILED)\. \d| {4}Finished `?test\b",
    {"passed": "passed", "failed": "failed", "ignored": "skipped"},
    resets=r" {4}Finished ",
)

NEXTEST = Summary(
    "nextest",
    r" {1,12}Summary \[[^\]\n]{0,40}\] {1,4}\d+(?:/\d+)? tests? run: ",
    {
        "passed": "passed",
        "failed": "failed",
        "timed out": "failed",
        "exec failed": "errors",
        "skipped": "skipped",
    },
)

CTEST = Summary(
    "ctest",
    r"\d+% tests passed, \d+ tests? failed out of \d"
    r"|\t *\d+ - [^\n]{1,200} \((?:Skipped|Disabled|Not Run)\)$"
    r"|Total Test time \(real\) =",
    {"test failed": "failed", "tests failed": "failed", "out of": TOTAL},
    once={"(Skipped)": "skipped"},
    opens=r"\d+% tests",
)
CTEST_WITHOUT_TESTS = Summary("ctest", r"No tests were found!!!", {"tests": TOTAL})

GOOGLETEST = Summary(
    "googletest",
    r"\[={10}\] (?:Running )?\d+ tests? from |\[ {2}(?:PASSED {2}|FAILED {2}|SKIPPED )\] \d+ tests?\b",
    {"PASSED  ]": "passed", "FAILED  ]": "failed", "SKIPPED ]": "skipped"},
    opens=r"\[=",
)

# One line per test project, or per project and framework.
DOTNET = Summary(
    "dotnet",
    r"(?:Passed|Failed|Skipped)! +- Failed: +\d| {2}Determining projects to restore",
    {"Failed": "failed", "Passed": "passed", "Skipped": "skipped"},
    resets=r" {2}Determining",
)

# `--logger console;verbosity=normal`, and `vstest.console`.
VSTEST = Summary(
    "dotnet",
    r"Total tests: \d| {1,8}(?:Passed|Failed|Skipped): \d| ?Total time: \d",
    {"Failed": "failed", "Passed": "passed", "Skipped": "skipped"},
    opens=r"Total tests: ",
)

# The terminal logger since .NET 9, then Microsoft.Testing.Platform on its own.
DOTNET_TERMINAL = Summary(
    "dotnet",
    r"Test summary: total: \d|Test run summary: | {2}(?:failed|succeeded|skipped|duration): \d",
    {"failed": "failed", "succeeded": "passed", "skipped": "skipped"},
    opens=r"Test (?:run )?summary: ",
)

RUNNERS = (CARGO, NEXTEST, CTEST, CTEST_WITHOUT_TESTS, GOOGLETEST, DOTNET, VSTEST, DOTNET_TERMINAL)
