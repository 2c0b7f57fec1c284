"""What the ticket service answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.context import ContextPart
from tremaux_tools.core.tickets.lifecycle import Status
from tremaux_tools.core.tickets.ticket import Run, Ticket, TicketEvent


@dataclass(frozen=True, slots=True)
class Spawned:
    """Tickets that were created."""

    tickets: list[Ticket]
    ready: list[str]
    blocked: list[str]  #: wait for others, or for an approval


@dataclass(frozen=True, slots=True)
class Listed:
    """Tickets of a project."""

    tickets: list[Ticket]
    counts: dict[Status, int]
    critical_path: tuple[str, ...]  #: the longest chain of what is not done, the first to be done first
    total: int


@dataclass(frozen=True, slots=True)
class History:
    """What became of a ticket so far."""

    runs: list[Run]
    events: list[TicketEvent]
    parts: list[ContextPart]  #: of its context


@dataclass(frozen=True, slots=True)
class Waited:
    """Tickets that were waited for, as they stand."""

    tickets: list[Ticket]
    is_done: bool
    awaiting: list[str]  #: those of them that wait for a person's approval


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge."""

    ticket: Ticket
    commit: str  #: empty where there were conflicts
    files: int  #: how many the merge changed
    conflicts: Sequence[str]  #: files that both sides changed; nothing was merged then
