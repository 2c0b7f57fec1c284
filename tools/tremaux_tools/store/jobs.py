"""Jobs: single runs of a command, with what they printed."""

from dataclasses import asdict, fields

import aiosqlite

from tremaux_tools.core.terminal.records import JobRecord
from tremaux_tools.store import blobs
from tremaux_tools.store.blobs import Blob

_NAMES = tuple(field.name for field in fields(JobRecord))
_COLUMNS = ", ".join(_NAMES)
_KEPT = ", ".join(_NAMES[1:])
_GIVEN = ", ".join(f":{name}" for name in _NAMES[1:])
# Column names of ours.
_INSERT = f"INSERT INTO job ({_KEPT}) VALUES ({_GIVEN}) RETURNING job_id"  # noqa: S608
_GET = f"SELECT {_COLUMNS} FROM job WHERE job_id = ?"  # noqa: S608
_RUNNING = f"SELECT {_COLUMNS} FROM job WHERE terminal_id = ? AND status = 'running' ORDER BY job_id"  # noqa: S608
_NEWEST = "SELECT max(job_id) FROM job WHERE terminal_id = ?"
_END = """
    UPDATE job SET status = ?, exit_code = ?, output_bytes = ?, redactions = ?, blob_id = ?, ended_at = ?
    WHERE job_id = ? AND status = 'running'"""


async def insert(connection: aiosqlite.Connection, record: JobRecord) -> int:
    """Add a job that begins; returns its id."""
    ((job_id,),) = await connection.execute_fetchall(_INSERT, asdict(record))
    return int(job_id)


async def get(connection: aiosqlite.Connection, job_id: int) -> JobRecord | None:
    """One job."""
    return next((JobRecord(*row) for row in await connection.execute_fetchall(_GET, (job_id,))), None)


async def running(connection: aiosqlite.Connection, terminal_id: int) -> list[JobRecord]:
    """The jobs of a terminal that were not seen to end, the oldest first."""
    return [JobRecord(*row) for row in await connection.execute_fetchall(_RUNNING, (terminal_id,))]


async def newest(connection: aiosqlite.Connection, terminal_id: int) -> int | None:
    """The last job of a terminal, ended or not."""
    ((job_id,),) = await connection.execute_fetchall(_NEWEST, (terminal_id,))
    return job_id if job_id is None else int(job_id)


async def end(connection: aiosqlite.Connection, record: JobRecord, output: Blob | None) -> None:
    """Keep how a job ended and what it printed; one that was seen to end before stays as it is."""
    blob_id = await blobs.put(connection, output, at=record.ended_at or record.started_at) if output else None
    values = (record.status, record.exit_code, record.output_bytes, record.redactions, blob_id, record.ended_at)
    await connection.execute(_END, (*values, record.job_id))
