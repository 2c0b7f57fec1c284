"""Find the few lines of a block that have one of many short literals, at the cost of a few searches."""

import string
from collections.abc import Iterable

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_ONE_DIGIT = bytes.maketrans(b"123456789", b"000000000")


def lower(text: str) -> str:
    """Lower a text and keep every character's place."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_LOWER)


def vocabulary_of(lowered: str) -> bytes:
    """Return the different words of a text in no order, each digit a 0."""
    return b" ".join(set(lowered.encode("utf-8", "replace").translate(_ONE_DIGIT).split()))


class Hints:
    """A fixed set of literals in lower case; one that begins with a line end stands at a line's beginning.

    They are looked for among the different words of a block first: a log has few, once its digits are all alike.
    """

    __slots__ = ("_words",)

    def __init__(self, literals: Iterable[str]) -> None:
        longest = {literal: max(literal.split(), key=len) for literal in literals}
        self._words = [(literal, word.encode().translate(_ONE_DIGIT)) for literal, word in sorted(longest.items())]

    def present_in(self, vocabulary: bytes) -> list[str]:
        """Return the literals that may occur in a text of this vocabulary, and all that do."""
        return [literal for literal, word in self._words if word in vocabulary]


def lines_with(literals: Iterable[str], text: str) -> list[tuple[int, int]]:
    """Where the lines that hold one of the literals begin and end, in order; the text begins with a line end."""
    found = set()
    for literal in literals:
        skipped = literal[0] == "\n"
        at = text.find(literal)
        while at >= 0:
            end = text.find("\n", at + skipped)
            if end < 0:
                end = len(text)
            found.add((text.rfind("\n", 0, at + skipped) + 1, end))
            at = text.find(literal, end)
    return sorted(found)
