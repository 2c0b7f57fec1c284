"""A part of a log that several readers look at, and which of many short literals its lines may have.

The lines of a log differ in their digits most of all, and they come again, in it and in the log of the next run. So
whatever can be told of a line without its digits is worked out once for each shape of line, and remembered.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

# The characters of logs, from the most common on; what is not among them is rarer still.
_COMMON = b" etaoinsrldcumpfgh:/.0-_bvywkEITNOARSDFLCPMWGBHUxqjz,="
_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_ZERO_OR_NOT = bytes.maketrans(b"23456789", b"11111111")
_MAX_KNOWN = 1 << 21  # bytes of shapes that are remembered
_ENTRY = 64  # bytes that one of them takes beside its own

_T = TypeVar("_T")


def _shape(text: str) -> bytes:
    return text.encode("utf-8", "replace").translate(_ALIKE)


def likeness(line: str) -> bytes:
    """Return what lines have in common that differ in no more than digits which are not 0.

    What a line says hangs on whether a number is zero, and hardly on anything else of it.
    """
    return line.encode("utf-8", "surrogatepass").translate(_ZERO_OR_NOT)


class Block:
    """Whole lines of a log, without the end of the last one."""

    __slots__ = ("_lines", "shapes", "text", "variety")

    def __init__(self, text: str) -> None:
        self.text = text
        self.shapes = _shape(text).split(b"\n")  #: of its lines in their order: UTF-8, each digit a 0
        self.variety = frozenset(self.shapes)
        self._lines: Sequence[str] = ()

    @property
    def lines(self) -> Sequence[str]:
        """Its lines in their order; few blocks are asked for them."""
        self._lines = self._lines or self.text.split("\n")
        return self._lines


class ByShape(ABC, Generic[_T]):
    """Something that the shape of a line tells, remembered in bounded memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, _T] = {}
        self._size = 0

    def of(self, shapes: Collection[bytes]) -> Mapping[bytes, _T]:
        """Return what is known of shapes, of these and maybe of others."""
        known = self._memory()
        if new := [shape for shape in shapes if shape not in known]:
            known.update(zip(new, self._tell(new), strict=True))
            self._size += sum(map(len, new)) + _ENTRY * len(new)
        return known

    def _memory(self) -> dict[bytes, _T]:
        if self._size > _MAX_KNOWN:  # another thread may be reading it, so it is not emptied
            self._known, self._size = {}, 0
        return self._known

    def of_line(self, line: str) -> _T:
        """Return what is known of the shape of one line."""
        shape = _shape(line)
        return self.of((shape,))[shape]

    @abstractmethod
    def _tell(self, shapes: Sequence[bytes]) -> Iterable[_T]:
        """Work it out for each of these shapes, in their order."""


class Literals(ByShape[tuple[str, ...]]):
    """Which literals of a fixed set a line of some shape may have: all that it has, at least.

    A literal that begins with a line end stands at a line's beginning. With `folded`, all are in lower case, and the
    case of a line is ignored.

    To look for one character is 50 times cheaper than to look for a word, so no literal is looked for in a text
    without its rarest character, and none in a text without the shorter literal that is a part of it.
    """

    def __init__(self, literals: Iterable[str], *, folded: bool = False) -> None:
        super().__init__()
        self._folded = folded
        # literal, its shape, the rarest character and a part of that; parts come first
        self._entries: list[tuple[str, bytes, int, bytes]] = []
        for literal in sorted(set(literals), key=lambda literal: (len(literal), literal)):
            shape = _shape(literal)
            part = next((shorter for _, shorter, _, _ in reversed(self._entries) if shorter in shape), b"")
            self._entries.append((literal, shape, _rarest(shape), part))
        self._characters = {character for _, _, character, _ in self._entries}

    def present_in(self, shapes: Collection[bytes]) -> set[str]:
        """Return the literals that lines of these shapes may have; only lines that have none are remembered."""
        known = self._memory()
        new = [shape for shape in shapes if shape not in known]
        told = dict(zip(new, self._tell(new), strict=True))
        idle = {shape: literals for shape, literals in told.items() if not literals}
        known.update(idle)
        self._size += sum(map(len, idle)) + _ENTRY * len(idle)
        return set().union(*told.values())

    def _tell(self, shapes: Sequence[bytes]) -> Iterable[tuple[str, ...]]:
        joined = self._joined(shapes)
        present = self._present_in(joined)
        if not present:
            return [()] * len(shapes)
        lines = [b"\n" + line for line in joined[1:].split(b"\n")]
        return [tuple([literal for literal, shape in present if shape in line]) for line in lines]

    def _joined(self, shapes: Iterable[bytes]) -> bytes:
        joined = b"\n" + b"\n".join(shapes)
        if not self._folded:
            return joined
        return joined.lower() if joined.isascii() else joined.decode().lower().encode()

    def _present_in(self, text: bytes) -> list[tuple[str, bytes]]:
        characters = {character for character in self._characters if character in text}
        found = {b""}
        present = []
        for literal, shape, character, part in self._entries:
            if character in characters and part in found and shape in text:
                found.add(shape)
                present.append((literal, shape))
        return present


def _rarest(shape: bytes) -> int:
    return max(shape.lstrip(b"\n"), key=lambda character: _COMMON.find(character) % (len(_COMMON) + 1))
