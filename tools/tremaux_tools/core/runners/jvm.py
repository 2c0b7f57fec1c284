"""The JVM: Maven's Surefire and Failsafe, Gradle, sbt, JUnit's console."""

from tremaux_tools.core.runners.reader import TOTAL, Summary

_LEVEL = r"(?:\[(?:INFO|WARNING|ERROR)\] )?"

# One total per module; the lines that tell a time, or a class, are single test classes.
SUREFIRE = Summary(
    "surefire",
    rf"{_LEVEL}Tests run: ?\d+, +Failures: \d+, +Errors: \d+, +Skipped: \d+(?:, Flakes: \d+)? *$"
    rf"|{_LEVEL}Scanning for projects\.\.\.",
    {"run": TOTAL, "Failures": "failed", "Errors": "errors", "Skipped": "skipped"},
    resets=rf"{_LEVEL}Scanning",
)

# Gradle counts only when something failed; a build's end ends the sum over its modules.
GRADLE = Summary(
    "gradle",
    r"\d+ tests? completed(?:, \d+ (?:failed|skipped)){0,2}$|BUILD (?:SUCCESSFUL|FAILED)",
    {"test completed": TOTAL, "tests completed": TOTAL, "failed": "failed", "skipped": "skipped"},
    closes=r"BUILD ",
)

SBT = Summary(
    "sbt",
    r"\[(?:info|error)\] (?:Passed|Failed|Error): Total \d",
    {
        "Passed": "passed",
        "Failed": "failed",
        "Errors": "errors",
        "Ignored": "skipped",
        "Canceled": "skipped",
        "Pending": "skipped",
    },
)

# `java -jar junit-platform-console-standalone.jar`
JUNIT = Summary(
    "junit",
    r"\[ +\d+ tests (?:found|skipped|aborted|successful|failed) +\]$",
    {
        "tests successful": "passed",
        "tests failed": "failed",
        "tests skipped": "skipped",
        "tests aborted": "skipped",
    },
    opens=r"\[ +\d+ tests found",
)

RUNNERS = (SUREFIRE, GRADLE, SBT, JUNIT)
