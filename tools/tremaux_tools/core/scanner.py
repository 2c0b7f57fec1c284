"""Search a line for an alternation of words, at the cost of a few substring tests.

Python tries an alternation at every place of a line, a microsecond each. Nearly all lines of an output
have none of its words, which `in` finds out fifty times faster.
"""

import re
from collections.abc import Sequence


class Scanner:
    """A pattern, case ignored, with its marks: lower-case texts of which each match holds at least one."""

    __slots__ = ("_marks", "_pattern")

    def __init__(self, pattern: str, *, marks: Sequence[str]) -> None:
        self._pattern = re.compile(pattern, re.IGNORECASE)
        self._marks = tuple(marks)

    def is_in(self, line: str) -> bool:
        """Tell whether the pattern matches somewhere in `line`."""
        lowered = line.lower()
        for mark in self._marks:
            if mark in lowered:
                return self._pattern.search(line) is not None
        return False
