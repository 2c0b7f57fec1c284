"""Make tickets of what is handed over: give each an id, and see what it waits for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from tremaux_tools.core.tickets.lifecycle import Status, open_status
from tremaux_tools.core.tickets.profiles import SHELL
from tremaux_tools.core.tickets.ticket import NewTicket, Ticket
from tremaux_tools.errors import BadArgument
from tremaux_tools.store.tickets import Node

AUTO_PREFIX = "T-"
ENDED_BADLY: Mapping[Status, str] = {"failed": "has failed", "cancelled": "was cancelled"}
_TAKEN = tuple(
    field.name for field in fields(NewTicket) if field.name not in ("id", "depends_on", "runner")
)  # as they are handed over


@dataclass(frozen=True, slots=True)
class Site:
    """Where and when tickets are created."""

    project: str
    root: str
    at: float  #: Unix seconds


def named(new: Sequence[NewTicket], known: Mapping[str, Node]) -> list[NewTicket]:
    """The tickets with ids for those that came without."""
    taken = {name.casefold() for name in (*known, *(each.id for each in new)) if name}
    number = len(known)
    result = []
    for each in new:
        if each.id is not None:
            result.append(each)
            continue
        number += 1
        while f"{AUTO_PREFIX}{number}".casefold() in taken:
            number += 1
        result.append(replace(each, id=f"{AUTO_PREFIX}{number}"))
    return result


def check_needed(new: Sequence[NewTicket], known: Mapping[str, Node]) -> None:
    """Do nothing unless a ticket needs one that has ended, but not well.

    Raises:
        BadArgument: it would wait for ever.
    """
    for each in new:
        for need in each.depends_on:
            if need in known and known[need].status in ENDED_BADLY:
                raise BadArgument(
                    f"ticket {each.id!r} needs {need!r}, which {ENDED_BADLY[known[need].status]}",
                    f"Decide `retry` for {need!r} first, or leave it out of depends_on.",
                )


def created(
    new: Sequence[NewTicket], site: Site, statuses: Mapping[str, Status], *, first_id: int, **more: Any
) -> list[Ticket]:
    """The tickets, each `ready`, or waiting for those it needs and are not completed, or for an approval.

    `statuses` tells how all stand that may be needed; one that is not in it is new. `more` are fields of all.
    """
    result = []
    for number, each in enumerate(new, first_id):
        needed = tuple(dict.fromkeys(each.depends_on))
        waiting = sum(statuses.get(need) != "completed" for need in needed)
        needs_approval = each.step_mode and more.get("approved_at") is None
        result.append(
            Ticket(
                ticket_id=number,
                project=site.project,
                root=site.root,
                name=each.id or "",
                status=open_status(has_open_dependencies=waiting > 0, needs_approval=needs_approval),
                depends_on=needed,
                waiting=waiting,
                runner=each.runner or SHELL,
                created_at=site.at,
                **{name: getattr(each, name) for name in _TAKEN},
                **more,
            )
        )
    return result
