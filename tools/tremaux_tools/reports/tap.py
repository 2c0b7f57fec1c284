"""TAP files, the Test Anything Protocol of testanything.org, versions 12 to 14.

tap.py reads the lines; the counts are those of the reader of printed TAP, which also knows trailers and plans.
"""

import re
from dataclasses import dataclass, field
from itertools import takewhile

from tremaux_tools.core.postflight.machine.values import failed, first
from tremaux_tools.core.postflight.report import MAX_TESTS
from tremaux_tools.core.postflight.results import Failed, Results
from tremaux_tools.core.runners import read_tests
from tremaux_tools.reports.refusal import Unreadable

MAX_LINE = 1_000  # characters of a line that are read
MAX_DETAILS = 200  # lines kept of what follows a failed test

_FIRST = re.compile(
    r"(?:[ \t\r]{0,80}(?:#[^\n]{0,1000})?\n){0,50}(?:TAP version 1[2-4]|1\.\.\d|(?:not )?ok(?: \d| - ))"
)
_PLAN = re.compile(r"^1\.\.(\d{1,9})\b", re.MULTILINE)
_POINT = re.compile(r"^(?:not )?ok\b", re.MULTILINE)
_MESSAGE = re.compile(r"\s{0,40}(?:error|message):\s{0,4}(.{0,1000})")
_IS_POINT = re.compile(r"(?:not )?ok\b")
_BLOCK = re.compile(r"[|>][-+]?$")


@dataclass(slots=True)
class _Failure:
    """A test point that is not ok, and what follows it."""

    depth: int  #: columns it is indented by
    name: str
    details: list[str] = field(default_factory=list)


def is_tap(text: str) -> bool:
    """Tell whether a text begins like TAP."""
    return _FIRST.match(text) is not None


def read_tap(text: str) -> Results | None:
    """Read TAP; None where nothing is counted, as in a text that only begins so.

    Raises:
        Unreadable: it holds fewer tests than it promised.
    """
    plans, points = _PLAN.findall(text), len(_POINT.findall(text))
    if len(plans) == 1 and points < int(plans[0]):
        raise Unreadable(f"it is cut off: it tells of {points} of {plans[0]} tests")
    runs = tuple(run for run in read_tests(text) if run.runner in ("tap", "node"))
    return Results(runs, first(map(_as_failed, _failures(text)))) if runs else None


def _failures(text: str) -> list[_Failure]:
    """The failed test points, but not those that only say that a test within them failed."""
    from tap.parser import Parser  # type: ignore[import-untyped]  # noqa: PLC0415  # costs start-up time

    # Line by line: for whole files it prints to standard output when an optional library is missing.
    parser = Parser()
    found: list[_Failure] = []
    current: _Failure | None = None
    red: list[int] = []  # the depths at which something failed in the tests that are still open, ascending
    for line in text.split("\n"):
        bare = line[:MAX_LINE].strip()
        if not _IS_POINT.match(bare):
            if current and bare and len(current.details) < MAX_DETAILS:
                current.details.append(line[:MAX_LINE])
            continue
        point = parser.parse_line(bare)
        depth = len(line) - len(line.lstrip())
        is_parent = False
        while red and red[-1] > depth:
            red.pop()
            is_parent = True
        current = None
        if point.ok or point.todo or point.skip:
            continue
        if not is_parent:
            current = _Failure(depth, _name(point.description, point.directive.text))
            found.append(current)
            if len(found) > MAX_TESTS:
                break
        if not red or red[-1] < depth:
            red.append(depth)
    return found


def _name(description: str, rest: str) -> str:
    """Put a name together again that has a # in it, as `issue #12` has: the parser takes it for a directive."""
    return (f"{description} #{rest}" if rest else description).removeprefix("- ")


def _as_failed(failure: _Failure) -> Failed:
    """What a YAML block calls its error or message, over its whole; other comments as they are."""
    told = ""
    for number, line in enumerate(failure.details):
        if found := _MESSAGE.match(line):
            told = found[1].strip("'\"")
            if _BLOCK.match(found[1]):
                told = "\n".join(_indented_below(failure.details, number))
            break
    whole = "\n".join(line.strip().removeprefix("# ") for line in failure.details if line.strip() not in ("---", "..."))
    return failed(failure.name, told or whole, trace=whole)


def _indented_below(lines: list[str], number: int) -> list[str]:
    indent = len(lines[number]) - len(lines[number].lstrip())
    below = takewhile(lambda line: len(line) - len(line.lstrip()) > indent, lines[number + 1 :])
    return [line.strip() for line in below]
