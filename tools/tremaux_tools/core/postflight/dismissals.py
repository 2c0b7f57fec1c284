"""Why a line that has a word of trouble in it tells of none.

A whole line is dismissed for what it is: a passing test, a warning, a command, source code. Of any other
line the harmless parts are taken out, a count of zero or a quotation, and it counts if what is left still
speaks of an error.
"""

import re
from typing import NamedTuple

PASSED = "the run passed"
PASSING_TEST = "the name of a passing test"
NOT_RUN = "a test that was skipped or is to be written"
EXPECTED = "a failure that was expected"
WARNING = "a warning"
COMMAND = "a command, not what it wrote"
SOURCE = "source code"
DATA = "data in JSON or the like"
RETRIED = "a try that was repeated"
ZERO = "a count of zero"
QUOTED = "a text in quotes"
NAME = "a part of a name"


class Dismissal(NamedTuple):
    """A shape of text that tells of no error."""

    reason: str
    pattern: re.Pattern[str]


_I = re.IGNORECASE
_TROUBLE = r"(?:errors?|err|fail(?:ed|ing|ures?|s)?|exceptions?|fatal|timeouts?|timed out|problems?|issues?|broken|crash(?:es|ed)?)"

# Tried in this order at the beginning of a line.
LINES: tuple[Dismissal, ...] = (
    Dismissal(
        EXPECTED,
        re.compile(
            r"XFAIL\b|\S+ XFAIL\b|.{0,300}\bexpected fail(?:ure)?s?\b|.{0,300}\.\.\. expected failure"
            r"|.{0,400}\((?:\w+ )?expected(?: in this test)?\)|.{0,300}\bas expected\b|\s*not ok\b.{0,300}# ?TODO",
            _I,
        ),
    ),
    Dismissal(
        NOT_RUN,
        re.compile(
            r"(?:\S+ )?SKIP(?:PED)?\b|\s*--- SKIP: |.{0,300}# ?(?i:skip|todo)\b|test .{0,300} \.\.\. ignored"
            r"|\s*[○↓✎⊝-] |.{0,300} \.\.\. skipped"
        ),
    ),
    Dismissal(
        PASSING_TEST,
        re.compile(
            r"\s*[✓✔√]|\s*ok\b|\s*--- PASS: |PASS(?:ED)?[: ]|\(pass\) |=== (?:RUN|PAUSE|CONT|NAME) |# Subtest: "
            r"|(?:\[gw\d+\] \[ *\d+%\] )?(?:PASSED )?\S+ PASSED\b|.{0,400} \.\.\. ?(?:ok|OK)$|\[ +(?:OK|RUN) +\] "
            r"|\s*\d+/\d+ Test +#\d+: .{0,300} Passed |[\w ]{2,80}\.\.\. ?OK$|\S+\.py::\S+$"
        ),
    ),
    Dismissal(
        COMMAND,
        re.compile(r"\$ \S|\++ (?:\w+=\S* )*[\w./~\[\"'-]+(?: |$)|> [\w@./-]+(?:@[\w.-]+)? \S|##\[(?:command|group)\]"),
    ),
    Dismissal(
        WARNING,
        re.compile(
            r"(?:npm )?warn(?:ing)?\b|\[warn(?:ing)?\]|.{0,200}:\d+:(?:\d+:)? warning: |.{0,200}\bWARN(?:ING)?\b|.{0,300}\w+Warning: ",
            _I,
        ),
    ),
    Dismissal(
        SOURCE,
        re.compile(
            r"\s*>?\s*\d{1,6} ?\|(?: |$)|\s*>? *\^|\s{4,}at |\s+(?:raise|throw|except|catch|assert|def|return|print|if|elif|console\.\w+|expect)\b"
            r"|>   |\S{1,200}:\d{1,6}:(?:#|//|\s*(?:def|class|raise|throw|function|const|let|var|import|from)\b)"
            r"|[+-](?:[^+ -]|$)"
        ),
    ),
    Dismissal(RETRIED, re.compile(r".{0,300}\bretry(?:ing)?\b", _I)),
    Dismissal(DATA, re.compile(r"\s*[{\[]\"|\s*\"[\w.-]{1,80}\": ")),
)

# Taken out of a line wherever they stand.
PARTS: tuple[Dismissal, ...] = (
    Dismissal(
        ZERO,
        re.compile(
            rf"(?<![\w.])(?:0|no|zero|without(?: any)?) (?:\w{{1,20}} ){{0,2}}{_TROUBLE}\b"
            rf"|\b{_TROUBLE}\b[\"']?(?: ?[:=] ?| )(?:0+(?:\.0+)?\b(?! [A-Za-z])|none\b|null\b|false\b|\[\]|no\b)",
            _I,
        ),
    ),
    Dismissal(QUOTED, re.compile(r"(?<!\w)(?:\"[^\"]{0,300}\"|'[^']{0,300}'|`[^`]{0,300}`)(?!\w)")),
)
