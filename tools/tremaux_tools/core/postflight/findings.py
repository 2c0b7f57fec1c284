"""Find the lines of a log that tell of errors and successes, and say why others with the same words do not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.postflight import dismissals
from tremaux_tools.core.postflight.report import MAX_CONTEXT, MAX_LINE, Alarm, Dismissed, Severity, Success, Verdict
from tremaux_tools.core.postflight.rules import ERROR_RULES, SUCCESS_RULES
from tremaux_tools.core.runners import TestRun

NEIGHBOURS = 2  # lines shown before the first line of an error, and after it
MAX_DISMISSED = 40  # groups shown
_MAX_SCANNED = 1000  # characters of a line; what makes it an error stands at its beginning
_MAX_CACHED = 4096  # different lines
_RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}
_DIGITS = str.maketrans("23456789", "11111111")  # what a line is hangs on whether a number is zero, no more
_KEYWORD = re.compile(
    r"error|fail|exception|fatal|panic|timeout|timed out|denied|refused|not found|traceback", re.IGNORECASE
)
_SEVERITIES = {rule.type: rule.severity for rule in ERROR_RULES}


@dataclass(frozen=True, slots=True)
class Found:
    """What a log tells of errors and successes."""

    errors: tuple[Alarm, ...]  #: the most severe first, then by line
    dismissed: tuple[Dismissed, ...]  #: by line; at most `MAX_DISMISSED` groups of type and reason
    successes: tuple[Success, ...]  #: the first line of each type, by line


@dataclass(frozen=True, slots=True)
class _Class:
    """What one line is."""

    error: str = ""
    reason: str = ""
    success: str = ""


_NOTHING = _Class()


@dataclass(slots=True)
class _Group:
    """All lines of one type, or of one type and reason."""

    line: int
    text: str
    context: list[str]
    count: int = 0


class Findings:
    """Reads a log of any length in bounded memory; how it is split into blocks does not matter."""

    __slots__ = ("_before", "_cache", "_dismissed", "_errors", "_open", "_successes")

    def __init__(self) -> None:
        self._errors: dict[str, _Group] = {}
        self._dismissed: dict[tuple[str, str], _Group] = {}
        self._successes: dict[str, int] = {}
        self._before: list[str] = []
        self._open: list[tuple[_Group, int]] = []
        self._cache: dict[str, _Class] = {}

    def read(self, block: str, line: int) -> None:
        """Read whole lines without control sequences; `line` is the number of the first, from 1."""
        for number, text in enumerate(block.split("\n"), line):
            self._read_line(text, number)

    def finish(self, *, verdict: Verdict, runs: Sequence[TestRun]) -> Found:
        """Say what was found. Of a run that passed every line is dismissed that is left."""
        groups = {
            (kind, reason): Dismissed(kind, group.count, group.line, group.text, reason)
            for (kind, reason), group in self._dismissed.items()
        }
        if verdict == "passed":
            groups |= {
                (kind, dismissals.PASSED): Dismissed(kind, group.count, group.line, group.text, dismissals.PASSED)
                for kind, group in self._errors.items()
            }
        alarms = [
            Alarm(kind, _SEVERITIES[kind], group.count, group.line, "\n".join(group.context)[:MAX_CONTEXT])
            for kind, group in self._errors.items()
            if verdict != "passed"
        ]
        return Found(
            tuple(sorted(alarms, key=lambda alarm: (_RANK[alarm.severity], alarm.line, alarm.type))),
            tuple(sorted(groups.values(), key=lambda group: (group.line, group.type, group.reason))[:MAX_DISMISSED]),
            tuple(Success(kind, line) for kind, line in sorted(self._successes.items(), key=lambda item: item[1])),
        )

    def _read_line(self, text: str, number: int) -> None:
        for group, _ in self._open:
            group.context.append(text[:MAX_LINE])
        self._open = [(group, left - 1) for group, left in self._open if left > 1]
        key = text[:_MAX_SCANNED].translate(_DIGITS)
        kind = self._cache.get(key)
        if kind is None:
            if len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            kind = self._cache[key] = _classify(key)
        if kind is not _NOTHING:
            self._take(kind, text, number)
        self._before = [*self._before[-NEIGHBOURS + 1 :], text[:MAX_LINE]]

    def _take(self, kind: _Class, text: str, number: int) -> None:
        if kind.success:
            self._successes.setdefault(kind.success, number)
        if kind.error and kind.reason:
            group = self._dismissed.setdefault((kind.error, kind.reason), _Group(number, text[:MAX_LINE], []))
            group.count += 1
        elif kind.error:
            if kind.error not in self._errors:
                group = self._errors[kind.error] = _Group(number, text[:MAX_LINE], [*self._before, text[:MAX_LINE]])
                self._open.append((group, NEIGHBOURS))
            self._errors[kind.error].count += 1


def _classify(line: str) -> _Class:
    success = next((rule.type for rule in SUCCESS_RULES if rule.pattern.search(line)), "")
    named = _error_in(line) or ("error" if _KEYWORD.search(line) else "")
    if not named:
        return _Class(success=success) if success else _NOTHING
    for reason, pattern in dismissals.LINES:
        if pattern.match(line):
            return _Class(named, reason, success)
    rest, reason = line, dismissals.NAME
    for part, pattern in dismissals.PARTS:
        rest, count = pattern.subn("_", rest)
        reason = part if count and reason == dismissals.NAME else reason
    left = _error_in(rest)
    return _Class(left, "", success) if left else _Class(named, reason, success)


def _error_in(line: str) -> str:
    return next((rule.type for rule in ERROR_RULES if rule.pattern.search(line)), "")
