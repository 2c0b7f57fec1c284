"""Jobs: single runs of a command, with what they printed."""

from dataclasses import asdict, fields

import aiosqlite

from tremaux_tools.core.job import JobRecord, job_number, unknown_job
from tremaux_tools.store import blobs
from tremaux_tools.store.blobs import Blob

_NAMES = tuple(field.name for field in fields(JobRecord))
_COLUMNS = ", ".join(_NAMES)
_KEPT = ", ".join(_NAMES[1:])
_GIVEN = ", ".join(f":{name}" for name in _NAMES[1:])
# Column names of ours.
_INSERT = f"""
    INSERT INTO job ({_KEPT}) VALUES ({_GIVEN})
    ON CONFLICT (project, digest) WHERE digest IS NOT NULL DO NOTHING
    RETURNING job_id"""  # noqa: S608
_SELECT = f"SELECT {_COLUMNS} FROM job"  # noqa: S608
_GET = f"{_SELECT} WHERE job_id = ?"
_IN_TERMINAL = f"{_SELECT} WHERE terminal_id = ? AND status = 'running' ORDER BY job_id"
_PROCESSES = f"{_SELECT} WHERE kind = 'process' AND status = 'running' ORDER BY job_id"
_UNRECORDED = f"""{_SELECT} WHERE goal IS NOT NULL AND status <> 'running'
    AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.job_id = job.job_id) ORDER BY job_id"""  # noqa: S608
_RECENT = f"""{_SELECT} WHERE status <> 'running'
    AND (project = :project OR substr(project, 1, length(:project) + 1) = :project || '/')
    AND (:goal IS NULL OR goal = :goal)
    ORDER BY job_id DESC LIMIT :limit"""
_IMPORTED = f"{_SELECT} WHERE project = ? AND digest = ?"
_BY_NONCE = f"{_SELECT} WHERE nonce = ?"
_NEWEST = "SELECT max(job_id) FROM job WHERE terminal_id = ?"
_WATCH = "UPDATE job SET pid = ?, born = ?, note = ? WHERE job_id = ?"
_DELETE = "DELETE FROM job WHERE job_id = ? AND status = 'running'"
_END = """
    UPDATE job SET status = ?, exit_code = ?, cause = ?, output_bytes = ?, redactions = ?, cpu_s = ?, memory_bytes = ?,
        blob_id = ?, ended_at = ?
    WHERE job_id = ? AND status = 'running'"""


async def insert(connection: aiosqlite.Connection, record: JobRecord) -> int | None:
    """Add a job; returns its id, or None when the same directory was imported before."""
    rows = list(await connection.execute_fetchall(_INSERT, asdict(record)))
    return int(rows[0][0]) if rows else None


async def find(connection: aiosqlite.Connection, job_id: str) -> JobRecord:
    """The job of an id, of any kind, as it was last stored.

    Raises:
        UnknownItem: there is none.
    """
    for record in await _read(connection, _GET, job_number(job_id)):
        return record
    raise unknown_job(job_id)


async def by_nonce(connection: aiosqlite.Connection, nonce: str) -> JobRecord | None:
    """The job that a nonce names."""
    return next(iter(await _read(connection, _BY_NONCE, nonce)), None)


async def imported(connection: aiosqlite.Connection, project: str, digest: bytes) -> JobRecord | None:
    """The job that a directory of this content was imported as."""
    return next(iter(await _read(connection, _IMPORTED, project, digest)), None)


async def running(connection: aiosqlite.Connection, terminal_id: int) -> list[JobRecord]:
    """The jobs of a terminal that were not seen to end, the oldest first."""
    return await _read(connection, _IN_TERMINAL, terminal_id)


async def running_processes(connection: aiosqlite.Connection) -> list[JobRecord]:
    """The jobs outside terminals of agents that were not seen to end, the oldest first."""
    return await _read(connection, _PROCESSES)


async def unrecorded(connection: aiosqlite.Connection) -> list[JobRecord]:
    """The ended jobs whose attempt is not in the journal yet, the oldest first."""
    return await _read(connection, _UNRECORDED)


async def recent(
    connection: aiosqlite.Connection, project: str, *, goal: str | None = None, limit: int
) -> list[JobRecord]:
    """The ended jobs of a project, of any kind, the newest first; those of one goal, or all for None."""
    rows = await connection.execute_fetchall(_RECENT, {"project": project, "goal": goal, "limit": limit})
    return [_record(row) for row in rows]


async def newest(connection: aiosqlite.Connection, terminal_id: int) -> int | None:
    """The last job of a terminal, ended or not."""
    ((job_id,),) = await connection.execute_fetchall(_NEWEST, (terminal_id,))
    return job_id if job_id is None else int(job_id)


async def watch(connection: aiosqlite.Connection, record: JobRecord) -> None:
    """Keep which process sees a job through, and what of its order could not be kept."""
    await connection.execute(_WATCH, (record.pid, record.born, record.note, record.job_id))


async def delete(connection: aiosqlite.Connection, job_id: int) -> None:
    """Take back a job that did not begin; one whose end somebody has kept stays."""
    await connection.execute(_DELETE, (job_id,))


async def end(connection: aiosqlite.Connection, record: JobRecord, output: Blob | None) -> None:
    """Keep how a job ended and what it printed; one that was seen to end before stays as it is."""
    blob_id = await blobs.put(connection, output, at=record.ended_at or record.started_at) if output else None
    how = (record.status, record.exit_code, record.cause, record.output_bytes, record.redactions)
    used = (record.cpu_s, record.memory_bytes)
    await connection.execute(_END, (*how, *used, blob_id, record.ended_at, record.job_id))


async def _read(connection: aiosqlite.Connection, query: str, *values: object) -> list[JobRecord]:
    return [_record(row) for row in await connection.execute_fetchall(query, values)]


def _record(row: aiosqlite.Row | tuple[object, ...]) -> JobRecord:
    values = dict(zip(_NAMES, row, strict=True))
    return JobRecord(**values | {"named": bool(values["named"])})
