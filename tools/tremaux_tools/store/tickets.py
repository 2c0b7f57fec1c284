"""Tickets as rows: what each one is, what it needs, and how it came to stand where it stands."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

import aiosqlite

from tremaux_tools.core.context import Context, ContextPart
from tremaux_tools.core.tickets.lifecycle import Status
from tremaux_tools.core.tickets.ticket import Run, Ticket, TicketEvent, Usage
from tremaux_tools.store.connection import Connection

_JOINED = {"depends_on", "run", "usage"}  # of a ticket, kept in tables of their own
_JSON = ("context_files", "target_symbols")
_FLAGS = ("step_mode", "worktree")
_COLUMNS = tuple(field.name for field in fields(Ticket) if field.name not in _JOINED)
RUN_COLUMNS = tuple(field.name for field in fields(Run) if field.name not in ("job_id", "usage"))
_SPENT = """(SELECT json_array(coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),
    coalesce(sum(cost_usd), 0.0)) FROM spent WHERE spent"""
# Column and table names of ours, in all queries below.
_RUN = f"""{", ".join(f"run.{name}" for name in RUN_COLUMNS)},
    (SELECT job_id FROM job WHERE job.nonce = run.nonce), {_SPENT}.run_id = run.run_id)"""  # noqa: S608
SELECT_RUN = f"SELECT {_RUN} FROM run"  # noqa: S608
_SELECT = f"""
    SELECT {", ".join(f"ticket.{name}" for name in _COLUMNS)},
           (SELECT json_group_array(name) FROM (
                SELECT need.name FROM dependency JOIN ticket AS need ON need.ticket_id = dependency.needs_id
                WHERE dependency.ticket_id = ticket.ticket_id ORDER BY need.ticket_id)),
           {_SPENT}.ticket_id = ticket.ticket_id), {_RUN}
    FROM ticket LEFT JOIN run ON run.run_id = ticket.run_id"""  # noqa: S608
_FIND = f"{_SELECT} WHERE ticket.project = ? AND ticket.name = ?"
_NAMED = f"{_SELECT} WHERE ticket.project = ? AND ticket.name IN (SELECT value FROM json_each(?))"  # noqa: S608
_GET = f"{_SELECT} WHERE ticket.ticket_id = ?"
# First what goes on or waits for a person, then what comes next, last what is over.
_ORDER = """CASE ticket.status WHEN 'in_progress' THEN 0 WHEN 'awaiting_approval' THEN 1 WHEN 'blocked' THEN 2
    WHEN 'failed' THEN 3 WHEN 'ready' THEN 4 WHEN 'todo' THEN 5 WHEN 'completed' THEN 6 ELSE 7 END, ticket.ticket_id"""
_LIST = f"""{_SELECT} WHERE ticket.project = :project AND (:status IS NULL OR ticket.status = :status)
    ORDER BY {_ORDER} LIMIT :limit"""
_ALL = f"{_SELECT} WHERE ticket.project = ? ORDER BY ticket.ticket_id"
_COUNTS = "SELECT status, count(*) FROM ticket WHERE project = ? GROUP BY status"
_STATUSES = "SELECT name, status FROM ticket WHERE project = ? AND name IN (SELECT value FROM json_each(?))"
_NODES = "SELECT ticket_id, name, status FROM ticket WHERE project = ? ORDER BY ticket_id"
_EDGES = """
    SELECT ticket.name, need.name FROM ticket JOIN dependency USING (ticket_id)
    JOIN ticket AS need ON need.ticket_id = dependency.needs_id
    WHERE ticket.project = ? ORDER BY ticket.ticket_id, need.ticket_id"""
_NAMES = """
    SELECT name FROM ticket WHERE project = ? AND name LIKE ? ESCAPE '\\' ORDER BY ticket_id DESC LIMIT ?"""
_NEXT_ID = "SELECT coalesce(max(ticket_id), 0) + 1 FROM ticket"
_INSERT = f"""
    INSERT INTO ticket ({", ".join(_COLUMNS)}) VALUES ({", ".join(f":{name}" for name in _COLUMNS)})"""  # noqa: S608
_NEED = "INSERT INTO dependency (ticket_id, needs_id) VALUES (?, ?)"
_RUNS = f"{SELECT_RUN} WHERE ticket_id = ? ORDER BY epoch"
_EVENTS = """
    SELECT event_id, ticket.name, at, old, new, ticket_event.reason, by FROM ticket_event JOIN ticket USING (ticket_id)
    WHERE ticket_id = ? ORDER BY event_id"""
_SINCE = """
    SELECT event_id, ticket.name, at, old, new, ticket_event.reason, by FROM ticket_event JOIN ticket USING (ticket_id)
    WHERE event_id > :since AND (:project IS NULL OR ticket.project = :project) ORDER BY event_id LIMIT :limit"""
_LAST_EVENT = "SELECT coalesce(max(event_id), 0) FROM ticket_event"
_ADD_PART = "INSERT OR REPLACE INTO context_part VALUES (?, ?, ?, ?, ?, ?, ?)"
_TOKENS = "UPDATE ticket SET context_before = ?, context_after = ? WHERE ticket_id = ?"
_DROP_PARTS = "DELETE FROM context_part WHERE ticket_id = ?"
_PARTS = """
    SELECT path, how, tokens_before, tokens_after, note FROM context_part WHERE ticket_id = ? ORDER BY position"""


@dataclass(frozen=True, slots=True)
class Node:
    """A ticket as a point of the graph."""

    ticket_id: int
    name: str
    status: Status


async def insert(connection: aiosqlite.Connection, tickets: Sequence[Ticket], ids: Mapping[str, int]) -> None:
    """Add tickets that have their row ids already; `ids` are those of all that they need."""
    await connection.executemany(_INSERT, map(_values, tickets))
    needs = ((ticket.ticket_id, ids[need]) for ticket in tickets for need in ticket.depends_on)
    await connection.executemany(_NEED, needs)


async def next_id(connection: aiosqlite.Connection) -> int:
    """The first row id that is free."""
    ((number,),) = await connection.execute_fetchall(_NEXT_ID)
    return int(number)


async def find(connection: aiosqlite.Connection, project: str, name: str) -> Ticket | None:
    """The ticket of that id in a project."""
    return next(iter(await _read(connection, _FIND, (project, name))), None)


async def named(connection: aiosqlite.Connection, project: str, names: Sequence[str]) -> list[Ticket]:
    """The tickets of a project with these ids, in their order, as far as they are there."""
    found = {ticket.name: ticket for ticket in await _read(connection, _NAMED, (project, json.dumps(names)))}
    return [found[name] for name in names if name in found]


async def get(connection: aiosqlite.Connection, ticket_id: int) -> Ticket:
    """The ticket of that row, which is there."""
    (ticket,) = await _read(connection, _GET, (ticket_id,))
    return ticket


async def newest(connection: aiosqlite.Connection, project: str, *, status: Status | None, limit: int) -> list[Ticket]:
    """Tickets of a project: first what goes on or waits for somebody, last what is over."""
    return await _read(connection, _LIST, {"project": project, "status": status, "limit": limit})


async def everything(connection: aiosqlite.Connection, project: str) -> list[Ticket]:
    """All tickets of a project, the oldest first."""
    return await _read(connection, _ALL, (project,))


async def counts(connection: aiosqlite.Connection, project: str) -> dict[Status, int]:
    """How many tickets of a project stand in each state."""
    return dict(await _rows(connection, _COUNTS, (project,)))


async def statuses(connection: aiosqlite.Connection, project: str, names: Collection[str]) -> dict[str, Status]:
    """How some tickets of a project stand."""
    return {row[0]: row[1] for row in await _rows(connection, _STATUSES, (project, json.dumps(list(names))))}


async def graph(connection: aiosqlite.Connection, project: str) -> tuple[dict[str, Node], dict[str, list[str]]]:
    """All tickets of a project by id, and what each one needs."""
    nodes = {name: Node(number, name, status) for number, name, status in await _rows(connection, _NODES, (project,))}
    needs: dict[str, list[str]] = {name: [] for name in nodes}
    for name, need in await connection.execute_fetchall(_EDGES, (project,)):
        needs[name].append(need)
    return nodes, needs


async def names(connection: aiosqlite.Connection, project: str, prefix: str, *, limit: int) -> list[str]:
    """Ids of tickets that begin with `prefix`, the newest first."""
    pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [name for (name,) in await connection.execute_fetchall(_NAMES, (project, pattern, limit))]


async def runs(connection: Connection, ticket_id: int) -> list[Run]:
    """All runs of a ticket, the oldest first."""
    return [run_of(row) for row in await _rows(connection, _RUNS, (ticket_id,))]


async def events(connection: aiosqlite.Connection, ticket_id: int) -> list[TicketEvent]:
    """What happened to a ticket, the oldest first."""
    return [TicketEvent(*row) for row in await _rows(connection, _EVENTS, (ticket_id,))]


async def events_since(
    connection: aiosqlite.Connection, project: str | None, since: int, *, limit: int
) -> list[TicketEvent]:
    """What happened after an event, to the tickets of a project or of all."""
    values = {"project": project, "since": since, "limit": limit}
    return [TicketEvent(*row) for row in await connection.execute_fetchall(_SINCE, values)]


async def last_event(connection: aiosqlite.Connection) -> int:
    """The id of the newest event; 0 before the first."""
    ((number,),) = await connection.execute_fetchall(_LAST_EVENT)
    return int(number)


async def set_context(connection: aiosqlite.Connection, ticket_id: int, context: Context) -> None:
    """Keep how the files of a ticket's context were cut, and how much that saved."""
    await connection.execute(_TOKENS, (context.tokens_before, context.tokens_after, ticket_id))
    await connection.execute(_DROP_PARTS, (ticket_id,))
    rows = [(ticket_id, at, *astuple(part)) for at, part in enumerate(context.parts)]
    await connection.executemany(_ADD_PART, rows)


async def parts(connection: aiosqlite.Connection, ticket_id: int) -> list[ContextPart]:
    """How the files of a ticket's context were cut."""
    return [ContextPart(*row) for row in await _rows(connection, _PARTS, (ticket_id,))]


def run_of(row: Sequence[Any]) -> Run:
    """A run from what `SELECT_RUN` tells."""
    *own, job_id, spent = row
    return Run(**dict(zip(RUN_COLUMNS, own, strict=True)), job_id=job_id, usage=Usage(*json.loads(spent)))


async def _read(connection: aiosqlite.Connection, query: str, values: Any) -> list[Ticket]:
    return [_ticket(row) for row in await connection.execute_fetchall(query, values)]


async def _rows(connection: Connection, query: str, values: Any) -> list[Any]:
    return list(await connection.execute_fetchall(query, values))


def _ticket(row: Sequence[Any]) -> Ticket:
    own, (depends_on, spent), of_run = row[: len(_COLUMNS)], row[len(_COLUMNS) :][:2], row[len(_COLUMNS) + 2 :]
    values = dict(zip(_COLUMNS, own, strict=True))
    values |= {name: tuple(json.loads(values[name])) for name in _JSON}
    values |= {name: bool(values[name]) for name in _FLAGS}
    return Ticket(
        **values,
        depends_on=tuple(json.loads(depends_on)),
        run=None if of_run[0] is None else run_of(of_run),
        usage=Usage(*json.loads(spent)),
    )


def _values(ticket: Ticket) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(ticket, name) for name in _COLUMNS}
    return values | {name: json.dumps(values[name]) for name in _JSON}
