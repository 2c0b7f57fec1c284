"""Understand a log line by line: what a line states by itself, and what it adds to the lines before it."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from tremaux_tools.core.block import likeness
from tremaux_tools.core.cleaning import strip_collector_prefix
from tremaux_tools.core.fingerprint.kinds import (
    AFTERMATH,
    CASE,
    DETAIL,
    DIFF,
    EXCEPTION,
    EXPECTED,
    FRAME,
    LEGEND,
    NOISE,
    TEST,
)
from tremaux_tools.core.fingerprint.lines import MAX_LINE, shorten
from tremaux_tools.core.fingerprint.residue import is_passing
from tremaux_tools.core.fingerprint.rule import Near, Rule
from tremaux_tools.core.fingerprint.rules import RULES
from tremaux_tools.core.fingerprint.titles import Title

_NOT_ITS_OWN = frozenset("[0123456789$")  # how a collector's prefix and a command begin
_MAX_SEEN = 4096  # different lines
_MAX_DIFF = 60  # lines after the head of a difference
_OPENERS = frozenset("0123456789+-@DT")  # how titles, differences and tracebacks begin
_DIFF_OPENERS = frozenset("+-@D")
_TRACEBACK = "Traceback (most recent call last):"
_RAISED = re.compile(r"[A-Za-z_][\w.]*(?::|$)")
_DIFF_HEAD = re.compile(
    r"[-+] ?(?:expected|actual|Expected|Actual|Received)\b|Diff(?:erence)?\b"
    r"|@@ |--- (?!PASS|SKIP|BENCH)\S|\+\+\+ \S"  # a passing Go test begins like the old file of a diff
)
_DIFF_LINE = re.compile(r"[-+](?![-+]).*\w")
_OPENINGS = (") ", _TRACEBACK, "xpected", "ctual", "eceived", "Diff", "@@ ", "--- ", "+++ ")  # every such line has one

_CONSOLE = "console."
_CONSOLE_HEAD = re.compile(r"\s+console\.(?:log|error|warn|info|debug)$")  # jest; what was printed is indented further

# Literals of which every line has one that states something.
HINTS = (*_OPENINGS, _CONSOLE, *(hint for rule in RULES for hint in rule.hints))


# What lines are like that were read, in any log: those of the next run are much the same.
_seen: dict[bytes, tuple[Rule | None]] = {}


@lru_cache(maxsize=4096)
def _rules_with(hints: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules worth trying on a line that has just these hints, in their order."""
    return tuple(rule for rule in RULES if not set(hints).isdisjoint(rule.hints))


def plain_line(whole: str) -> str | None:
    """Return the program's own line, without what a collector put before it; None for a command's echo."""
    line = (shorten(whole) if len(whole) > MAX_LINE else whole).rstrip()
    if line[:1] in _NOT_ITS_OWN:
        line = strip_collector_prefix(line)
        if line.startswith("$ "):
            return None
    return line


def plain_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield the program's own lines; a blank line is empty."""
    for whole in lines:
        line = plain_line(whole)
        if line is not None:
            yield line


class Sink(Protocol):
    """Takes what lines state, in their order, while the line is being read."""

    def __call__(self, kind: str, text: str, near: Near = Near.NOTHING) -> None:
        """Take one statement; `near` says which neighbour of the line is a part of `text`."""


class Interpreter:
    """Tells a sink what each line states; holds a bounded number of lines."""

    __slots__ = (
        "_console",
        "_details",
        "_diff",
        "_note",
        "_title",
        "_traceback",
        "before",
        "evidence",
        "heading",
    )

    def __init__(self, note: Sink) -> None:
        self.evidence = False  #: whether some line says that something failed
        self.heading = ""  #: the last line that was not indented
        self.before = ""  #: the last line that was not blank
        self._note = note
        self._console = -1  # indentation of the head over what a test printed; -1 outside of it
        self._details = 0  # lines that still belong to the last statement
        self._diff = 0  # lines that still may belong to a difference
        self._title: Title | None = None
        self._traceback = -1  # indentation of the traceback that is being read; -1 outside of one

    @property
    def is_waiting(self) -> bool:
        """Whether the next line may belong to something said before."""
        return bool(
            self._details or self._diff or self._title is not None or self._traceback >= 0 or self._console >= 0
        )

    def read(self, line: str, hints: Collection[str]) -> bool:
        """Read a line that is not blank; False if it neither states nor continues anything.

        `hints` are those of `HINTS` that it may have.
        """
        if self._is_printed(line, hints):
            self.skip(line)
            return False
        rule = self._rule_for(line, hints) if hints else None
        if rule is None:
            is_understood = self._belongs(line)
            self.before = line
        else:
            is_understood = True
            self.end_title()
            self._take(rule, rule.text(line) or "")
            self.before = "" if rule.kind == NOISE else line
        if not line[0].isspace():
            self.heading = line
        return is_understood

    def skip(self, line: str) -> None:
        """Pass over a line that is not blank and known to state nothing."""
        self.before = line
        if not line[0].isspace():
            self.heading = line

    def _is_printed(self, line: str, hints: Collection[str]) -> bool:
        """Tell whether a test printed the line to its console: tests that pass do so, too."""
        if self._console >= 0:
            if len(line) - len(line.lstrip()) > self._console:
                return True
            self._console = -1
        if _CONSOLE not in hints or not _CONSOLE_HEAD.match(line):
            return False
        self.end_title()
        self._details = self._diff = 0
        self._traceback = -1
        self._console = len(line) - len(line.lstrip())
        return True

    def _rule_for(self, line: str, hints: Collection[str]) -> Rule | None:
        """Return the rule by which the line states something; one of lines that are alike is read for all of them."""
        like = likeness(line)
        seen = _seen.get(like)
        if seen is not None:
            return seen[0]
        worth_trying = _rules_with(tuple([hint for hint in hints if hint in line]))
        rule = next((rule for rule in worth_trying if rule.text(line) is not None), None)
        if len(_seen) >= _MAX_SEEN:
            _seen.clear()
        _seen[like] = (rule,)
        return rule

    def _take(self, rule: Rule, text: str) -> None:
        if rule.kind == NOISE:
            return
        self.evidence = True
        if rule.kind != FRAME:
            self._traceback = -1
        if rule.kind == AFTERMATH:
            self._note(AFTERMATH, text)
            return
        if rule.near is Near.HEADING:
            text = f"{self.heading} {text}"
        elif rule.near is Near.BEFORE:
            if not self.before:
                return
            text = f"{text} {self.before}"
        elif rule.near is Near.ABOVE and self.before and not is_passing(self.before):
            self._note(DETAIL, self.before, rule.near)
        self._note(rule.kind, text, rule.near)
        goes_on = rule.goes_on or int(text.endswith(":"))
        self._details = max(goes_on, self._details - 1) if rule.kind == EXPECTED else goes_on
        if rule.kind != EXCEPTION:
            self._diff = 0

    def _belongs(self, line: str) -> bool:
        """Take a line that goes on with something said before; False if it stands for itself."""
        said = line.lstrip()
        if said[0] not in _OPENERS and not self.is_waiting:
            return False
        indent = len(line) - len(said)
        if said == _TRACEBACK:
            self._traceback = indent
            self.evidence = True
            return True
        if self._traceback >= 0 and indent <= self._traceback:
            self._traceback = -1
            if _RAISED.match(said):
                self._note(EXCEPTION, said)
                return True
        if self._title is not None:
            if self._title.goes_on(line):
                self.end_title(only_if_ended=True)
                return True
            self.end_title()
        if said[0].isdigit() and (title := Title.begin(line)):
            self._title = title
            return True
        return self._belongs_to_difference(said) or self._belongs_to_statement(line)

    def _belongs_to_difference(self, said: str) -> bool:
        if said[0] in _DIFF_OPENERS and _DIFF_HEAD.match(said):
            self._diff = _MAX_DIFF
            self._details = 0
            self._note(LEGEND, said)
            return True
        if not self._diff:
            return False
        self._diff -= 1
        if _DIFF_LINE.match(said):
            self._note(DIFF, said)
            return True
        return False

    def _belongs_to_statement(self, line: str) -> bool:
        if not self._details:
            return False
        self._details -= 1
        self._note(DETAIL, line)
        return True

    def end_title(self, *, only_if_ended: bool = False) -> None:
        """Tell the title that is being read; a blank line and the end of the log do so too."""
        title = self._title
        if title is None or (only_if_ended and not title.ended):
            return
        self._title = None
        if title.ended:
            self._note(TEST, str(title))
        else:
            self._note(CASE, title.parts[0])
