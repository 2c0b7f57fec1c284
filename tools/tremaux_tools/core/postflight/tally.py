"""Count lines by what they tell of, and keep the first of each with its neighbours."""

from dataclasses import dataclass, field

from tremaux_tools.core.postflight.report import MAX_CONTEXT, MAX_LINE

NEIGHBOURS = 2  # lines shown before the first of its kind, and after it
_MAX_NEIGHBOUR = (MAX_CONTEXT - MAX_LINE) // (2 * NEIGHBOURS) - 1  # characters, with its line end


@dataclass(slots=True)
class Group:
    """All lines of one kind."""

    line: int  #: of the first one, from 1
    text: str  #: the first one
    before: tuple[str, ...]
    after: list[str] = field(default_factory=list)
    count: int = 1

    @property
    def context(self) -> str:
        """The first one with its neighbours, at most `MAX_CONTEXT` characters."""
        return "\n".join((*self.before, self.text, *self.after))


class Tally:
    """Counts of errors and of what was dismissed; bounded, as there are few types and reasons."""

    __slots__ = ("_open", "dismissed", "errors")

    def __init__(self) -> None:
        self.errors: dict[str, Group] = {}
        self.dismissed: dict[tuple[str, str], Group] = {}
        self._open: list[Group] = []  # whose neighbours are still to come

    @property
    def is_waiting(self) -> bool:
        """Whether the next line is a neighbour of one that was kept."""
        return bool(self._open)

    def go_on(self, line: str) -> None:
        """See the next line of the log."""
        for group in self._open:
            group.after.append(line[:_MAX_NEIGHBOUR])
        self._open = [group for group in self._open if len(group.after) < NEIGHBOURS]

    def add(self, kind: str, reason: str, number: int, lines: list[str], at: int) -> None:
        """Count the line at `at`, dismissed if there is a reason; `number` is its place in the log."""
        if reason:
            if group := self.dismissed.get((kind, reason)):
                group.count += 1
            else:
                self.dismissed[kind, reason] = Group(number, lines[at].strip()[:MAX_LINE], ())
        elif group := self.errors.get(kind):
            group.count += 1
        else:
            before = tuple(line[:_MAX_NEIGHBOUR] for line in lines[max(0, at - NEIGHBOURS) : at])
            self.errors[kind] = Group(number, lines[at][:MAX_LINE], before)
            self._open.append(self.errors[kind])
