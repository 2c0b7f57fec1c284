"""Find the lines of a log that tell of errors and successes, and say why others with the same words do not.

A block of lines is asked for a few short literals before any pattern is tried, as most lines have none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tremaux_tools.core.block import Block, Literals, likeness
from tremaux_tools.core.cleaning import strip_collector_prefix
from tremaux_tools.core.postflight.findings import dismissals
from tremaux_tools.core.postflight.findings.dismissals import GREEN, NAME, PASSED, reason_for_line, without_parts
from tremaux_tools.core.postflight.findings.rules import (
    ERROR_RULES,
    KEYWORDS,
    SUCCESS_RULES,
    WORD_ALONE,
    ErrorRule,
    SuccessRule,
)
from tremaux_tools.core.postflight.findings.sections import SECTIONS, Section
from tremaux_tools.core.postflight.findings.tally import NEIGHBOURS, Group, Tally
from tremaux_tools.core.postflight.report import Alarm, Dismissed, Severity, Success, Verdict
from tremaux_tools.core.runners import TestRun

MAX_DISMISSED = 40  # groups shown
_MAX_SCANNED = 1000  # characters of a line; what it is stands at its beginning
_RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}
_SEVERITY = {rule.type: rule.severity for rule in ERROR_RULES}
_NOT_ITS_OWN = frozenset("[0123456789")  # how the time that a CI service puts before a line begins
_KEYWORDS = frozenset(KEYWORDS)
_TABLES: tuple[tuple[ErrorRule | SuccessRule | Section, ...], ...] = (ERROR_RULES, SUCCESS_RULES, SECTIONS)
_ASIDES = tuple({*dismissals.HINTS, *KEYWORDS})
_HINTS = Literals((hint for table in _TABLES for row in table for hint in row.hints), folded=True)


@dataclass(frozen=True, slots=True)
class Found:
    """What a log tells of errors and successes."""

    errors: tuple[Alarm, ...]  #: the most severe first, then by line
    dismissed: tuple[Dismissed, ...]  #: by line; at most `MAX_DISMISSED` groups of type and reason
    successes: tuple[Success, ...]  #: the first line of each type, by line


class _Meaning(NamedTuple):
    """What a line says by itself."""

    error: str = ""  #: its type; empty for none
    reason: str = ""  #: why it is none after all
    success: str = ""
    section: Section | None = None  #: that it opens


_NOTHING = _Meaning()


class Findings:
    """Reads a log of any length in bounded memory; how it is split into blocks does not matter."""

    __slots__ = ("_before", "_section", "_successes", "_tally")

    def __init__(self) -> None:
        self._tally = Tally()
        self._successes: dict[str, int] = {}
        self._section: Section | None = None
        self._before: list[str] = []  # the last lines of what was read

    def read(self, block: Block, first: int) -> int:
        """Read lines without control sequences; `first` is the number of the first, from 1.

        Returns how many of them it looked at one by one.
        """
        self._tally.go_on(block.text)
        hints = _HINTS.of(block.variety)
        telling = [at for at, shape in enumerate(block.shapes) if hints[shape]]
        done = 0  # so far the section is known to go on
        for at in telling:
            if self._section:
                self._go_on(block, done, at + 1)
            done = at + 1
            line = block.lines[at][:_MAX_SCANNED]
            plain = _plain(line)
            own = hints[block.shapes[at]] if plain is line else _HINTS.of_line(plain)
            meaning = _read(likeness(plain), own)
            if meaning is not _NOTHING:
                self._take(meaning, plain, first, block, at)
        self._go_on(block, done, len(block.shapes))
        self._before = [*self._before, *block.text.rsplit("\n", NEIGHBOURS)[-NEIGHBOURS:]][-NEIGHBOURS:]
        return len(telling)

    def _go_on(self, block: Block, start: int, end: int) -> None:
        """Close the section that is open if one of these lines of a block does."""
        if self._section and any(map(self._section.closes.match, block.lines[start:end])):
            self._section = None

    def finish(self, *, verdict: Verdict, runs: Sequence[TestRun]) -> Found:
        """Say what was found.

        Of a run that passed nothing is left an error. Where the runners counted tests and no failure,
        no line tells of a failed test, whatever its words.
        """
        counted = [run for run in runs if not run.is_empty]
        is_green = bool(counted) and not any(run.is_red for run in counted)
        alarms: list[Alarm] = []
        dismissed = [_dismissed(kind, reason, group) for (kind, reason), group in self._tally.dismissed.items()]
        for kind, group in self._tally.errors.items():
            if verdict == "passed":
                dismissed.append(_dismissed(kind, PASSED, group))
            elif kind == "test_failure" and is_green:
                dismissed.append(_dismissed(kind, GREEN, group))
            else:
                alarms.append(Alarm(kind, _SEVERITY[kind], group.count, group.line, group.context))
        return Found(
            tuple(sorted(alarms, key=lambda alarm: (_RANK[alarm.severity], alarm.line))),
            tuple(sorted(dismissed, key=lambda group: (group.line, group.type, group.reason))[:MAX_DISMISSED]),
            tuple(Success(kind, line) for kind, line in sorted(self._successes.items(), key=lambda item: item[1])),
        )

    def _take(self, meaning: _Meaning, plain: str, line: int, block: Block, at: int) -> None:
        section = self._section
        if section and section.unless and section.unless.match(plain):
            section = None
        reason = meaning.reason or (section.reason if section else "")
        if meaning.error and reason:
            self._tally.dismiss(meaning.error, reason, line + at, plain)
        elif meaning.error:
            self._tally.count(meaning.error, line + at, self._before, block.lines, at)
        counts_as_error = bool(meaning.error) and not reason  # as `1 failed, 2 passed` does
        if meaning.success and not section and not counts_as_error:
            self._successes.setdefault(meaning.success, line + at)
        if meaning.section and not self._section:
            self._section = meaning.section


def _dismissed(kind: str, reason: str, group: Group) -> Dismissed:
    return Dismissed(kind, group.count, group.line, group.text, reason)


def _plain(line: str) -> str:
    """The program's own line, without what a collector put before it."""
    return strip_collector_prefix(line) if line[:1] in _NOT_ITS_OWN else line


@lru_cache(maxsize=4096)
def _plan(hints: tuple[str, ...]) -> tuple[tuple[ErrorRule, ...], tuple[SuccessRule, ...], tuple[Section, ...]]:
    """Choose what is worth trying on a line with just these hints."""
    there = set(hints)
    return (
        tuple(rule for rule in ERROR_RULES if not there.isdisjoint(rule.hints)),
        tuple(rule for rule in SUCCESS_RULES if not there.isdisjoint(rule.hints)),
        tuple(section for section in SECTIONS if not there.isdisjoint(section.hints)),
    )


@lru_cache(maxsize=4096)
def _read(like: bytes, hints: tuple[str, ...]) -> _Meaning:
    """Read what lines have in common that may have some of these hints, and have no others."""
    line = like.decode("utf-8", "surrogatepass")
    lowered = line.lower()
    own = f"\n{lowered}"
    errors, successes, sections = _plan(tuple([hint for hint in hints if hint in own]))
    error, reason = _error(line, lowered, errors, tuple([aside for aside in _ASIDES if aside in lowered]))
    success = _first(successes, line, lowered)
    section = next((section for section in sections if section.opens.match(line)), None)
    return _Meaning(error, reason, success, section) if error or success or section else _NOTHING


def _error(line: str, lowered: str, rules: Sequence[ErrorRule], asides: tuple[str, ...]) -> tuple[str, str]:
    """Tell which error a line has the words of, and why it is none after all; no reason: it is one."""
    error = _first(rules, line, lowered)
    if not error and _KEYWORDS.isdisjoint(asides):
        return "", ""
    if reason := reason_for_line(line, lowered, asides):
        return error or WORD_ALONE, reason
    rest, reason = without_parts(line, asides)
    left = _first(rules, rest, rest.lower()) if rest != line else error
    return (left, "") if left else (error or WORD_ALONE, reason or NAME)


def _first(rules: Iterable[ErrorRule | SuccessRule], line: str, lowered: str) -> str:
    for rule in rules:
        if rule.shape.is_in(line, lowered):
            return rule.type
    return ""
