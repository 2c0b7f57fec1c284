"""A ticket as a caller hands it over, checked: one field at fault is named, and nothing of it was written."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tremaux_server.answers import MAX_SHOWN, wrong_argument
from tremaux_tools.core.tickets.ticket import (
    DEFAULT_PRIORITY,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    LOWEST_PRIORITY,
    NewTicket,
    PlaceName,
)
from tremaux_tools.errors import BadArgument, PlaceUnavailable

MAX_AT_ONCE = 10_000  # tickets handed over in one call
MAX_DESCRIPTION = 100_000  # characters
MAX_COMMAND = 100_000  # characters
MAX_NAME = 200  # characters of ids, names of runners, symbols, goals
MAX_PATH = 4_096  # characters
MAX_LISTED = 1_000  # dependencies, context files, symbols of a ticket
MAX_RETRIES = 20
MAX_SECONDS = 7 * 24 * 3600.0  # of one run
MAX_NUMBER = 2**53 - 1  # what JSON can tell exactly

_LISTS = frozenset({"tickets", "depends_on", "context_files", "target_symbols"})

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Path = Annotated[str, Field(min_length=1, max_length=MAX_PATH)]
Priority = Annotated[int, Field(ge=0, le=LOWEST_PRIORITY)]
Retries = Annotated[int, Field(ge=0, le=MAX_RETRIES)]
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]


class TicketSpec(BaseModel):
    """The fields of a ticket by the names that agents know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: Annotated[str, Field(min_length=1, max_length=MAX_DESCRIPTION)]
    id: Name | None = None
    depends_on: Annotated[list[Name], Field(max_length=MAX_LISTED)] = []
    priority: Priority = DEFAULT_PRIORITY
    runner: Name | None = None
    command: Annotated[str, Field(min_length=1, max_length=MAX_COMMAND)] | None = None
    place: PlaceName = "tmux"
    image: Name | None = None
    step_mode: bool = False
    context_files: Annotated[list[Path], Field(max_length=MAX_LISTED)] = []
    target_file: Path | None = None
    target_symbols: Annotated[list[Name], Field(max_length=MAX_LISTED)] = []
    max_retries: Retries = DEFAULT_RETRIES
    timeout_s: Seconds = DEFAULT_TIMEOUT
    worktree: bool = True
    budget_tokens: Annotated[int, Field(gt=0, le=MAX_NUMBER)] | None = None
    budget_cost_usd: Annotated[float, Field(gt=0, le=MAX_NUMBER)] | None = None
    goal: Name | None = None

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
        BadArgument: a field is unknown, missing or out of range.
        PlaceUnavailable: it is to run in a cluster.
    """
    known = list(TicketSpec.model_fields)
    if unknown := sorted(str(name) for name in fields if name not in known):
        close = get_close_matches(unknown[0], known, n=1)
        raise BadArgument(
            f"unknown argument {f'{within}{unknown[0]}'[:MAX_SHOWN]!r}",
            f"Did you mean {close[0]!r}?" if close else f"Known fields are {', '.join(known)}.",
        )
    try:
        given = {name: _unpacked(name, value) for name, value in fields.items() if value is not None}
        spec = TicketSpec.model_validate(given)
    except ValidationError as error:
        raise wrong_argument(error, within) from error
    return spec.ticket()


def new_tickets(many: object) -> list[NewTicket]:
    """Several tickets of their fields, each named in an error by its place in the list.

    Raises:
        BadArgument: one of them makes no sense, or there are none or too many.
        PlaceUnavailable: one of them is to run in a cluster.
    """
    many = _unpacked("tickets", many)
    if not isinstance(many, list):
        raise BadArgument("tickets is no list", "Give a list of objects, each with the fields of a ticket.")
    if not 0 < len(many) <= MAX_AT_ONCE:
        raise BadArgument(f"tickets has {len(many)} items", f"Hand over 1 to {MAX_AT_ONCE} at once.")
    return [_item(index, fields) for index, fields in enumerate(many)]


def _unpacked(name: str, value: object) -> object:
    """A list that a model wrote as JSON text, as some do."""
    if name in _LISTS and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            pass  # the check of the field will tell
    return value


def _item(index: int, fields: object) -> NewTicket:
    if not isinstance(fields, dict):
        raise BadArgument(f"tickets[{index}] is no object", "Give each ticket its fields by name.")
    return new_ticket(fields, f"tickets[{index}].")
