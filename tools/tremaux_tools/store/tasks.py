"""Finished tasks, how many of them passed, and what tools and languages their projects use."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

import aiosqlite

from tremaux_tools.core.confidence import RECENT_TASKS
from tremaux_tools.core.skills.task import FinishedTask
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.encoding import as_json

MAX_TRAITS = 200  # of a project; what an agent calls a tool is up to it

_PUT = """
    INSERT INTO task (project_id, name, prompt, status, verdict, tools, duration, summary, report_id, finished_at)
    VALUES (:project_id, :name, :prompt, :status, :verdict, :tools, :duration, :summary, :report_id, :finished_at)
    ON CONFLICT (project_id, name) DO UPDATE SET
        prompt = excluded.prompt, status = excluded.status, verdict = excluded.verdict, tools = excluded.tools,
        duration = excluded.duration, summary = excluded.summary, report_id = excluded.report_id,
        finished_at = excluded.finished_at
    RETURNING task_id"""
_COLUMNS = """task.name, project.path, task.prompt, task.verdict, task.tools, task.duration, task.summary, task.status,
    task.report_id, task.finished_at"""
# Column names of ours.
_NEWEST = f"""
    SELECT {_COLUMNS} FROM task JOIN project USING (project_id)
    ORDER BY task.finished_at DESC, task_id DESC LIMIT :limit"""  # noqa: S608
_NEWEST_OF = f"""
    SELECT {_COLUMNS} FROM task JOIN project USING (project_id)
    WHERE task.project_id = (SELECT project_id FROM project WHERE path = :project)
    ORDER BY task.finished_at DESC, task_id DESC LIMIT :limit"""  # noqa: S608
# Tasks that were shown a learning pass more often: with them, one of which nothing is known would look too good.
_UNADVISED = """
    task.verdict <> 'uncertain' AND NOT EXISTS (
        SELECT 1 FROM recommendation JOIN recommended USING (recommendation_id)
        WHERE recommendation.report_id = task.report_id AND NOT withheld AND NOT avoid)"""
_RATE_OF = f"""
    SELECT coalesce(sum(verdict = 'passed'), 0), count(*) FROM (
        SELECT task.verdict FROM task WHERE task.project_id = :project_id AND {_UNADVISED}
        ORDER BY finished_at DESC LIMIT :limit)"""  # noqa: S608
_RATE = f"""
    SELECT coalesce(sum(verdict = 'passed'), 0), count(*) FROM (
        SELECT task.verdict FROM task WHERE {_UNADVISED} ORDER BY finished_at DESC LIMIT :limit)"""  # noqa: S608
_RATES = f"{_RATE_OF} UNION ALL {_RATE}"
_PUT_TRAIT = """
    INSERT INTO trait (project_id, name)
    SELECT :project_id, :name WHERE (SELECT count(*) FROM trait WHERE project_id = :project_id) < :limit
    ON CONFLICT DO NOTHING"""
_TRAITS = "SELECT project_id, name FROM trait WHERE project_id IN (SELECT value FROM json_each(?))"

Rate = tuple[int, int]  #: how many passed, of how many


async def put(connection: aiosqlite.Connection, task: FinishedTask, *, project_id: int) -> int:
    """Keep a task; one of the same name in the project is replaced. Returns its row id."""
    values = {
        "project_id": project_id,
        "name": task.name,
        "prompt": task.prompt,
        "status": task.status,
        "verdict": task.verdict,
        "tools": as_json(task.tools),
        "duration": task.duration,
        "summary": task.summary,
        "report_id": task.report_id,
        "finished_at": task.finished_at,
    }
    ((task_id,),) = await connection.execute_fetchall(_PUT, values)
    return int(task_id)


async def newest(connection: aiosqlite.Connection, *, project: str | None, limit: int) -> list[FinishedTask]:
    """The tasks of a project, or of all for None, that ended last; the newest first."""
    statement = _NEWEST if project is None else _NEWEST_OF
    rows = await connection.execute_fetchall(statement, {"project": project, "limit": limit})
    return [
        FinishedTask(
            name=name,
            project=path,
            prompt=prompt,
            verdict=verdict,
            tools=tuple(json.loads(tools)),
            duration=duration,
            summary=summary,
            status=status,
            report_id=report_id,
            finished_at=finished_at,
        )
        for name, path, prompt, verdict, tools, duration, summary, status, report_id, finished_at in rows
    ]


async def rates(connection: Connection, project_id: int) -> tuple[Rate, Rate]:
    """Of the last `RECENT_TASKS` tasks with a verdict how many passed: in the project, and in all projects.

    Only tasks that no learning was shown for count.
    """
    values = {"project_id": project_id, "limit": RECENT_TASKS}
    (own, of_own), (every, of_all) = await connection.execute_fetchall(_RATES, values)
    return (int(own), int(of_own)), (int(every), int(of_all))


async def put_traits(connection: aiosqlite.Connection, project_id: int, names: Iterable[str]) -> None:
    """Add to what is known of a project's tools and languages, up to `MAX_TRAITS`."""
    rows = [{"project_id": project_id, "name": name, "limit": MAX_TRAITS} for name in sorted(names)]
    await connection.executemany(_PUT_TRAIT, rows)


async def traits(connection: Connection, project_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Tools and languages of each of the projects; none for one of which nothing is known."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for project_id, name in await connection.execute_fetchall(_TRAITS, (json.dumps(list(project_ids)),)):
        found[project_id].add(name)
    return {project_id: frozenset(found[project_id]) for project_id in project_ids}
