"""Find out which of many short literals occur in a text, when most of them do not."""

from collections.abc import Iterable

# The characters of logs, from the most common on; what is not among them is rarer still.
_COMMON = " etaoinsrldcumpfgh:/.bvyw012-3456789_kITEqxjz"


def _rarest(literal: str) -> str:
    return max(literal, key=lambda character: _COMMON.find(character) % (len(_COMMON) + 1))


class Literals:
    """A fixed set of literals.

    To look for one character is 50 times cheaper than to look for a word, so no literal is looked for in a text
    without its rarest character, and none in a text without a shorter literal that it contains.
    """

    __slots__ = ("_by_character",)

    def __init__(self, literals: Iterable[str]) -> None:
        self._by_character: dict[str, dict[str, list[str]]] = {}
        known: list[str] = []  # those that contain no other, the longest first
        for literal in sorted(set(literals), key=lambda literal: (len(literal), literal)):
            root = next((short for short in known if short in literal), literal)
            roots = self._by_character.setdefault(_rarest(root), {})
            if root is literal:
                known.insert(0, literal)
                roots[literal] = []
            else:
                roots[root].append(literal)

    def present_in(self, text: str) -> list[str]:
        """Return the literals that occur in the text, in an order of their own."""
        present = []
        for character, roots in self._by_character.items():
            if character in text:
                for root, longer in roots.items():
                    if root in text:
                        present.append(root)
                        present += [literal for literal in longer if literal in text]
        return present
