"""The graph of tickets: what may be added to it, what decides its end, what comes first, and how it looks.

A graph is a mapping from a ticket's id to the ids it needs; all of it is walked without recursion, since chains are as
long as graphs are large.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from tremaux_tools.core.tickets.lifecycle import ENDED, Status
from tremaux_tools.core.tickets.ticket import NewTicket, Ticket
from tremaux_tools.errors import BadArgument

AGING = 3_600.0  # seconds; as long as a run may take by default
MAX_PATH = 12  # tickets of a circle named in a message
MAX_TITLE = 30  # characters of a description in a drawing
ARROWS_PER_TICKET = 3  # in a drawing, on average; with more of them nobody sees anything
_SHOWN_ID = 64  # characters
_PLAIN = frozenset(" .,:-/_+=()!?'")  # means nothing to Mermaid, nor to HTML
# In the order in which a drawing that is too small for all keeps them.
_COLOURS: Mapping[Status, str] = {
    "in_progress": "#6af",
    "awaiting_approval": "#fd9",
    "blocked": "#fb7",
    "failed": "#f88",
    "ready": "#bdf",
    "todo": "#eee",
    "completed": "#9d9",
    "cancelled": "#bbb",
}


def check_new(new: Sequence[NewTicket], known: Mapping[str, Sequence[str]]) -> None:
    """Check that tickets can be added to those that are `known`, by id and with what each of them needs.

    Raises:
        BadArgument: an id is used twice, or differs from another by case alone; a dependency is unknown, or tickets
            need each other in a circle.
    """
    needs: dict[str, Sequence[str]] = dict(known)
    folded = {name.casefold(): name for name in known}
    for ticket in new:
        if ticket.id is None:
            continue
        if ticket.id in needs:
            raise BadArgument(
                f"the id {_shown(ticket.id)} is {'taken' if ticket.id in known else 'used twice in the list'}",
                "Give each ticket of a project an id of its own, or none.",
            )
        # Where the file system does not tell them apart, both would work on one branch.
        if (other := folded.setdefault(ticket.id.casefold(), ticket.id)) != ticket.id:
            raise BadArgument(
                f"the ids {_shown(ticket.id)} and {_shown(other)} differ by case alone", "Name one of them otherwise."
            )
        needs[ticket.id] = ticket.depends_on
    for ticket in new:
        for need in ticket.depends_on:
            if need not in needs:
                raise BadArgument(
                    f"{_named(ticket)} depends on {_shown(need)}, which is unknown",
                    "Add that ticket first, or in the same list; list_tickets shows those that are there.",
                )
    if circle := find_cycle(needs):
        what = "a ticket needs itself" if circle[0] == circle[1] else "tickets need each other in a circle"
        raise BadArgument(
            f"{what}: {_path(circle)}",
            "Each arrow points at what has to be completed first: leave out one of these dependencies.",
        )


def find_cycle(needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A circle, its first ticket once more at the end, and none shorter through that one; () for none.

    The same graph in the same order gives the same circle. A ticket that is no key needs nothing.
    """
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        found = set(error.args[1])
    else:
        return ()
    start = next(name for name in needs if name in found)
    came_from: dict[str, str] = {}
    queue = deque([start])
    while start not in came_from:
        name = queue.popleft()
        for need in needs.get(name, ()):
            if need not in came_from:
                came_from[need] = name
                queue.append(need)
    path = [start, came_from[start]]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def critical_path(statuses: Mapping[str, Status], needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The longest chain of tickets that have not ended, in the order they are run: no graph is done before its chain.

    Args:
        statuses: All tickets; their order decides between chains of the same length.
        needs: What each one needs; without circles.
    """
    is_open = {name: status not in ENDED for name, status in statuses.items()}
    left = {name: [need for need in needs.get(name, ()) if is_open.get(need)] for name in statuses if is_open[name]}
    length: dict[str, int] = {}
    before: dict[str, str | None] = {}
    for name in TopologicalSorter(left).static_order():
        longest = max(left[name], key=length.__getitem__, default=None)
        before[name] = longest
        length[name] = 1 + (length[longest] if longest is not None else 0)
    path = []
    at = max(left, key=length.__getitem__, default=None)
    while at is not None:
        path.append(at)
        at = before[at]
    return tuple(reversed(path))


def rank(priority: int, since: float) -> float:
    """Where a ticket stands among those that are ready; the lowest is run first. `since`: Unix seconds it waits from.

    A ticket that has waited for `AGING` seconds counts as one priority more urgent, so none waits for ever. As all
    grow older at the same pace the rank never changes, and an index can hold it.
    """
    return since + priority * AGING


def draw(tickets: Sequence[Ticket], *, limit: int) -> str:
    """Tickets as a Mermaid flowchart of at most `limit` of them; an arrow leads to the one that waits.

    Where there are more, those are drawn that go on or wait for somebody, then those that come next, and it says how
    many are left out. Whatever a description holds, its label is nothing but text.
    """
    order = {status: at for at, status in enumerate(_COLOURS)}
    first = sorted(range(len(tickets)), key=lambda at: order[tickets[at].status])[:limit]
    drawn = [tickets[at] for at in sorted(first)]
    numbers = {ticket.name: f"t{at}" for at, ticket in enumerate(drawn)}
    arrows = [
        f"  {numbers[need]} --> {numbers[ticket.name]}"
        for ticket in drawn
        for need in ticket.depends_on
        if need in numbers
    ]
    kept = arrows[: limit * ARROWS_PER_TICKET]
    lines = ["graph TD"]
    lines += [f'  {numbers[ticket.name]}["{_label(ticket)}"]:::{ticket.status}' for ticket in drawn]
    lines += kept
    if left_out := len(tickets) - len(drawn):
        lines.append(f'  more["{left_out:,} more not drawn"]')
    if left_out := len(arrows) - len(kept):
        lines.append(f'  arrows["{left_out:,} more arrows not drawn"]')
    shown = {ticket.status for ticket in drawn}
    lines += [f"  classDef {status} fill:{colour},color:#000" for status, colour in _COLOURS.items() if status in shown]
    return "\n".join(lines)


def _label(ticket: Ticket) -> str:
    words = " ".join(ticket.description.split())
    title = words if len(words) <= MAX_TITLE else f"{words[: MAX_TITLE - 3]}..."
    text = f"{ticket.name}: {title}" if title else ticket.name
    return "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in text)


def _path(circle: Sequence[str]) -> str:
    names = [name[:_SHOWN_ID] for name in circle]
    if len(names) > MAX_PATH:
        half = MAX_PATH // 2
        names = [*names[:half], f"({len(names) - 2 * half:,} more)", *names[-half:]]
    return " -> ".join(names)


def _named(ticket: NewTicket) -> str:
    return "a ticket without an id" if ticket.id is None else f"ticket {_shown(ticket.id)}"


def _shown(name: str) -> str:
    return repr(name[:_SHOWN_ID])
