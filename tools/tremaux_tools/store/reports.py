"""Filed reports, newest first."""

import json
from dataclasses import asdict
from typing import Any

import aiosqlite

from tremaux_tools.core.knowledge import Learned
from tremaux_tools.core.postflight.filed import Filed, as_fields, from_fields
from tremaux_tools.store import blobs
from tremaux_tools.store.blobs import Blob
from tremaux_tools.store.encoding import as_json

_COLUMNS = """report.report_id, project.path, goal.name, report.job_id, report.task, report.tools_used, report.body,
    report.learned, report.notice, report.notified, report.output_bytes, report.blob_id, report.client, report.agent,
    report.filed_at"""
_FROM = "report JOIN project USING (project_id) LEFT JOIN goal ON goal.goal_id = report.goal_id"
_INSERT = """
    INSERT INTO report (project_id, goal_id, job_id, task, tools_used, verdict, quality_score, body, learned,
                        output_bytes, blob_id, client, agent, filed_at)
    VALUES (:project_id, :goal_id, :job_id, :task, :tools_used, :verdict, :quality_score, :body, '{}',
            :output_bytes, :blob_id, :client, :agent, :filed_at)
    RETURNING report_id"""
_LEARNED = "UPDATE report SET learned = ? WHERE report_id = ?"
_TOLD = "UPDATE report SET notified = ?, notice = ? WHERE report_id = ?"
# Column names of ours.
_GET = f"SELECT {_COLUMNS} FROM {_FROM} WHERE report.report_id = ?"  # noqa: S608
_LIST = f"""
    SELECT {_COLUMNS} FROM {_FROM} WHERE project.path = :project AND (:verdict IS NULL OR report.verdict = :verdict)
    ORDER BY report.report_id DESC LIMIT :limit"""  # noqa: S608
_COUNT = """
    SELECT count(*) FROM report JOIN project USING (project_id)
    WHERE project.path = :project AND (:verdict IS NULL OR report.verdict = :verdict)"""
_OF_JOB = "SELECT max(report_id) FROM report WHERE job_id = ?"
_BLOB = "SELECT blob_id FROM report WHERE report_id = ?"
_LATEST = 2**63 - 1  # a row id above all others


async def insert(
    connection: aiosqlite.Connection, filed: Filed, output: Blob | None, *, project_id: int, goal_id: int | None
) -> int:
    """File a report; returns its id. What it taught is kept by `set_learned`, once that is known."""
    blob_id = await blobs.put(connection, output, at=filed.filed_at) if output else None
    values = {
        "project_id": project_id,
        "goal_id": goal_id,
        "job_id": filed.job_id,
        "task": filed.task,
        "tools_used": as_json(filed.tools_used),
        "verdict": filed.report.verdict,
        "quality_score": filed.report.quality_score,
        "body": as_json(as_fields(filed.report)),
        "output_bytes": filed.output_bytes,
        "blob_id": blob_id,
        "client": filed.client,
        "agent": filed.agent,
        "filed_at": filed.filed_at,
    }
    ((report_id,),) = await connection.execute_fetchall(_INSERT, values)
    return int(report_id)


async def set_learned(connection: aiosqlite.Connection, report_id: int, learned: Learned) -> None:
    """Keep what of a report went into the knowledge graph."""
    await connection.execute(_LEARNED, (as_json(asdict(learned)), report_id))


async def set_notice(connection: aiosqlite.Connection, report_id: int, *, notified: bool, notice: str) -> None:
    """Keep who was told of a report."""
    await connection.execute(_TOLD, (int(notified), notice, report_id))


async def of_job(connection: aiosqlite.Connection, job_id: int) -> int | None:
    """The newest report about a job; None where there is none."""
    ((report_id,),) = await connection.execute_fetchall(_OF_JOB, (job_id,))
    return report_id if report_id is None else int(report_id)


async def get(connection: aiosqlite.Connection, report_id: int) -> Filed | None:
    """One report."""
    if report_id > _LATEST:
        return None
    return next((_filed(row) for row in await connection.execute_fetchall(_GET, (report_id,))), None)


async def newest(
    connection: aiosqlite.Connection, project: str, *, verdict: str | None, limit: int
) -> tuple[list[Filed], int]:
    """The newest reports of a project, and how many there are in all."""
    values = {"project": project, "verdict": verdict, "limit": limit}
    ((total,),) = await connection.execute_fetchall(_COUNT, values)
    return [_filed(row) for row in await connection.execute_fetchall(_LIST, values)], int(total)


async def output(connection: aiosqlite.Connection, report_id: int) -> str | None:
    """What is kept of the output a report is about; None when there is none."""
    for (blob_id,) in await connection.execute_fetchall(_BLOB, (report_id,)):
        if blob_id is not None:
            return await blobs.get(connection, blob_id)
    return None


def _filed(row: Any) -> Filed:
    (
        report_id, project, goal, job_id, task, tools_used, body, learned, notice, notified, output_bytes, blob_id,
        client, agent, filed_at,
    ) = row  # fmt: skip
    return Filed(
        id=report_id,
        project=project,
        goal=goal,
        job_id=job_id,
        task=task,
        tools_used=tuple(json.loads(tools_used)),
        report=from_fields(json.loads(body)),
        learned=_learned(json.loads(learned)),
        notice=notice,
        notified=bool(notified),
        output_bytes=output_bytes,
        has_output=blob_id is not None,
        client=client,
        agent=agent,
        filed_at=filed_at,
    )


def _learned(told: dict[str, Any]) -> Learned:
    names = {field: tuple(told.get(field, ())) for field in ("skills", "learnings")}
    return Learned(**told | names)
