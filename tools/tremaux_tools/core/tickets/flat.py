"""Tickets as a flat JSON list: a common form to bring work in from elsewhere and to take it along.

A ticket is an object with `id`, `description`, `status`, `assigned_to`, `depends_on` and `step_mode`, and with what
else `spawn_ticket` takes. Nothing runs because it was imported as running.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any, get_args

from tremaux_tools.core.tickets.foreign import translated
from tremaux_tools.core.tickets.lifecycle import SETTLED, STATUSES, Status
from tremaux_tools.core.tickets.ticket import DEFAULT_TIMEOUT, NewTicket, PlaceName, Ticket
from tremaux_tools.errors import BadArgument

MAX_SHOWN = 80  # characters of a wrong value in a message
MAX_NUMBER = 10**18


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a key may hold."""

    words: str
    fits: Callable[[Any], bool]
    taken: Callable[[Any], Any] = lambda value: value  #: as it stands in our value


def _one_of(choices: Sequence[str]) -> _Kind:
    return _Kind(f"one of {', '.join(choices)}", lambda value: isinstance(value, str) and value in choices)


def _is_number(value: object) -> bool:
    # No limit of ours is near it, and a float holds it.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


_TEXT = _Kind("a text", lambda value: isinstance(value, str))
_FLAG = _Kind("true or false", lambda value: isinstance(value, bool))
_WHOLE = _Kind("a whole number", lambda value: _is_number(value) and isinstance(value, int))
_NUMBER = _Kind("a number", _is_number, float)
_TEXTS = _Kind(
    "a list of texts",
    lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    tuple,
)
_KINDS: Mapping[str, _Kind] = {
    "id": _TEXT,
    "description": _TEXT,
    "status": _one_of(STATUSES),
    "assigned_to": _TEXT,
    "depends_on": _TEXTS,
    "step_mode": _FLAG,
    "reason": _TEXT,
    "priority": _WHOLE,
    "runner": _TEXT,
    "command": _TEXT,
    "place": _one_of(get_args(PlaceName)),
    "image": _TEXT,
    "context_files": _TEXTS,
    "target_file": _TEXT,
    "target_symbols": _TEXTS,
    "max_retries": _WHOLE,
    "timeout_s": _NUMBER,
    "worktree": _FLAG,
    "budget_tokens": _WHOLE,
    "budget_cost_usd": _NUMBER,
    "goal": _TEXT,
}
"""The keys of a ticket and what each one holds; null stands for leaving it out."""
_NOT_OF_NEW = ("status", "assigned_to", "reason")
_ALWAYS_TOLD = ("id", "description", "depends_on", "step_mode")
_NAMES = {"timeout_s": "timeout", "budget_cost_usd": "budget_cost"}  # keys that tell their unit
_FIELDS: Mapping[str, str] = {key: _NAMES.get(key, key) for key in _KINDS if key not in _NOT_OF_NEW}
_DEFAULTS: Mapping[str, Any] = {field.name: field.default for field in fields(NewTicket)} | {"timeout": DEFAULT_TIMEOUT}


@dataclass(frozen=True, slots=True)
class ImportedTicket:
    """A ticket that is brought in."""

    new: NewTicket
    status: Status  #: todo, or one in which nothing happens to it by itself
    reason: str  #: why it stands so, and what could not be brought along


def parse(text: str, *, runners: Collection[str], runner: str | None = None) -> list[ImportedTicket]:
    """Read tickets from JSON or JSON lines: our own form, Task Master's `tasks.json`, or Beads' `issues.jsonl`.

    `runners` are the worker profiles there are: work that was assigned to somebody else is assigned anew.
    `runner` is the worker of those that name neither one nor a command.

    Raises:
        BadArgument: it is no JSON, or a ticket in it is none. Whether the tickets make sense is not looked at.
    """
    items = translated(_decoded(text))
    if isinstance(items, dict) and set(items) == {"tickets"}:
        items = items["tickets"]
    if not isinstance(items, list):
        raise BadArgument("the tickets are no JSON list", 'Give a list of objects, or {"tickets": [...]}.')
    return [_given_to(runner, _imported(item, number, runners)) for number, item in enumerate(items, 1)]


def as_flat(tickets: Iterable[Ticket]) -> list[dict[str, Any]]:
    """Tickets in the form that `parse` reads, each with what differs from the defaults."""
    return [_exported(ticket) for ticket in tickets]


def _decoded(text: str) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
            return [_line(line, number) for number, line in enumerate(lines, 1)]
        raise BadArgument(f"the tickets are no JSON: {_shown(str(error))}", "Give a JSON list of objects.") from error
    return [value] if isinstance(value, dict) and "id" in value else value  # JSON lines of which there is one


def _line(line: str, number: int) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadArgument(
            f"line {number} of the tickets is no JSON: {_shown(str(error))}", "Give one JSON object a line, or a list."
        ) from error


def _imported(item: object, number: int, runners: Collection[str]) -> ImportedTicket:
    if not isinstance(item, dict):
        raise BadArgument(f"ticket {number} is no object", "Give each ticket as a JSON object.")
    given = {key: value for key, value in item.items() if value is not None}
    name = given.get("id")
    what = f"ticket {number} ({_shown(name)!r})" if isinstance(name, str) else f"ticket {number}"
    for key, value in given.items():
        _check(key, value, what)
    if "description" not in given:
        raise BadArgument(f"{what} has no description", "Say what is to be done.")
    values = {field: _KINDS[key].taken(given[key]) for key, field in _FIELDS.items() if key in given}
    notes = [given["reason"]] if given.get("reason") else []
    assigned = given.get("assigned_to", "")
    if assigned in runners:
        values.setdefault("runner", assigned)
    elif assigned and "runner" not in given:
        notes.append(f"it was assigned to {assigned[:MAX_SHOWN]}")
    status = _status(given.get("status", "todo"), notes)
    return ImportedTicket(NewTicket(**values), status, "; ".join(notes))


def _given_to(runner: str | None, imported: ImportedTicket) -> ImportedTicket:
    """The ticket with that worker, if it has no other."""
    if runner is None or imported.new.runner is not None or imported.new.command is not None:
        return imported
    return replace(imported, new=replace(imported.new, runner=runner))


def _check(key: str, value: object, what: str) -> None:
    kind = _KINDS.get(key)
    if kind is None:
        near = get_close_matches(key[:MAX_SHOWN], _KINDS, 1)
        raise BadArgument(
            f"{what} has the unknown key {_shown(key)!r}",
            f"{f'Did you mean {near[0]}? ' if near else ''}The keys are {', '.join(_KINDS)}.",
        )
    if not kind.fits(value):
        raise BadArgument(f"{key} of {what} is {_shown(json.dumps(value))}", f"Give {kind.words}.")


def _status(status: Status, notes: list[str]) -> Status:
    if status == "in_progress":
        notes.append("it was in progress elsewhere")
    if status == "blocked" and not notes:
        notes.append("it was blocked before it was imported")
    return status if status in SETTLED else "todo"


def _exported(ticket: Ticket) -> dict[str, Any]:
    flat: dict[str, Any] = {
        "id": ticket.name,
        "description": ticket.description,
        "status": ticket.status,
        "assigned_to": ticket.runner if ticket.has_worker else "",
        "depends_on": list(ticket.depends_on),
        "step_mode": ticket.step_mode,
    }
    if ticket.reason and ticket.status in SETTLED:
        flat["reason"] = ticket.reason
    for key, field in _FIELDS.items():
        if key == "runner" and not ticket.has_worker:
            continue  # `shell` without a command is not taken in
        if key not in _ALWAYS_TOLD and (value := getattr(ticket, field)) != _DEFAULTS[field]:
            flat[key] = list(value) if isinstance(value, tuple) else value
    return flat


def _shown(text: str) -> str:
    return text[:MAX_SHOWN]
