"""What a parser found in a source file: definitions, doc strings and comments, as ranges of lines.

Lines are counted from 1; a range holds its first and its last line.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MAX_DEPTH = 50  # names in a path; a hostile file nests without end
_PARAMETERS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")  # of types: a name is asked for without them
_SEPARATOR = re.compile(r"\s*(?:::|->|[.:#])\s*")


@dataclass(frozen=True, slots=True)
class Lines:
    """A range of lines, from 1, its last line in it."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many there are."""
        return self.last - self.first + 1

    def meets(self, other: "Lines") -> bool:
        """Whether they have a line in common."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, a method, a class, a namespace ..."""

    name: str  #: as written, with its class where the language writes it there: `Cart::total`; empty without one
    lines: Lines
    body: Lines | None  #: the lines inside a function, without those of its signature and its end; None for a class
    is_value: bool = False  #: a function that was given a name by an assignment


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that shares its lines with nothing else."""

    lines: Lines
    is_block: bool  #: its last line ends it, so it cannot be left out


@dataclass(frozen=True, slots=True)
class Outline:
    """All that a skeleton is made from."""

    definitions: tuple[Definition, ...] = ()  #: as they begin, an outer one before those in it
    docs: tuple[Lines, ...] = ()  #: strings that are statements, as they document something
    comments: tuple[Comment, ...] = ()
    is_broken: bool = False  #: the parser met what it did not understand


def leave_out(outline: Outline, keep: Sequence[Lines]) -> list[Lines]:
    """The bodies that a skeleton does without, in order and apart from each other; none meets one of `keep`.

    A body that holds definitions is not one of them, else a file whose code is wrapped into one function would lose
    all. Assigned functions count only in a function without a name: it is a wrapper, while those in a named one
    are how that does its work.
    """
    named = sorted(d.lines.first for d in outline.definitions if d.name and not d.is_value)
    values = sorted(d.lines.first for d in outline.definitions if d.name and d.is_value)
    left: list[Lines] = []
    for definition in outline.definitions:
        body = definition.body
        if body is None or any(body.meets(lines) for lines in keep):
            continue
        if _begins_in(named, body) or (not definition.name and _begins_in(values, body)):
            continue
        if not left or body.first > left[-1].last:  # else it is in one that goes already
            left.append(body)
    return left


def find(outline: Outline, symbol: str) -> list[Lines]:
    """The definitions of that name. Its end is enough, so `total` finds `Cart.total`, and `Cart::total` does too."""
    asked = _path(symbol)
    return [lines for path, lines in _paths(outline.definitions) if asked and path[-len(asked) :] == asked]


def _paths(definitions: Iterable[Definition]) -> Iterator[tuple[tuple[str, ...], Lines]]:
    """Each named definition with its name and those of the ones around it."""
    around: list[tuple[tuple[str, ...], Lines]] = []
    for definition in definitions:
        lines = definition.lines
        while around and not (around[-1][1].first <= lines.first and lines.last <= around[-1][1].last):
            around.pop()
        path = ((around[-1][0] if around else ()) + _path(definition.name))[-MAX_DEPTH:]
        around.append((path, lines))
        if definition.name:
            yield path, lines


def _path(name: str) -> tuple[str, ...]:
    return tuple(part for part in _SEPARATOR.split(_PARAMETERS.sub("", name).strip().removesuffix("()")) if part)


def _begins_in(firsts: Sequence[int], lines: Lines) -> bool:
    at = bisect_left(firsts, lines.first)
    return at < len(firsts) and firsts[at] <= lines.last
