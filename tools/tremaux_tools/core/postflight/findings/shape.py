"""Search lines for an alternation without trying each alternative at each place.

Python's engine has one fast path: to skip to the first characters of what it seeks. An anchor, a boundary in
front or a folded case take it away, so anchored alternatives are matched apart, a boundary is checked behind
the first letter, and a shape that ignores case is sought in the lowered line.
"""

import re
from collections.abc import Iterator

_BOUNDED = re.compile(r"\\b([A-Za-z])")


class Shape:
    """An alternation; with `folded`, written in lower case, the case of a line is ignored."""

    __slots__ = ("_anywhere", "_at_start", "_folded")

    def __init__(self, pattern: str, *, folded: bool = False) -> None:
        alternatives = list(_alternatives(pattern))
        self._at_start = _compiled([part for part in alternatives if part.startswith("^")])
        self._anywhere = _compiled(
            [
                _BOUNDED.sub(r"\1(?<!\\w\1)", part, count=1) if part.startswith(r"\b") else part
                for part in alternatives
                if not part.startswith("^")
            ]
        )
        self._folded = folded

    def is_in(self, line: str, lowered: str) -> bool:
        """Tell whether one of the alternatives is in the line, of which `lowered` is the lower case."""
        text = lowered if self._folded else line
        if self._at_start is not None and self._at_start.match(text):
            return True
        return self._anywhere is not None and self._anywhere.search(text) is not None


def _compiled(alternatives: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(alternatives)) if alternatives else None


def _alternatives(pattern: str) -> Iterator[str]:
    """Split a pattern at the bars that stand in no group or class."""
    depth = start = 0
    for token in re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", pattern):
        if token[0] == "(":
            depth += 1
        elif token[0] == ")":
            depth -= 1
        elif token[0] == "|" and not depth:
            yield pattern[start : token.start()]
            start = token.end()
    yield pattern[start:]
