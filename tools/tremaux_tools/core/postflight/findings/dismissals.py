"""Why a line that has a word of trouble in it tells of none.

A line may be none for what it is: a passing test, a warning, a command, source code. Of any other line the
harmless parts are taken out, a count of zero or a quotation; it counts if what is left speaks of an error.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from tremaux_tools.core.postflight.findings.shape import Shape

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


class LineDismissal(NamedTuple):
    """A shape of line that tells of no error."""

    reason: str
    hints: tuple[str, ...]  #: in lower case; each such line has one of them; empty: it may have none
    shape: Shape


class Dismissal(NamedTuple):
    """A shape of a line's part that tells of no error."""

    reason: str
    hints: tuple[str, ...]  #: in lower case; each such part has one of them
    pattern: re.Pattern[str]  #: searched in the line


_I = re.IGNORECASE
_TROUBLE = (
    r"(?:errors?|fail(?:ed|ing|ures?|s|)|exceptions?|fatal|timeouts?|timed out|problems?|issues?|broken"
    r"|crash(?:es|ed)?)"
)

# Tried in this order; the first that is found dismisses the line.
LINES: tuple[LineDismissal, ...] = (
    LineDismissal(
        COMMAND,
        ("$ ", "+ ", "> ", "##["),
        Shape(
            r"^(?:\$ \S|\++ (?:\w{1,80}=\S{0,200} )*[\w./~\[\"'-]+(?: |$)|> [\w@./-]+(?:@[\w.-]+)? \S"
            r"|##\[(?:command|group|section|debug)\])"
        ),
    ),
    LineDismissal(
        EXPECTED,
        ("xfail", "expected", "# todo"),
        Shape(
            r"^(?:\S{1,300} )?xfail\b"
            r"|\bexpected fail(?:ure|ures)?\b|\[expected fail\]|\((?:\w+ )?expected(?: in this test)?\)"
            r"|\bas expected\b|^\s*not ok\b.*# ?todo\b|\bexpected to fail\b",
            folded=True,
        ),
    ),
    LineDismissal(
        NOT_RUN,
        ("skip", "# todo", "ignored", "○", "↓", "﹣", "✎", " - ", "pending", "disabled"),
        Shape(
            r"^(?:\S{1,300} )?SKIP(?:PED)?\b|^\s*--- SKIP: |# ?(?:[Ss]kip|SKIP|[Tt]odo|TODO)\b|^test .* \.\.\. ignored"
            r"|^\s*[○↓﹣✎] |^ {4,}- |\.\.\. ?[Ss]kipped\b| DISABLED\b| \(PENDING\b| SKIPPED$"
        ),
    ),
    LineDismissal(
        PASSING_TEST,
        ("✓", "✔", "√", "ok", "pass", "=== ", "# subtest"),
        Shape(
            r"^\s*[✓✔√] |^\s*ok\b|^\s*--- PASS: |^\s*PASS(?:ED)?[: ]|^\(pass\) "
            r"|^=== (?:RUN|PAUSE|CONT|NAME) |^\s*# Subtest: "
            r"|^(?:\[gw\d+\] \[ *\d+%\] )?(?:PASSED )?\S+ PASSED\b|\.\.\. ?(?:ok|OK)$|^\[ +(?:OK|RUN) +\] | PASSED$"
            r"|^\s*\d+/\d+ Test +#\d+: .* Passed |^\s+Passed \S.* \[<? ?\d"
        ),
    ),
    LineDismissal(
        WARNING,
        ("warn", "deprecat"),
        Shape(r"^(?:npm )?\W{0,3}warn(?:ing)?\b|:\d+:(?:\d+:)? warning: |\bwarn(?:ing)?\b|warning: ", folded=True),
    ),
    LineDismissal(
        INFORMATION,
        ("info", "debug", "trace", "notice"),
        Shape(
            r"^.{0,60}?(?<![\w.-])(?:INFO|DEBUG|TRACE|NOTICE|level=(?:info|debug)"
            r"|\"level\": ?\"(?:info|debug|trace)\")(?![\w.-])"
            r"(?!.*(?:BUILD FAIL|(?:Failures|Errors): [1-9]))"
        ),
    ),
    LineDismissal(
        SOURCE,
        (),
        Shape(
            r"^\s*>?\s*\d{1,6} ?\|(?: |$)|^\s*>? *\^|^\s{4,}at |^>  |^[+-](?:[^+ -]|  |$)|^\s*(?://|#!|/\*|\* )"
            r"|^\s+(?:raise|throw|except|catch|assert|def|return|print|if|elif|console\.\w+|expect|self\.\w+)\b(?!:)"
            r"|^\S{1,200}:\d{1,6}:(?:#|//|\s*(?:def|class|raise|throw|function|const|let|var|import|from)\b)"
        ),
    ),
    LineDismissal(
        RETRIED,
        ("retry",),
        Shape(r"\bretry(?:ing)?\b(?!.*\b(?:exceeded|exhausted|giving up|failed|limit)\b)", folded=True),
    ),
    # The test's own line says whether it failed.
    LineDismissal(CONSOLE, ("_test.go:",), Shape(r"^\s+\S{1,200}_test\.go:\d{1,7}: ")),
    LineDismissal(
        DATA,
        ('"',),
        Shape(
            r"^(?!.*\"(?:level|severity|lvl)\": ?\"(?i:error|fatal|critical|panic)\")\s*(?:[{\[]\"|\"[\w.-]{1,80}\": )"
        ),
    ),
)

# Taken out of a line wherever they stand.
PARTS: tuple[Dismissal, ...] = (
    Dismissal(
        ZERO,
        ("0 ", " 0", ":0", "=0", "no ", "none", "zero", "without", "null", "false", "[]"),
        re.compile(
            rf"(?:0(?<![\w.]0)|[Nn]o(?<!\w[Nn]o)|NO|zero|without(?: any)?) (?:\w{{1,20}} ){{0,2}}{_TROUBLE}\b"
            rf"|{_TROUBLE}\b[\"']?(?: ?[:=] ?| {{1,8}})"
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


HINTS = frozenset(hint for hints in (*(row.hints for row in LINES), *(row.hints for row in PARTS)) for hint in hints)


@lru_cache(maxsize=4096)
def _worth(hints: tuple[str, ...]) -> tuple[tuple[LineDismissal, ...], tuple[Dismissal, ...]]:
    """Choose what is worth trying on a line with just these hints."""
    there = set(hints)
    return (
        tuple(row for row in LINES if not row.hints or not there.isdisjoint(row.hints)),
        tuple(row for row in PARTS if not there.isdisjoint(row.hints)),
    )


def reason_for_line(line: str, lowered: str, hints: tuple[str, ...]) -> str:
    """Say why a whole line tells of no error for what it is; empty if it may tell of one.

    `hints` are those of `HINTS` that are in it.
    """
    for reason, _, shape in _worth(hints)[0]:
        if shape.is_in(line, lowered):
            return reason
    return ""


def without_parts(line: str, hints: tuple[str, ...]) -> tuple[str, str]:
    """Take the harmless parts out of a line; say what the first of them was, empty if there was none."""
    rest, first = line, ""
    for reason, _, pattern in _worth(hints)[1]:
        rest, count = pattern.subn("_", rest)
        first = first or (reason if count else "")
    return rest, first
