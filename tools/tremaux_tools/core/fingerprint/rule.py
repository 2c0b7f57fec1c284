"""The form in which it is written down what a line of a log states."""

import re
from dataclasses import dataclass
from enum import Enum


class Near(Enum):
    """Which neighbour of a line completes what the line says."""

    NOTHING = "nothing"
    HEADING = "heading"  #: the last line that was not indented, for example the file that eslint complains about
    BEFORE = "before"  #: the last line that was not blank, for example the message that rustc locates
    ABOVE = "above"  #: the same line, but as a detail of its own


@dataclass(frozen=True, slots=True)
class Rule:
    """One shape of line that states a fact about a failure.

    The fact is what the groups of the pattern caught, joined by a space.
    """

    kind: str  #: of the fact; see `kinds.py`
    hints: tuple[str, ...]  #: literals of which every such line has one: 20 times cheaper to look for
    pattern: re.Pattern[str]  #: matched at the start of the line
    unless: re.Pattern[str] | None = None  #: searched in the line; what looks alike but states nothing
    goes_on: int = 0  #: how many further lines that are not blank say the same fact's details
    near: Near = Near.NOTHING

    def text(self, line: str) -> str | None:
        """Return what a line states, None if nothing."""
        match = self.pattern.match(line)
        if match is None:
            return None
        if self.unless is not None and self.unless.search(line):
            return None
        return " ".join(part for part in match.groups() if part)


def rule(
    kind: str,
    hints: str | tuple[str, ...],
    pattern: str,
    *,
    unless: str | None = None,
    goes_on: int = 0,
    near: Near = Near.NOTHING,
) -> Rule:
    """Write a rule down briefly."""
    return Rule(
        kind,
        (hints,) if isinstance(hints, str) else hints,
        re.compile(pattern),
        re.compile(unless) if unless else None,
        goes_on,
        near,
    )
