"""How the newest tasks ended, whatever they worked with."""

from dataclasses import dataclass
from typing import Literal

import aiosqlite

_RUNS = """
    SELECT outcome = 'completed', ended_at - started_at,
           (SELECT nullif(sum(cost_usd), 0) FROM spent WHERE spent.run_id = run.run_id)
    FROM run WHERE outcome IN ('completed', 'failed', 'timed_out') AND started_at IS NOT NULL
        AND CASE :which
            WHEN 'first' THEN epoch = 1
            WHEN 'retries' THEN epoch > 1
            WHEN 'after_timeout' THEN EXISTS (
                SELECT 1 FROM run AS earlier WHERE earlier.ticket_id = run.ticket_id AND earlier.epoch < run.epoch
                    AND earlier.outcome = 'timed_out')
            ELSE 1 END
        AND (:project IS NULL OR (SELECT project FROM ticket WHERE ticket.ticket_id = run.ticket_id) = :project)
    ORDER BY ended_at DESC LIMIT :limit"""
_RECOMMENDATIONS = """
    SELECT verdict = 'passed' FROM recommendation
    WHERE verdict IS NOT NULL AND NOT withheld ORDER BY judged_at DESC LIMIT ?"""


Runs = Literal["all", "first", "retries", "after_timeout"]


@dataclass(frozen=True, slots=True)
class Past:
    """How a task ended."""

    passed: bool
    seconds: float | None
    cost: float | None  #: USD


async def runs(
    connection: aiosqlite.Connection, which: Runs = "all", *, project: str | None = None, limit: int
) -> list[Past]:
    """The runs of tickets that ended last with a verdict, the newest first; of one project, or of all for None.

    All, the first ones, the retries, or those after one that timed out.
    """
    values = {"which": which, "project": project, "limit": limit}
    rows = await connection.execute_fetchall(_RUNS, values)
    return [Past(bool(passed), seconds, cost) for passed, seconds, cost in rows]


async def recommendations(connection: aiosqlite.Connection, *, limit: int) -> list[Past]:
    """The answers with learnings of which it was last known how their task ended, the newest first."""
    rows = await connection.execute_fetchall(_RECOMMENDATIONS, (limit,))
    return [Past(bool(passed), None, None) for (passed,) in rows]
