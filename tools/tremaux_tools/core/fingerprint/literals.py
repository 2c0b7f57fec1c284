"""Find out which of many short literals occur in a text, when most of them do not."""

from collections.abc import Iterable

# The characters of logs, from the most common on; what is not among them is rarer still.
_COMMON = " etaoinsrldcumpfgh:/.0123456789-_bvywkEITNOARSDFLCPMWGBHUxqjz,="
_ONE_DIGIT = str.maketrans("123456789", "000000000")


def shapes_of(block: str) -> str:
    """Return the different lines of a block, digits as 0 if it is ASCII, in no order.

    Lines of a log differ in their numbers most of all, so there is far less to search; a literal without a
    digit from 1 to 9 occurs in the shapes just when it occurs in the block.
    """
    if block.isascii():  # anything else is translated 50 times more slowly
        block = block.translate(_ONE_DIGIT)
    return "\n".join(set(block.split("\n")))


def _rarest(literal: str) -> str:
    return max(literal, key=lambda character: _COMMON.find(character) % (len(_COMMON) + 1))


class Literals:
    """A fixed set of literals.

    To look for one character is 50 times cheaper than to look for a word, so no literal is looked for in a text
    without its rarest character, and none in a text without the shorter literal that is a part of it.
    """

    __slots__ = ("_characters", "_entries")

    def __init__(self, literals: Iterable[str]) -> None:
        self._entries: list[tuple[str, str, str]] = []  # literal, its rarest character, its part; parts come first
        for literal in sorted(set(literals), key=lambda literal: (len(literal), literal)):
            part = next((shorter for shorter, _, _ in reversed(self._entries) if shorter in literal), "")
            self._entries.append((literal, _rarest(literal), part))
        self._characters = {character for _, character, _ in self._entries}

    def present_in(self, text: str) -> list[str]:
        """Return the literals that occur in the text, the shortest first."""
        characters = {character for character in self._characters if character in text}
        present = {"": True}
        for literal, character, part in self._entries:
            if character in characters and part in present and literal in text:
                present[literal] = True
        return list(present)[1:]
