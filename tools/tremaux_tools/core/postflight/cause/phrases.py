"""What tells a person why a run failed, though it does not tell one failure from another.

These lines are read beside the rules of the fingerprint, which they would change.
"""

import re

from tremaux_tools.core.fingerprint.kinds import AFTERMATH, COMMAND, DETAIL, DIAGNOSTIC, EXCEPTION, EXPECTED, TEST
from tremaux_tools.core.fingerprint.rule import Near, Rule, rule

PHRASES: tuple[Rule, ...] = (
    rule(TEST, "UNEXPECTED SUCCESS: ", r"UNEXPECTED SUCCESS: (\S.*)$"),  # unittest
    rule(TEST, ("Failure: ", "Error: "), r"(?:Failure|Error): (\w+\([\w:]+\))$"),  # test-unit
    rule(TEST, "XPASS", r"\[XPASS\(strict\)\] (.*)$"),
    rule(EXCEPTION, "Rejection: ", r"(\w*Rejection: .+)$"),  # node
    rule(EXCEPTION, "Exception during run: ", r"\s*Exception during run: (.+)$"),  # mocha
    rule(EXCEPTION, "Error)", r"(.+ \((?:\w+::)*\w*Error\))$"),  # ruby
    rule(COMMAND, "is not recognized as ", r"(.{1,200} is not recognized as (?:an internal|a name|the name) .*)$"),
    rule(DETAIL, "ASSERT FAILED: ", r"\s*(ASSERT FAILED: .*)$"),  # behave
    rule(TEST, "| FAIL |", r"(\S.*?) +\| FAIL \|$"),  # Robot Framework
    rule(EXCEPTION, "hrown: ", r"\s*([Tt]hrown: .+)$"),  # jest
    rule(
        DETAIL,
        ("o test", "O TESTS", "ollected 0 "),
        r".{0,60}?((?:No tests? (?:files )?(?:found|were found|executed)|no tests ran|NO TESTS RAN|collected 0 items)"
        r".*)$",
    ),
    rule(
        AFTERMATH, "# Looks like your test", r"# Looks like your test exited with", near=Near.ABOVE
    ),  # what perl died of
    rule(
        EXPECTED, ("panic message: ", "expected substring: "), r"\s*((?:panic message|expected substring): .+)$"
    ),  # cargo
    rule(DETAIL, "did not panic as expected", r"note: (test did not panic as expected.*)$"),
    rule(DIAGNOSTIC, "^-", r"\s*\^-*\^? (SC\d+ .+)$"),  # shellcheck
    rule(DIAGNOSTIC, ": error: ", r"([\w./ -]{1,100}: error: .+)$"),  # argparse
)
PHRASE_HINTS = tuple(hint for phrase in PHRASES for hint in phrase.hints)
COMMAND_HINTS = ("$ ", "+ ", "> ", "##[group]", "::group::")  # each line where a command begins has one
# The same for a test, and for a whole run.
TURN_HINTS = (
    "=== ", "--- PASS: ", "--- SKIP: ", "[ RUN ", "   OK ]",
    "test session starts", " RUN  v", "by Sebastian Bergmann", " using ",
)  # fmt: skip

# Says no more than that it failed.
EMPTY = re.compile(
    r"\s*error: '(?:test failed|\d+ subtests? failed|test did not finish before its parent)"
    r"|\s*(?:Error: )?Command failed\b"
)
# Stands near a failure and says nothing of it: quoted source, library frames, marks under a word, counts of zero.
IDLE = re.compile(
    r"\s*>? *\d* *[|│]|\s*(?:● Console|console\.\w+)$|\s*at |[\s?^~+-]+$|.*\b(?:0|[Nn]o) (?:error|fail|problem|issue)"
    r"|.*\b(?:errors?|fail|failed|failures):? 0\b|[#ℹ] (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) \d"
    r"| {4}\+ (?:CategoryInfo|FullyQualifiedErrorId) "
)
# RSpec numbers the failures that it expects like the others, below a heading of their own.
EXPECTED_FAILURES = "Pending: ("
# Speaks like an error of none.
NONE = re.compile(r"[\s#]*(?:error|Error|ERROR|E)s?: (?:0\b|none\b|no(?:$| (?:error|fail|problem|issue)))")
# Go and GoogleTest name a test after what it printed; where one begins or ends well, what stands above is not of it.
NAMED_AFTER = re.compile(r" *--- FAIL: |\[  FAILED  \] ")
OTHER_TEST = re.compile(r"=== (?:RUN|PAUSE|CONT) |\[ RUN      \] ")
# With this line pytest, vitest, PHPUnit and Playwright begin; the second of them is another try, or another project.
RUN_BEGINS = re.compile(
    r"=+ test session starts =+$| RUN  v\d|PHPUnit [\d.]+ by Sebastian Bergmann|Running \d+ tests? using \d+ worker"
)
PASSED_TEST = re.compile(r" *--- (?:PASS|SKIP): |\[       OK \] ")
# What TAP tells of every test point.
CARD = re.compile(r"\s*(?:duration_ms|location|type|failureType|exitCode|signal|code|name|stack|at|operator):")
# Where another command begins: `+ make` of bash -x, `> shop@1.0.0 test` of npm, the groups of CI services.
COMMAND_LINE = re.compile(
    r"\+{1,3} (?:\w+=\S* )*[\w./~-]+(?: (?!.*\+$)|$)|> [\w@./-]+(?:@[\w.-]+)? \S|##\[group\]|::group::"
)
OF_CHILD = re.compile(r"\S+: line \d+: ")  # as a shell tells how its child died
LOGGED = ("SEVERE: ", "WARNING: ", "INFO: ", "CONFIG: ", "FINE: ")  # the second line of a record of java.util.logging
CAUSE = re.compile(r"\s*(?:Caused by: |\[cause\]: )")
# Commands that show what others wrote.
VIEWER = re.compile(
    r"\$ (?:cat|head|tail|less|grep|rg|ag|echo|printf|sed -n|git (?:log|show|diff|grep|blame))\b(?!.*[;&])"
)
