"""Find the lines of a log that tell of errors and successes, and say why others with the same words do not.

A block of lines is asked for a few short literals before any pattern is tried, as most lines have none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tremaux_tools.core.cleaning import strip_collector_prefix
from tremaux_tools.core.fingerprint.literals import Literals, shapes_of
from tremaux_tools.core.postflight.dismissals import GREEN, LINES, NAME, PARTS, PASSED, Dismissal
from tremaux_tools.core.postflight.report import Alarm, Dismissed, Severity, Success, Verdict
from tremaux_tools.core.postflight.rules import ERROR_RULES, SUCCESS_RULES, ErrorRule, SuccessRule
from tremaux_tools.core.postflight.sections import SECTIONS, Section
from tremaux_tools.core.postflight.tally import NEIGHBOURS, Group, Tally
from tremaux_tools.core.runners import TestRun

MAX_DISMISSED = 40  # groups shown
_MAX_SCANNED = 1000  # characters of a line; what it is stands at its beginning
_MAX_CACHED = 4096  # different lines
_RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}
_SEVERITY = {rule.type: rule.severity for rule in ERROR_RULES}
_NOT_ITS_OWN = frozenset("[0123456789")  # how the time that a CI service puts before a line begins
# What a line is hangs on whether a number is zero, no more, so lines that differ in others are read once.
_ONE_DIGIT = str.maketrans("23456789", "11111111")
# With one of these a line is called an error by who looks for words alone.
_KEYWORDS = ("error", "fail", "exception", "fatal", "panic", "timeout", "timed out", "denied", "traceback", "not found")
_HINTS = Literals(
    (
        *_KEYWORDS,
        *(
            hint
            for table in (ERROR_RULES, SUCCESS_RULES, SECTIONS, LINES, PARTS)
            for row in table
            for hint in row.hints
        ),
    )
)


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


class _Plan(NamedTuple):
    """What is worth trying on a line with certain hints."""

    is_noticed: bool
    errors: tuple[ErrorRule, ...]
    successes: tuple[SuccessRule, ...]
    sections: tuple[Section, ...]
    lines: tuple[Dismissal, ...]
    parts: tuple[Dismissal, ...]


_NOTHING = _Meaning()


@lru_cache(maxsize=4096)
def _plan(hints: tuple[str, ...]) -> _Plan:
    there = set(hints)
    return _Plan(
        not there.isdisjoint(_KEYWORDS),
        tuple(rule for rule in ERROR_RULES if not there.isdisjoint(rule.hints)),
        tuple(rule for rule in SUCCESS_RULES if not there.isdisjoint(rule.hints)),
        tuple(section for section in SECTIONS if not there.isdisjoint(section.hints)),
        tuple(line for line in LINES if not line.hints or not there.isdisjoint(line.hints)),
        tuple(part for part in PARTS if not there.isdisjoint(part.hints)),
    )


class Findings:
    """Reads a log of any length in bounded memory; how it is split into blocks does not matter."""

    __slots__ = ("_before", "_cache", "_section", "_successes", "_tally")

    def __init__(self) -> None:
        self._tally = Tally()
        self._successes: dict[str, int] = {}
        self._section: Section | None = None
        self._before: list[str] = []
        self._cache: dict[str, _Meaning] = {}

    def read(self, block: str, line: int) -> None:
        """Read whole lines without control sequences; `line` is the number of the first, from 1."""
        lines = block.split("\n")
        hints = _HINTS.present_in(shapes_of(block.lower()))
        if hints or self._section or self._tally.is_waiting:
            self._read_lines(lines, line, hints)
        self._before = [*self._before, *lines[-NEIGHBOURS:]][-NEIGHBOURS:]

    def _read_lines(self, lines: list[str], first: int, hints: list[str]) -> None:
        lines = [*self._before, *lines]  # with what stood before the block
        shift = first - len(self._before)
        for at in range(len(self._before), len(lines)):
            line = lines[at]
            if self._tally.is_waiting:
                self._tally.go_on(line)
            plain = strip_collector_prefix(line) if line[:1] in _NOT_ITS_OWN else line
            key = plain[:_MAX_SCANNED].translate(_ONE_DIGIT)
            meaning = self._cache.get(key)
            if meaning is None:
                if len(self._cache) >= _MAX_CACHED:
                    self._cache.clear()
                meaning = self._cache[key] = _meaning(key, hints)
            if self._section and self._section.closes.match(key):
                self._section = None
            if meaning is not _NOTHING:
                self._take(meaning, key, at + shift, lines, at)

    def _take(self, meaning: _Meaning, plain: str, number: int, lines: list[str], at: int) -> None:
        section = self._section
        if section and section.unless and section.unless.match(plain):
            section = None
        if meaning.error:
            reason = meaning.reason or (section.reason if section else "")
            self._tally.add(meaning.error, reason, number, lines, at)
        if meaning.success and not section:
            self._successes.setdefault(meaning.success, number)
        if meaning.section and not self._section:
            self._section = meaning.section

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


def _dismissed(kind: str, reason: str, group: Group) -> Dismissed:
    return Dismissed(kind, group.count, group.line, group.text, reason)


def _meaning(line: str, hints: Iterable[str]) -> _Meaning:
    """Read a line that may have some of these hints and has no others."""
    lowered = line.lower()
    plan = _plan(tuple([hint for hint in hints if hint in lowered]))
    section = next((section for section in plan.sections if section.opens.match(line)), None)
    success = _first(plan.successes, line)
    error, reason = _error(line, plan)
    if not (error or success or section):
        return _NOTHING
    return _Meaning(error, reason, success, section)


def _error(line: str, plan: _Plan) -> tuple[str, str]:
    """Tell the type of error a line has the words of, and why it is none; the reason is empty if it is one."""
    error = _first(plan.errors, line)
    if not error and not plan.is_noticed:
        return "", ""
    for dismissal in plan.lines:
        if dismissal.pattern.search(line):
            return error or "error", dismissal.reason
    rest, reason = line, ""
    for part in plan.parts:
        rest, count = part.pattern.subn("_", rest)
        reason = reason or (part.reason if count else "")
    if left := error if rest == line else _first(plan.errors, rest):
        return left, ""
    return error or "error", reason or NAME


def _first(rules: Iterable[ErrorRule | SuccessRule], line: str) -> str:
    for rule in rules:
        if rule.pattern.search(line):
            return rule.type
    return ""
