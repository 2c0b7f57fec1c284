"""Read a log line by line and collect what it states."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from tremaux_tools.core.cleaning import strip_collector_prefix, strip_controls
from tremaux_tools.core.fingerprint.facts import Fact, FactSet
from tremaux_tools.core.fingerprint.kinds import (
    AFTERMATH,
    CASE,
    DETAIL,
    DIFF,
    EXCEPTION,
    EXPECTED,
    FRAME,
    NOISE,
    TEST,
)
from tremaux_tools.core.fingerprint.lines import MAX_LINE, shorten
from tremaux_tools.core.fingerprint.literals import Literals, shapes_of
from tremaux_tools.core.fingerprint.masks import mask
from tremaux_tools.core.fingerprint.residue import MAX_TAIL, SYMPTOMS, Residue, is_passing
from tremaux_tools.core.fingerprint.rule import Near, Rule
from tremaux_tools.core.fingerprint.rules import RULES
from tremaux_tools.core.fingerprint.titles import Title

_Match = Callable[[str], re.Match[str] | None]
_NOT_ITS_OWN = frozenset("[0123456789$")  # how a collector's prefix and a command begin
_MAX_RAW = 1000  # characters of a statement that are masked; its fact keeps fewer
_MAX_SEEN = 4096  # different lines
_MAX_STATEMENTS = 20_000  # of one log; what is said after so many different ones adds nothing
_MAX_DIFF = 60  # lines after the head of a difference
_OPENERS = frozenset("0123456789+-@DT")  # how titles, differences and tracebacks begin
_TRACEBACK = "Traceback (most recent call last):"
_RAISED = re.compile(r"[A-Za-z_][\w.]*(?::|$)")
_DIFF_HEAD = re.compile(
    r"[-+] ?(?:expected|actual|Expected|Actual|Received)\b|Diff(?:erence)?\b"
    r"|@@ |--- (?!PASS|SKIP|BENCH)\S|\+\+\+ \S"  # a passing Go test begins like the old file of a diff
)
_DIFF_LINE = re.compile(r"[-+](?![-+]).*\w")
_OPENINGS = (") ", _TRACEBACK, "xpected", "ctual", "eceived", "Diff", "@@ ", "--- ", "+++ ")  # every such line has one
_HINTS = Literals((*_OPENINGS, *(hint for rule in RULES for hint in rule.hints)))


@lru_cache(maxsize=4096)
def _rules_with(hints: tuple[str, ...]) -> tuple[tuple[Rule, _Match], ...]:
    """Return the rules worth trying on a line that has just these hints, in their order."""
    return tuple((rule, rule.pattern.match) for rule in RULES if not set(hints).isdisjoint(rule.hints))


def _plain_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield the program's own lines, without what a collector put before them; a blank line is empty."""
    for whole in lines:
        line = (shorten(whole) if len(whole) > MAX_LINE else whole).rstrip()
        if line[:1] in _NOT_ITS_OWN:
            line = strip_collector_prefix(line)
            if line.startswith("$ "):
                continue
        yield line


def _last_lines(block: str) -> list[str]:
    """Return the lines of a block without hints that can matter later: its last ones, with a heading among them."""
    lines = list(_plain_lines(block.rsplit("\n", 2 * MAX_TAIL)[1:]))
    enough = len(lines) - lines.count("") >= MAX_TAIL and any(not line[:1].isspace() for line in lines if line)
    return lines if enough else list(_plain_lines(block.split("\n")))


class Reader:
    """Collects facts; holds no more than a bounded number of them, whatever the length of the log."""

    __slots__ = (
        "_before",
        "_cases",
        "_causes",
        "_details",
        "_diff",
        "_heading",
        "_noted",
        "_residue",
        "_seen",
        "_statements",
        "_title",
        "_traceback",
        "evidence",
    )

    def __init__(self) -> None:
        self.evidence = False  #: whether some line says that something failed
        self._causes = FactSet()
        self._cases = FactSet()
        self._residue = Residue()
        self._heading = self._before = ""
        self._statements = 0  # different ones, so far
        self._noted: set[tuple[str, str]] = set()
        self._seen: dict[str, tuple[Rule, str] | None] = {}
        self._details = 0  # lines that still belong to the last statement
        self._diff = 0  # lines that still may belong to a difference
        self._title: Title | None = None
        self._traceback = -1  # indentation of the traceback that is being read; -1 outside of one

    def read(self, block: str) -> None:
        """Read whole lines."""
        if self._is_full():
            return
        block = strip_controls(block)
        shapes = shapes_of(block)
        hints = _HINTS.present_in(shapes)  # most rules need not be tried on any of its lines
        symptoms = [] if self._causes else SYMPTOMS.present_in(shapes)
        tells = hints or symptoms or self._is_waiting()
        for line in _plain_lines(block.split("\n")) if tells else _last_lines(block):
            if not line:
                self._end_title()
            else:
                self._read_line(line, hints, symptoms)

    def _is_full(self) -> bool:
        """Tell whether nothing that is still to come could add anything."""
        return self._statements == _MAX_STATEMENTS and self.evidence and bool(self._causes)

    def _read_line(self, line: str, hints: list[str], symptoms: list[str]) -> None:
        statement = self._statement(line, hints)
        if statement is not None:
            self._end_title()
            self._take(*statement)
            self._before = "" if statement[0].kind == NOISE else line
        else:
            if not self._belongs(line) and not self._causes:
                self._residue.add(line, symptoms)
            self._before = line
        if not line[0].isspace():
            self._heading = line

    def _statement(self, line: str, hints: list[str]) -> tuple[Rule, str] | None:
        """Return what the line states by itself, and by which rule; a line met again is not read again."""
        if line in self._seen:
            return self._seen[line]
        statement = None
        for rule, match in _rules_with(tuple([hint for hint in hints if hint in line])):
            matched = match(line)
            if matched is not None and (text := rule.text(matched)) is not None:
                statement = rule, text
                break
        if len(self._seen) >= _MAX_SEEN:
            self._seen.clear()
        self._seen[line] = statement
        return statement

    def _take(self, rule: Rule, text: str) -> None:
        if rule.kind == NOISE:
            return
        self.evidence = True
        if rule.kind != FRAME:
            self._traceback = -1
        if rule.kind == AFTERMATH:
            return
        if rule.near is Near.HEADING:
            text = f"{self._heading} {text}"
        elif rule.near is Near.BEFORE:
            if not self._before:
                return
            text = f"{text} {self._before}"
        elif rule.near is Near.ABOVE and self._before and not is_passing(self._before):
            self._note(DETAIL, self._before)
        self._note(rule.kind, text)
        goes_on = rule.goes_on or int(text.endswith(":"))
        self._details = max(goes_on, self._details - 1) if rule.kind == EXPECTED else goes_on
        if rule.kind != EXCEPTION:
            self._diff = 0

    def _note(self, kind: str, text: str) -> None:
        if (kind, text) in self._noted or self._statements == _MAX_STATEMENTS:
            return
        self._statements += 1
        if len(self._noted) >= _MAX_SEEN:
            self._noted.clear()
        self._noted.add((kind, text))
        said = mask(text[:_MAX_RAW])
        if said:
            facts = self._cases if kind == CASE else self._causes
            facts.add(kind, said)

    def _belongs(self, line: str) -> bool:
        """Take a line that goes on with something said before; False if it stands for itself."""
        said = line.lstrip()
        if said[0] not in _OPENERS and not self._is_waiting():
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
                self._end_title(only_if_ended=True)
                return True
            self._end_title()
        if said[0].isdigit() and (title := Title.begin(line)):
            self._title = title
            return True
        return self._belongs_to_difference(said) or self._belongs_to_statement(line)

    def _is_waiting(self) -> bool:
        return bool(self._details or self._diff or self._title is not None or self._traceback >= 0)

    def _belongs_to_difference(self, said: str) -> bool:
        signed = said[0] in "+-@"
        if (signed or said[0] == "D") and _DIFF_HEAD.match(said):
            self._diff = _MAX_DIFF
            self._details = 0
            return True
        if not self._diff:
            return False
        self._diff -= 1
        if signed and _DIFF_LINE.match(said):
            self._note(DIFF, said)
            return True
        return False

    def _belongs_to_statement(self, line: str) -> bool:
        if not self._details:
            return False
        self._details -= 1
        self._note(DETAIL, line)
        return True

    def _end_title(self, *, only_if_ended: bool = False) -> None:
        title = self._title
        if title is None or (only_if_ended and not title.ended):
            return
        self._title = None
        if title.ended:
            self._note(TEST, str(title))
        else:
            self._note(CASE, title.parts[0])

    def facts(self) -> list[Fact]:
        """Return what the log states, sorted; the less certain only where nothing certain is known."""
        self._end_title()
        causes = self._causes.sorted()
        if not any(fact.kind == TEST for fact in causes):
            causes = sorted({*causes, *(Fact(TEST, case.text) for case in self._cases.sorted())})
        return causes or self._residue.facts()
