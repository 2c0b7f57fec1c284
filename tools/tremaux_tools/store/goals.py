"""Projects and their goals."""

import aiosqlite

from tremaux_tools.core.record import Goal
from tremaux_tools.store.connection import Connection

_PUT_PROJECT = """
    INSERT INTO project (path, created_at) VALUES (?, ?)
    ON CONFLICT (path) DO UPDATE SET path = excluded.path
    RETURNING project_id"""
_PUT_GOAL = """
    INSERT INTO goal (project_id, name, created_at) VALUES (?, ?, ?)
    ON CONFLICT (project_id, name) DO UPDATE SET name = excluded.name
    RETURNING goal_id"""
_REOPEN = "UPDATE goal SET closed_at = NULL, outcome = NULL, note = '' WHERE goal_id = ? AND closed_at IS NOT NULL"
_FIND_PROJECT = "SELECT project_id FROM project WHERE path = ?"
_FIND_GOAL = "SELECT goal_id FROM goal JOIN project USING (project_id) WHERE path = ? AND name = ?"
_CLOSE = "UPDATE goal SET closed_at = ?, outcome = ?, note = ? WHERE goal_id = ?"
_LIST = """
    SELECT goal.name, goal.created_at, goal.closed_at, goal.outcome, goal.note,
           (SELECT count(*) FROM attempt WHERE attempt.goal_id = goal.goal_id),
           last.judged_gate, last.recorded_at
    FROM goal JOIN project USING (project_id)
    LEFT JOIN attempt AS last ON last.attempt_id = (
        SELECT max(attempt_id) FROM attempt WHERE attempt.goal_id = goal.goal_id)
    WHERE project.path = ?
    ORDER BY coalesce(last.recorded_at, goal.created_at) DESC, goal.goal_id DESC"""
_NAMES = """
    SELECT goal.name FROM goal JOIN project USING (project_id)
    WHERE project.path = ? AND goal.name LIKE ? ESCAPE '\\' ORDER BY goal.goal_id DESC LIMIT ?"""


async def put_project(connection: Connection, path: str, *, at: float) -> int:
    """Find or make a project; returns its row id."""
    ((project_id,),) = await connection.execute_fetchall(_PUT_PROJECT, (path, at))
    return int(project_id)


async def find_project(connection: Connection, path: str) -> int | None:
    """The row id of a project; None where nothing is known of it."""
    return next((number for (number,) in await connection.execute_fetchall(_FIND_PROJECT, (path,))), None)


async def put_goal(connection: aiosqlite.Connection, project: str, name: str, *, at: float) -> int:
    """Find or make a goal and its project; returns the goal's row id."""
    project_id = await put_project(connection, project, at=at)
    ((goal_id,),) = await connection.execute_fetchall(_PUT_GOAL, (project_id, name, at))
    return int(goal_id)


async def reopen(connection: aiosqlite.Connection, goal_id: int) -> bool:
    """Open a closed goal again; false when it was open."""
    return (await connection.execute(_REOPEN, (goal_id,))).rowcount > 0


async def find_goal(connection: aiosqlite.Connection, project: str, name: str) -> int | None:
    """The goal's row id, or None when nothing was recorded for it."""
    rows = list(await connection.execute_fetchall(_FIND_GOAL, (project, name)))
    return int(rows[0][0]) if rows else None


async def close(connection: aiosqlite.Connection, goal_id: int, outcome: str, note: str, *, at: float) -> None:
    """Mark a goal as done with, and how it ended."""
    await connection.execute(_CLOSE, (at, outcome, note, goal_id))


async def list_goals(connection: aiosqlite.Connection, project: str) -> list[Goal]:
    """The goals of a project, the latest worked on first."""
    return [Goal(*row) for row in await connection.execute_fetchall(_LIST, (project,))]


async def goal_names(connection: aiosqlite.Connection, project: str, prefix: str, *, limit: int) -> list[str]:
    """Names of goals that begin with `prefix`, the newest first."""
    pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [name for (name,) in await connection.execute_fetchall(_NAMES, (project, pattern, limit))]
