"""The graph of tickets: what may be added to it, what decides its end, and what comes first.

A graph is a mapping from a ticket's id to the ids it needs; all of it is walked without recursion, since chains are as
long as graphs are large.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from tremaux_tools.core.tickets.lifecycle import ENDED, Status
from tremaux_tools.core.tickets.ticket import NewTicket
from tremaux_tools.errors import BadArgument

AGING = 3_600.0  # seconds; as long as a run may take by default
MAX_PATH = 12  # tickets of a circle named in a message
_SHOWN_ID = 64  # characters


def check_new(new: Sequence[NewTicket], known: Mapping[str, Sequence[str]]) -> None:
    """Check that tickets can be added to those that are `known` with what they need.

    Raises:
        BadArgument: an id is used twice, a dependency is unknown, or tickets need each other in a circle.
    """
    needs: dict[str, Sequence[str]] = dict(known)
    for ticket in new:
        if ticket.id is None:
            continue
        if ticket.id in needs:
            raise BadArgument(
                f"the id {_shown(ticket.id)} is {'taken' if ticket.id in known else 'used twice in the list'}",
                "Give each ticket of a project an id of its own, or none.",
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
    """A shortest circle through one of the tickets that are on one, its first ticket once more at the end; () for none.

    The same graph in the same order gives the same circle. Needed tickets that are no key need nothing.
    """
    left = dict.fromkeys(needs)
    for name in _in_order(needs):
        del left[name]
    if not left:
        return ()
    # Each one left needs another one that is left, so walking along leads into a circle.
    seen: set[str] = set()
    start = next(iter(left))
    while start not in seen:
        seen.add(start)
        start = next(need for need in needs[start] if need in left)
    came_from = {need: start for need in reversed(needs[start]) if need in left}
    queue = deque(dict.fromkeys(need for need in needs[start] if need in left))
    while start not in came_from:
        name = queue.popleft()
        for need in needs[name]:
            if need in left and need not in came_from:
                came_from[need] = name
                queue.append(need)
    path = [start, came_from[start]]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def critical_path(
    statuses: Mapping[str, Status], needs: Mapping[str, Sequence[str]], *, seconds: Mapping[str, float] | None = None
) -> tuple[str, ...]:
    """The longest chain of tickets that have not ended, in the order they are run: no graph is done before its chain.

    Args:
        statuses: All tickets; their order decides between chains of the same length.
        needs: What each one needs.
        seconds: How long tickets are expected to take. One that is not in it takes the mean of the others.
    """
    known = seconds or {}
    usual = fmean(known.values()) if known else 1.0
    left = {name: needs.get(name, ()) for name, status in statuses.items() if status not in ENDED}
    length: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for name in _in_order(left):
        longest = max((need for need in left[name] if need in length), key=length.__getitem__, default=None)
        before[name] = longest
        length[name] = known.get(name, usual) + (length[longest] if longest is not None else 0.0)
    path = []
    at = max(length, key=length.__getitem__, default=None)
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


def _in_order(needs: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The tickets that neither are in nor need a circle, each behind all that it needs (Kahn 1962)."""
    waiting = {name: sum(need in needs for need in wanted) for name, wanted in needs.items()}
    followers: dict[str, list[str]] = {}
    for name, wanted in needs.items():
        for need in wanted:
            followers.setdefault(need, []).append(name)
    free = deque(name for name, count in waiting.items() if not count)
    while free:
        yield (name := free.popleft())
        for follower in followers.get(name, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                free.append(follower)


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
