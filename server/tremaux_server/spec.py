"""A ticket as a caller hands it over: its fields by name, of the right types. What they may hold the core checks."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from tremaux_server.fields import read_fields, unpacked
from tremaux_tools.core.tickets.ticket import (
    DEFAULT_PRIORITY,
    DEFAULT_RETRIES,
    NewTicket,
    PlaceName,
)
from tremaux_tools.errors import BadArgument, PlaceUnavailable

_LISTS = frozenset({"depends_on", "context_files", "target_symbols"})


class TicketSpec(BaseModel):
    """The fields of a ticket by the names that agents know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    id: str | None = None
    depends_on: list[str] = []
    priority: int = DEFAULT_PRIORITY
    runner: str | None = None
    command: str | None = None
    place: PlaceName = "tmux"
    image: str | None = None
    step_mode: bool = False
    context_files: list[str] = []
    target_file: str | None = None
    target_symbols: list[str] = []
    max_retries: int = DEFAULT_RETRIES
    timeout_s: float | None = None
    worktree: bool = True
    budget_tokens: int | None = None
    budget_cost_usd: float | None = None
    goal: str | None = None

    def ticket(self) -> NewTicket:
        """The ticket that the service takes.

        Raises:
            PlaceUnavailable: it is to run in a cluster.
        """
        if self.place == "cluster":
            raise PlaceUnavailable(
                "place 'cluster' cannot be used: no cluster is configured", "Use tmux, docker or process."
            )
        return NewTicket(
            description=self.description,
            id=self.id,
            depends_on=tuple(self.depends_on),
            priority=self.priority,
            runner=self.runner,
            command=self.command,
            place=self.place,
            image=self.image,
            step_mode=self.step_mode,
            context_files=tuple(self.context_files),
            target_file=self.target_file,
            target_symbols=tuple(self.target_symbols),
            max_retries=self.max_retries,
            timeout=self.timeout_s,
            worktree=self.worktree,
            budget_tokens=self.budget_tokens,
            budget_cost=self.budget_cost_usd,
            goal=self.goal,
        )


def new_ticket(fields: Mapping[str, Any], within: str = "") -> NewTicket:
    """One ticket of its fields; null means what leaving a field out means. `within` names it in an error.

    Raises:
        BadArgument: a field is unknown, missing or of the wrong type.
        PlaceUnavailable: it is to run in a cluster.
    """
    return read_fields(TicketSpec, fields, within, packed=_LISTS).ticket()


def new_tickets(many: object) -> list[NewTicket]:
    """Several tickets of their fields, each named in an error by its place in the list.

    Raises:
        BadArgument: a field of one is unknown, missing or of the wrong type.
        PlaceUnavailable: one of them is to run in a cluster.
    """
    many = unpacked(many)
    if not isinstance(many, list):
        raise BadArgument("tickets is no list", "Give a list of objects, each with the fields of a ticket.")
    return [_item(index, fields) for index, fields in enumerate(many)]


def _item(index: int, fields: object) -> NewTicket:
    if not isinstance(fields, dict):
        raise BadArgument(f"tickets[{index}] is no object", "Give each ticket its fields by name.")
    return new_ticket(fields, f"tickets[{index}].")
