"""How the newest tasks ended, whatever they worked with."""

from dataclasses import dataclass
from typing import Literal

import aiosqlite

_RUNS = """
    SELECT outcome = 'completed', ended_at - started_at,
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


async def runs(connection: aiosqlite.Connection, which: Runs = "all", *, limit: int) -> list[Past]:
    """The runs of tickets that ended last with a verdict, the newest first; all, the first ones, or the retries."""
    rows = await connection.execute_fetchall(_RUNS, {"which": which, "limit": limit})
    return [Past(bool(passed), seconds, cost) for passed, seconds, cost in rows]


async def recommendations(connection: aiosqlite.Connection, *, limit: int) -> list[Past]:
    """The answers with learnings of which it was last known how their task ended, the newest first."""
    rows = await connection.execute_fetchall(_RECOMMENDATIONS, (limit,))
    return [Past(bool(passed), None, None) for (passed,) in rows]
