"""Find out which of many short literals may occur in a text, when most of them do not."""

from collections.abc import Iterable

# The characters of logs, from the most common on; what is not among them is rarer still.
_COMMON = b" etaoinsrldcumpfgh:/.0-_bvywkEITNOARSDFLCPMWGBHUxqjz,="
_ONE_DIGIT = bytes.maketrans(b"123456789", b"000000000")


def _shape(text: str) -> bytes:
    return text.encode("ascii", "replace").translate(_ONE_DIGIT)


def shapes_of(block: str) -> bytes:
    """Return the different lines of a block in no order, each digit a 0 and what is not ASCII a question mark.

    Lines of a log differ in their numbers most of all, so there is far less to search than the block.
    """
    return b"\n".join(set(_shape(block).split(b"\n")))


def _rarest(shape: bytes) -> int:
    return max(shape, key=lambda character: _COMMON.find(character) % (len(_COMMON) + 1))


class Literals:
    """A fixed set of literals.

    To look for one character is 50 times cheaper than to look for a word, so no literal is looked for in a text
    without its rarest character, and none in a text without the shorter literal that is a part of it.
    """

    __slots__ = ("_characters", "_entries")

    def __init__(self, literals: Iterable[str]) -> None:
        # literal, its shape, the rarest character and a part of that; parts come first
        self._entries: list[tuple[str, bytes, int, bytes]] = []
        for literal in sorted(set(literals), key=lambda literal: (len(literal), literal)):
            shape = _shape(literal)
            part = next((shorter for _, shorter, _, _ in reversed(self._entries) if shorter in shape), b"")
            self._entries.append((literal, shape, _rarest(shape), part))
        self._characters = {character for _, _, character, _ in self._entries}

    def present_in(self, shapes: bytes) -> list[str]:
        """Return the literals that may occur in a block of these shapes, and all that do."""
        characters = {character for character in self._characters if character in shapes}
        found = {b""}
        present = []
        for literal, shape, character, part in self._entries:
            if character in characters and part in found and shape in shapes:
                found.add(shape)
                present.append(literal)
        return present
