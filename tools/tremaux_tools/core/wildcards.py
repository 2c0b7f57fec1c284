"""Match lines against the patterns of a project's settings, in linear time.

A project may be a clone of anything, so its patterns are not to be trusted with a regular expression: one
that backtracks would hang the server. Here `*` stands for any text and all else for itself.
"""

import re
from dataclasses import dataclass

MAX_PATTERNS = 20
MAX_PATTERN_CHARS = 200
VALUE = "{value}"  # marks the number in the pattern of a metric

_NUMBER = re.compile(r"[-+]?\d{1,30}(?:\.\d{1,30})?")


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that says nothing or is too long, with ValueError."""
    if not pattern.strip("* "):
        raise ValueError(f"{pattern!r} matches every line; give it some text besides *")
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"pattern {pattern[:20]!r}... is longer than {MAX_PATTERN_CHARS} characters")


def is_in(pattern: str, line: str) -> bool:
    """Tell whether `pattern` matches anywhere in `line`; case counts."""
    return _end_of(pattern, line) is not None


def _end_of(pattern: str, line: str) -> int | None:
    """Return where the earliest match ends; None without one.

    Taking each piece at its first place leaves the most room for the next, so nothing is tried twice.
    """
    end = 0
    for piece in pattern.split("*"):
        place = line.find(piece, end)
        if place < 0:
            return None
        end = place + len(piece)
    return end


@dataclass(frozen=True, slots=True)
class ValuePattern:
    """Text with one `{value}` where the number stands: `p95: {value} ms`."""

    before: str  #: pattern of what precedes the number
    after: str

    @classmethod
    def parse(cls, pattern: str) -> "ValuePattern":
        """Read a pattern.

        Raises:
            ValueError: there is not exactly one `{value}`, no other text, or too much of it.
        """
        if pattern.count(VALUE) != 1:
            raise ValueError(f"{pattern!r} must hold {VALUE} exactly once, where the number stands")
        check_pattern(pattern.replace(VALUE, ""))
        before, _, after = pattern.partition(VALUE)
        return cls(before, after)

    def value_in(self, line: str) -> float | None:
        """Return the first number of `line` that has the right text before and after it."""
        start = _end_of(self.before, line)
        if start is None:
            return None
        *_, near_before = self.before.split("*")
        near_after, *far_after = self.after.split("*")
        for number in _NUMBER.finditer(line, start):
            if not line.endswith(near_before, 0, number.start()) or not line.startswith(near_after, number.end()):
                continue
            rest = number.end() + len(near_after)
            # What is missing after this number is missing after every later one.
            return float(number.group()) if is_in("*".join(far_after), line[rest:]) else None
        return None
