"""Why a line that has a word of trouble in it tells of none.

A line may be none for what it is: a passing test, a warning, a command, source code. Of any other line the
harmless parts are taken out, a count of zero or a quotation; it counts if what is left speaks of an error.
"""

import re
from typing import NamedTuple

PASSED = "the run passed"
GREEN = "the test runner counted no failure"
PASSING_TEST = "a passing test"
NOT_RUN = "a test that was skipped or is still to be written"
EXPECTED = "a failure that was expected"
WARNING = "a warning"
INFORMATION = "logged as information"
COMMAND = "a command, not what it wrote"
SHOWN = "a text that a command only showed"
HANDLED = "the command line goes on after a failure"
SOURCE = "source code"
DATA = "a field of data"
CONSOLE = "written to the console while tests ran"
RETRIED = "a try that was repeated"
ZERO = "a count of zero"
QUOTED = "a text in quotes"
NAME = "a part of a name"


class Dismissal(NamedTuple):
    """A shape of text that tells of no error."""

    reason: str
    hints: tuple[str, ...]  #: in lower case; each such text has one of them; empty: it may have none
    pattern: re.Pattern[str]  #: searched in the line


_I = re.IGNORECASE
_TROUBLE = (
    r"(?:errors?|fail(?:ed|ing|ures?|s|)|exceptions?|fatal|timeouts?|timed out|problems?|issues?|broken"
    r"|crash(?:es|ed)?)"
)

# Tried in this order; the first that is found dismisses the line.
LINES: tuple[Dismissal, ...] = (
    Dismissal(
        COMMAND,
        ("$ ", "+ ", "> ", "##["),
        re.compile(
            r"^(?:\$ \S|\++ (?:\w{1,80}=\S{0,200} )*[\w./~\[\"'-]+(?: |$)|> [\w@./-]+(?:@[\w.-]+)? \S"
            r"|##\[(?:command|group|section|debug)\])"
        ),
    ),
    Dismissal(
        EXPECTED,
        ("xfail", "expected", "# todo"),
        re.compile(
            r"^(?:\S{1,300} )?XFAIL\b"
            r"|\bexpected fail(?:ure|ures)?\b|\[expected fail\]|\((?:\w+ )?expected(?: in this test)?\)"
            r"|\bas expected\b|^\s*not ok\b.*# ?TODO\b|\bexpected to fail\b",
            _I,
        ),
    ),
    Dismissal(
        NOT_RUN,
        ("skip", "# todo", "ignored", "○", "↓", "﹣", "✎", " - ", "pending", "disabled"),
        re.compile(
            r"^(?:\S{1,300} )?SKIP(?:PED)?\b|^\s*--- SKIP: |# ?(?:[Ss]kip|SKIP|[Tt]odo|TODO)\b|^test .* \.\.\. ignored"
            r"|^\s*[○↓﹣✎] |^ {4,}- |\.\.\. ?[Ss]kipped\b| DISABLED\b| \(PENDING\b| SKIPPED$"
        ),
    ),
    Dismissal(
        PASSING_TEST,
        ("✓", "✔", "√", "ok", "pass", "=== ", "# subtest"),
        re.compile(
            r"^\s*[✓✔√] |^\s*ok\b|^\s*--- PASS: |^\s*PASS(?:ED)?[: ]|^\(pass\) "
            r"|^=== (?:RUN|PAUSE|CONT|NAME) |^\s*# Subtest: "
            r"|^(?:\[gw\d+\] \[ *\d+%\] )?(?:PASSED )?\S+ PASSED\b|\.\.\. ?(?:ok|OK)$|^\[ +(?:OK|RUN) +\] | PASSED$"
            r"|^\s*\d+/\d+ Test +#\d+: .* Passed |^\s+Passed \S.* \[<? ?\d"
        ),
    ),
    Dismissal(
        WARNING,
        ("warn", "deprecat"),
        re.compile(
            r"^(?:npm )?\W{0,3}warn(?:ing)?\b|:\d+:(?:\d+:)? warning: |\bWARN(?:ING)?\b(?-i:)|\b\w+Warning: ", _I
        ),
    ),
    Dismissal(
        INFORMATION,
        ("info", "debug", "trace", "notice"),
        re.compile(
            r"^.{0,60}?(?<![\w.-])(?:INFO|DEBUG|TRACE|NOTICE|level=(?:info|debug)"
            r"|\"level\": ?\"(?:info|debug|trace)\")(?![\w.-])"
            r"(?!.*(?:BUILD FAIL|(?:Failures|Errors): [1-9]))"
        ),
    ),
    Dismissal(
        SOURCE,
        (),
        re.compile(
            r"^\s*>?\s*\d{1,6} ?\|(?: |$)|^\s*>? *\^|^\s{4,}at |^>  |^[+-](?:[^+ -]|  |$)|^\s*(?://|#!|/\*|\* )"
            r"|^\s+(?:raise|throw|except|catch|assert|def|return|print|if|elif|console\.\w+|expect|self\.\w+)\b(?!:)"
            r"|^\S{1,200}:\d{1,6}:(?:#|//|\s*(?:def|class|raise|throw|function|const|let|var|import|from)\b)"
        ),
    ),
    Dismissal(
        RETRIED,
        ("retry",),
        re.compile(r"\bretry(?:ing)?\b(?!.*\b(?:exceeded|exhausted|giving up|failed|limit)\b)", _I),
    ),
    # The test's own line says whether it failed.
    Dismissal(CONSOLE, ("_test.go:",), re.compile(r"^\s+\S{1,200}_test\.go:\d{1,7}: ")),
    Dismissal(
        DATA,
        ('"',),
        re.compile(
            r"^(?!.*\"(?:level|severity|lvl)\": ?\"(?i:error|fatal|critical|panic)\")\s*(?:[{\[]\"|\"[\w.-]{1,80}\": )"
        ),
    ),
)

# Taken out of a line wherever they stand.
PARTS: tuple[Dismissal, ...] = (
    Dismissal(
        ZERO,
        ("0", "no", "zero", "without", "null", "false", "[]"),
        re.compile(
            rf"(?<![\w.])(?:0|no|zero|without(?: any)?) (?:\w{{1,20}} ){{0,2}}{_TROUBLE}\b"
            rf"|\b{_TROUBLE}\b[\"']?(?: ?[:=] ?| {{1,8}})"
            r"(?:0+(?:\.0+)?%?(?![\w.:])(?! [a-z])|none\b|null\b|false\b|\[\])",
            _I,
        ),
    ),
    Dismissal(
        NAME,
        ("error", "failure"),
        re.compile(
            r"\b(?:error|failure) (?:handl\w{1,4}|recovery|boundar\w{1,3}|cases?|paths?|rates?|budgets?|pages?)\b", _I
        ),
    ),
    # What follows a colon or `=` is said, not quoted.
    Dismissal(
        QUOTED,
        ('"', "'", "`", "“", "‘"),
        re.compile(
            r"(?<![\w:=])(?<![:=] )(?:\"[^\"]{0,300}\"|'[^']{0,300}'|`[^`]{0,300}`|“[^”]{0,300}”|‘[^’]{0,300}’)(?!\w)"
        ),
    ),
)


def reason_for_line(line: str, lowered: str) -> str:
    """Say why a whole line tells of no error for what it is; empty if it may tell of one."""
    for reason, hints, pattern in LINES:
        if (not hints or any(hint in lowered for hint in hints)) and pattern.search(line):
            return reason
    return ""


def without_parts(line: str, lowered: str) -> tuple[str, str]:
    """Take the harmless parts out of a line; say what the first of them was, empty if there was none."""
    rest, first = line, ""
    for reason, hints, pattern in PARTS:
        if any(hint in lowered for hint in hints):
            rest, count = pattern.subn("_", rest)
            first = first or (reason if count else "")
    return rest, first
