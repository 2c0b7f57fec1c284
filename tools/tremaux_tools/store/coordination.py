"""How the pool of workers is held, as all processes remember it together."""

import aiosqlite

from tremaux_tools.core.tickets.coordination import RECENT, Coordination, EndedRun
from tremaux_tools.store.connection import Connection

_GET = "SELECT width, stepped_at, has_fallen_back, why FROM coordination"
_PUT = """
    INSERT INTO coordination (coordination_id, width, stepped_at, has_fallen_back, why) VALUES (1, ?, ?, ?, ?)
    ON CONFLICT (coordination_id) DO UPDATE SET width = excluded.width, stepped_at = excluded.stepped_at,
        has_fallen_back = excluded.has_fallen_back, why = excluded.why"""
_RECENT = """
    SELECT outcome = 'completed', claimed_at, workers FROM run
    WHERE ended_at <= ? AND outcome IN ('completed', 'failed', 'timed_out') ORDER BY ended_at DESC LIMIT ?"""


async def get(connection: Connection) -> Coordination:
    """What is remembered; of a pool that never adapted, nothing."""
    for width, stepped_at, has_fallen_back, why in await connection.execute_fetchall(_GET):
        return Coordination(width, stepped_at, bool(has_fallen_back), why)
    return Coordination()


async def put(connection: aiosqlite.Connection, known: Coordination) -> None:
    """Remember how the pool is held from now on."""
    await connection.execute(_PUT, (known.width, known.stepped_at, known.has_fallen_back, known.why))


async def recent(connection: Connection, *, now: float) -> list[EndedRun]:
    """The newest runs that ended with a verdict by now, in Unix seconds, of all projects, the newest first."""
    rows = await connection.execute_fetchall(_RECENT, (now, RECENT))
    return [EndedRun(bool(passed), claimed_at, workers) for passed, claimed_at, workers in rows]
