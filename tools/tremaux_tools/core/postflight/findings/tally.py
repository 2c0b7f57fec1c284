"""Count lines by what they tell of, and keep the first of each kind with its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.postflight.report import MAX_CONTEXT, MAX_LINE

NEIGHBOURS = 2  # lines shown before the first of its kind, and after it


@dataclass(slots=True)
class Group:
    """All lines of one kind."""

    line: int  #: of the first one, from 1
    text: str  #: the first one
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    count: int = 1

    @property
    def context(self) -> str:
        """The first one with its neighbours, at most `MAX_CONTEXT` characters."""
        neighbours = len(self.before) + len(self.after)
        room = (MAX_CONTEXT - len(self.text)) // neighbours - 1 if neighbours else 0
        shown = [[line[:room] for line in lines] for lines in (self.before, self.after)]
        return "\n".join((*shown[0], self.text, *shown[1]))


class Tally:
    """Counts of errors and of what was dismissed; bounded, as there are few types and reasons."""

    __slots__ = ("_open", "dismissed", "errors")

    def __init__(self) -> None:
        self.errors: dict[str, Group] = {}
        self.dismissed: dict[tuple[str, str], Group] = {}
        self._open: list[Group] = []  # whose neighbours are still to come

    def go_on(self, block: str) -> None:
        """See the next lines of the log, before they are counted."""
        for group in self._open:
            group.after = [*group.after, *_head(block)][:NEIGHBOURS]
        self._open = [group for group in self._open if len(group.after) < NEIGHBOURS]

    def dismiss(self, kind: str, reason: str, number: int, line: str) -> None:
        """Count a line that looks like an error of this kind and is none; `number` is its place in the log."""
        if group := self.dismissed.get((kind, reason)):
            group.count += 1
        else:
            self.dismissed[kind, reason] = Group(number, line.strip()[:MAX_LINE])

    def count(self, kind: str, number: int, before: Sequence[str], lines: Sequence[str], at: int) -> None:
        """Count one of the lines that follow the lines `before`."""
        if group := self.errors.get(kind):
            group.count += 1
            return
        above = [*before, *lines[max(0, at - NEIGHBOURS) : at]][-NEIGHBOURS:]
        after = lines[at + 1 : at + 1 + NEIGHBOURS]
        group = Group(number, lines[at][:MAX_LINE], above, after)
        self.errors[kind] = group
        if len(after) < NEIGHBOURS:
            self._open.append(group)


def _head(block: str) -> list[str]:
    return block.split("\n", NEIGHBOURS)[:NEIGHBOURS]
