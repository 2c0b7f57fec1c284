"""How the newest tasks ended, whatever they worked with."""

from dataclasses import dataclass
from typing import Literal

import aiosqlite

from tremaux_tools.core.tickets.shares import shared_seconds
from tremaux_tools.store.runs import beside

_RUNS = """
    SELECT run_id, outcome = 'completed', started_at, ended_at,
           (SELECT nullif(sum(cost_usd), 0) FROM spent WHERE spent.run_id = run.run_id)
    FROM run WHERE outcome IN ('completed', 'failed', 'timed_out') AND started_at IS NOT NULL
        AND (:which = 'all' OR (epoch = 1) = (:which = 'first'))
    ORDER BY ended_at DESC LIMIT :limit"""
_RECOMMENDATIONS = """
    SELECT verdict = 'passed' FROM recommendation
    WHERE verdict IS NOT NULL AND NOT withheld ORDER BY judged_at DESC LIMIT ?"""


Runs = Literal["all", "first", "retries"]


@dataclass(frozen=True, slots=True)
class Past:
    """How a task ended."""

    passed: bool
    seconds: float | None
    cost: float | None  #: USD


async def runs(
    connection: aiosqlite.Connection, which: Runs = "all", *, limit: int, are_shared: bool = False
) -> list[Past]:
    """The runs of tickets that ended last with a verdict, the newest first; all, the first ones, or the retries.

    With `are_shared` the seconds are each run's share of the time, in which others went on beside it.
    """
    found = []
    for run_id, passed, begin, end, cost in await connection.execute_fetchall(_RUNS, {"which": which, "limit": limit}):
        seconds = end - begin
        if are_shared:
            seconds = shared_seconds((begin, end), await beside(connection, run_id, begin=begin, end=end))
        found.append(Past(bool(passed), seconds, cost))
    return found


async def recommendations(connection: aiosqlite.Connection, *, limit: int) -> list[Past]:
    """The answers with learnings of which it was last known how their task ended, the newest first."""
    rows = await connection.execute_fetchall(_RECOMMENDATIONS, (limit,))
    return [Past(bool(passed), None, None) for (passed,) in rows]
