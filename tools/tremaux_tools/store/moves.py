"""Move a ticket from one state to another, with all that follows from it in the graph.

What a completed ticket leaves ready is found by counters in the rows of those that need it, so a move costs the same
in a graph of ten tickets and of ten thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import aiosqlite

from tremaux_tools.core.tickets.graph import rank
from tremaux_tools.core.tickets.lifecycle import ENDED, Status, is_allowed
from tremaux_tools.core.tickets.ticket import Ticket

_CHANGING = (
    "status",
    "reason",
    "prompt",
    "approved_at",
    "grants",
    "retry_count",
    "loss_count",
    "rung",
    "not_before",
    "started_at",
    "finished_at",
    "merged",
    "context_before",
    "context_after",
)
# Column names of ours.
_UPDATE = f"""
    UPDATE ticket SET {", ".join(f"{name} = :{name}" for name in _CHANGING)},
           rank = :rank, dragged_by = NULL WHERE ticket_id = :ticket_id"""  # noqa: S608
_EVENT = "INSERT INTO ticket_event (ticket_id, at, old, new, reason, by) VALUES (?, ?, ?, ?, ?, ?)"
_NEED_LESS = """
    UPDATE ticket SET waiting = waiting - 1
    WHERE ticket_id IN (SELECT ticket_id FROM dependency WHERE needs_id = ?)"""
_FREED = """
    SELECT ticket_id, priority, step_mode = 1 AND approved_at IS NULL FROM dependency JOIN ticket USING (ticket_id)
    WHERE needs_id = ? AND waiting = 0 AND status = 'todo' ORDER BY ticket_id"""
_RANK = "UPDATE ticket SET rank = ? WHERE ticket_id = ?"
_OPEN = "UPDATE ticket SET status = ?, reason = '', rank = ? WHERE ticket_id = ?"
# Only by way of those that wait: what a person has blocked may still be completed by hand.
_ABOVE = """
    WITH RECURSIVE above (ticket_id) AS (
        SELECT ticket_id FROM dependency JOIN ticket USING (ticket_id) WHERE needs_id = ? AND status = 'todo'
        UNION SELECT ticket.ticket_id FROM above
              JOIN dependency ON dependency.needs_id = above.ticket_id
              JOIN ticket ON ticket.ticket_id = dependency.ticket_id AND status = 'todo')
    SELECT ticket_id FROM above ORDER BY ticket_id"""
_DRAG = "UPDATE ticket SET status = 'failed', reason = ?, finished_at = ?, dragged_by = ? WHERE ticket_id = ?"
_DRAGGED = "SELECT ticket_id FROM ticket WHERE dragged_by = ? ORDER BY ticket_id"
_REVIVE = """
    UPDATE ticket SET status = 'todo', reason = '', finished_at = NULL, dragged_by = NULL WHERE ticket_id = ?"""
_STILL_DRAGGING = """
    SELECT ticket_id, name, status FROM ticket
    WHERE project = ? AND status IN ('failed', 'cancelled') AND dragged_by IS NULL ORDER BY ticket_id"""


@dataclass(frozen=True, slots=True)
class _Moment:
    """When and by whom tickets are moved."""

    at: float  #: Unix seconds
    by: str


async def move(connection: aiosqlite.Connection, old: Ticket, new: Ticket, *, by: str, at: float) -> Ticket:
    """Move a ticket, read in this transaction, to the state and fields of `new`; returns it as it is then.

    Those that need it follow: completed it may make them ready, failed or cancelled it drags them along, and once it
    is tried again they wait again.
    """
    assert is_allowed(old.status, new.status), f"{old.name}: {old.status} -> {new.status}"
    moment = _Moment(at, by)
    new = replace(new, finished_at=at if new.status in ENDED else None)
    await save(connection, new, at=at)
    await _note(connection, moment, [(old.ticket_id, old.status, new.status, new.reason)])
    if old.status in ENDED:  # it was failed or cancelled, and is so no more
        await _revive(connection, moment, old)
    if new.status == "completed":
        await _free(connection, moment, old.ticket_id)
    if new.status in ("failed", "cancelled"):
        await _drag(connection, moment, new.ticket_id, new.name, new.status)
    return new


async def save(connection: aiosqlite.Connection, ticket: Ticket, *, at: float) -> None:
    """Keep what may change of a ticket, without a move."""
    place = rank(ticket.priority, at) if ticket.status == "ready" else 0.0
    values = {name: getattr(ticket, name) for name in _CHANGING}
    await connection.execute(_UPDATE, values | {"rank": place, "ticket_id": ticket.ticket_id})


async def note(connection: aiosqlite.Connection, ticket: Ticket, what: str, *, by: str, at: float) -> None:
    """Note something that happened to a ticket without moving it."""
    await _note(connection, _Moment(at, by), [(ticket.ticket_id, ticket.status, ticket.status, what)])


async def begin(connection: aiosqlite.Connection, created: Sequence[Ticket], *, by: str, at: float) -> None:
    """Note that tickets were created, and give those that are ready their turn."""
    ready = (each for each in created if each.status == "ready")
    await connection.executemany(_RANK, [(rank(each.priority, at), each.ticket_id) for each in ready])
    await connection.executemany(_EVENT, [(each.ticket_id, at, None, each.status, each.reason, by) for each in created])


async def drag_new(connection: aiosqlite.Connection, project: str, *, by: str, at: float) -> None:
    """Have new tickets follow those they need that had failed before."""
    await _drag_all(connection, _Moment(at, by), project)


async def _free(connection: aiosqlite.Connection, moment: _Moment, ticket_id: int) -> None:
    """Give those that only waited for a ticket their turn, or have a person asked about them."""
    await connection.execute(_NEED_LESS, (ticket_id,))
    noted: list[tuple[int, Status, Status, str]] = []
    for freed, priority, needs_approval in await connection.execute_fetchall(_FREED, (ticket_id,)):
        status: Status = "awaiting_approval" if needs_approval else "ready"
        await connection.execute(_OPEN, (status, 0.0 if needs_approval else rank(priority, moment.at), freed))
        noted.append((freed, "todo", status, ""))
    await _note(connection, moment, noted)


async def _drag(connection: aiosqlite.Connection, moment: _Moment, ticket_id: int, name: str, status: Status) -> None:
    """End what can never run, as it needs a ticket that ended otherwise."""
    reason = f"needs {name}, which {'was cancelled' if status == 'cancelled' else 'failed'}"
    above = [number for (number,) in await connection.execute_fetchall(_ABOVE, (ticket_id,))]
    await connection.executemany(_DRAG, [(reason, moment.at, ticket_id, number) for number in above])
    await _note(connection, moment, [(number, "todo", "failed", reason) for number in above])


async def _revive(connection: aiosqlite.Connection, moment: _Moment, ticket: Ticket) -> None:
    """Have those that a ticket dragged along wait again, unless another one drags them."""
    dragged = [number for (number,) in await connection.execute_fetchall(_DRAGGED, (ticket.ticket_id,))]
    await connection.executemany(_REVIVE, [(number,) for number in dragged])
    await _note(connection, moment, [(number, "failed", "todo", "") for number in dragged])
    if dragged:
        await _drag_all(connection, moment, ticket.project)


async def _drag_all(connection: aiosqlite.Connection, moment: _Moment, project: str) -> None:
    for number, name, status in await connection.execute_fetchall(_STILL_DRAGGING, (project,)):
        await _drag(connection, moment, number, name, status)


async def _note(
    connection: aiosqlite.Connection, moment: _Moment, moves: Sequence[tuple[int, Status, Status, str]]
) -> None:
    rows = [(number, moment.at, old, new, reason, moment.by) for number, old, new, reason in moves]
    await connection.executemany(_EVENT, rows)
