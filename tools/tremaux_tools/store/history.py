"""How the newest tasks ended, whatever they worked with."""

from dataclasses import dataclass

import aiosqlite

_RUNS = """
    SELECT outcome = 'completed', ended_at - started_at,
           (SELECT sum(cost_usd) FROM spent WHERE spent.run_id = run.run_id)
    FROM run WHERE outcome IN ('completed', 'failed', 'timed_out') AND started_at IS NOT NULL
    ORDER BY ended_at DESC LIMIT ?"""
_RECOMMENDATIONS = """
    SELECT verdict = 'passed', NULL, NULL FROM recommendation
    WHERE verdict IS NOT NULL AND NOT withheld ORDER BY judged_at DESC LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Past:
    """How a task ended."""

    passed: bool
    seconds: float | None
    cost: float | None  #: USD


async def runs(connection: aiosqlite.Connection, *, limit: int) -> list[Past]:
    """The runs of tickets that ended last with a verdict, the newest first."""
    return await _read(connection, _RUNS, limit)


async def recommendations(connection: aiosqlite.Connection, *, limit: int) -> list[Past]:
    """The answers with learnings of which it was last known how their task ended, the newest first."""
    return await _read(connection, _RECOMMENDATIONS, limit)


async def _read(connection: aiosqlite.Connection, query: str, limit: int) -> list[Past]:
    rows = await connection.execute_fetchall(query, (limit,))
    return [Past(bool(passed), seconds, cost) for passed, seconds, cost in rows]


async def pool_runs(connection: aiosqlite.Connection, *, limit: int) -> list[Past]:
    """As `runs`, with the share of the time that each had of the pool."""
    return await runs(connection, limit=limit)
