"""What proves a learning: a report, and the attempts that led to it."""

import aiosqlite

_REPORT = "SELECT verdict, task FROM report WHERE report_id = ?"
# Of the report's goal, made before it was filed; of a job alone, the attempt that it was recorded as.
_ATTEMPTS = """
    SELECT attempt_id, goal.name, judged_gate, action
    FROM report JOIN attempt ON attempt.goal_id = report.goal_id OR attempt.job_id = report.job_id
    JOIN goal ON goal.goal_id = attempt.goal_id
    WHERE report_id = ? AND attempt.recorded_at <= report.filed_at
    ORDER BY attempt_id DESC LIMIT ?"""


async def report(connection: aiosqlite.Connection, report_id: int) -> tuple[str, str]:
    """What a report says in short: its verdict and its task."""
    ((verdict, task),) = await connection.execute_fetchall(_REPORT, (report_id,))
    return verdict, task


async def attempts(connection: aiosqlite.Connection, report_id: int, *, limit: int) -> list[tuple[int, str, str, str]]:
    """The newest attempts up to a report, oldest first: id, goal, gate, action."""
    rows = list(await connection.execute_fetchall(_ATTEMPTS, (report_id, limit)))
    return [(number, goal, gate, action) for number, goal, gate, action in reversed(rows)]
