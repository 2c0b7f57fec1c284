"""The job service: commands that run as plain processes, what came of them, and directories of jobs run elsewhere.

Whichever process of Tremaux sees that a job has ended keeps its end; where several do, the first one counts.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.job import (
    TIMED_OUT,
    Cause,
    Job,
    JobRecord,
    JobStatus,
    Order,
    check_command,
    tail_of,
)
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.words import storable
from tremaux_tools.errors import BadArgument, PlaceUnavailable, StateError
from tremaux_tools.job_directory import Imported, read_directory
from tremaux_tools.job_log import printed, read_end, read_output
from tremaux_tools.outputs import read_chunks
from tremaux_tools.places import process
from tremaux_tools.places.foreground import Sink, run_through
from tremaux_tools.places.process import Ended, Process
from tremaux_tools.places.supervisor import LOG
from tremaux_tools.store import blobs, jobs
from tremaux_tools.store.database import Database

LEFTOVER_AGE = 3_600.0  # seconds; a younger directory may be that of a job which begins just now
MAX_RUNNING = 16  # processes of one project at a time; whoever starts more has lost sight of them
_NONCE_BYTES = 8


class Jobs:
    """Runs commands as processes of their own. `clock` gives Unix seconds.

    The files of running jobs lie in `folder`; programs get `environment`.
    """

    def __init__(
        self,
        database: Database,
        *,
        folder: Path,
        environment: Mapping[str, str],
        clock: Callable[[], float],
        redactor: Redactor = PUBLISHED,
    ) -> None:
        self._database = database
        self._folder = folder
        self._environment = environment
        self._clock = clock
        self._redactor = redactor
        self._starting = anyio.Lock()
        self._settling = anyio.Lock()

    async def start(self, order: Order) -> JobRecord:
        """Start a command that runs on whatever becomes of us. A cancelled call has started it whole, or not at all.

        Raises:
            BadArgument: the command or its directory makes no sense.
            PlaceUnavailable: no process can be started, or `MAX_RUNNING` of this project run already.
        """
        check_command(order.command)
        with anyio.CancelScope(shield=True):
            async with self._starting:
                await self._check_room(order.project)
                record, ours = await self._begin(order)
            try:
                begun = await process.start(
                    order.argv,
                    directory=ours.directory,
                    cwd=Path(order.cwd),
                    environment=self._environment,
                    mark=ours.mark,
                    timeout=order.timeout,
                )
            except BaseException:
                await self._forget(record, ours)
                raise
            record = replace(record, pid=begun.pid, born=begun.born)
            with suppress(StateError):  # such as a disk that its log has filled; it can be found by its mark as well
                async with self._database.transaction() as connection:
                    await jobs.watch(connection, record)
        return record

    async def run_here(self, order: Order, *, out: Sink, err: Sink) -> JobRecord:
        """Run a command as a child of this process, its output passed through unchanged; returns the ended job.

        Cancelling kills the child; the job is then lost. Where its end cannot be stored it is returned all the same.

        Raises:
            BadArgument: the command cannot be started.
        """
        check_command(order.command)
        record, ours = await self._begin(order)
        try:
            code = await run_through(
                order.argv,
                log=Path(record.log),
                out=out,
                err=err,
                cwd=Path(order.cwd),
                environment=self._environment,
                mark=ours.mark,
                timeout=order.timeout,
            )
        except BadArgument:
            await self._forget(record, ours)
            raise
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._end(record, ours, "lost", None)
            raise
        ended = Ended(code, "timeout" if code is None else "", self._clock())
        try:
            return await self._end(record, ours, "exited" if code is not None else "killed", ended)
        except StateError:  # its exit code still counts for who waits for it
            return replace(record, status="exited", exit_code=TIMED_OUT if code is None else code, ended_at=ended.at)

    async def find(self, job_id: str) -> JobRecord:
        """The job of that id, of any kind, as it was last stored.

        Raises:
            UnknownItem: there is none.
        """
        async with self._database.snapshot() as connection:
            return await jobs.find(connection, job_id)

    async def wait(self, record: JobRecord) -> JobRecord:
        """Wait for a process to end, and keep its end. Cancelling leaves it running."""
        if record.status == "running":
            known = await _process_of(record)
            await known.wait()
            record = await self._settle(record, known, "")
        return record

    async def cancel(self, record: JobRecord) -> JobRecord:
        """End a process with all its descendants; one that has ended stays as it was."""
        if record.status == "running":
            known = await _process_of(record)
            await known.stop()
            record = await self._settle(record, known, "cancel")
        return record

    async def look(self, record: JobRecord, *, wait: float, tail: int) -> Job:
        """How a job stands, with the last `tail` lines it printed; waits up to `wait` seconds for its end."""
        with anyio.move_on_after(wait):
            record = await self.wait(record)
        record = await self.refresh(record)
        text, redactions = await self._latest(record) if record.status == "running" else (await self.log(record), 0)
        return Job(
            job_id=record.name,
            kind=record.kind,
            target="",
            command=record.command,
            status=record.status,
            exit_code=record.exit_code,
            cause=record.cause,
            started_at=record.started_at,
            duration=(record.ended_at or self._clock()) - record.started_at,
            log_tail=tail_of(text, tail),
            redactions=redactions or record.redactions,
        )

    async def refresh(self, record: JobRecord) -> JobRecord:
        """A job as it stands now; the end of a process that nobody has kept yet is kept."""
        record = await self.find(record.name)
        if record.status == "running" and record.kind == "process":
            known = await _process_of(record)
            if await known.ended() or not await known.is_alive():
                record = await self._settle(record, known, "")
        return record

    async def log(self, record: JobRecord) -> str:
        """All that is kept of what a job printed, without secrets; of one that runs, what it printed so far."""
        if record.status == "running":
            return (await anyio.to_thread.run_sync(read_output, printed(record.log), self._redactor)).text
        if record.blob_id is None:
            return ""
        async with self._database.snapshot() as connection:
            return await blobs.get(connection, record.blob_id)

    async def sweep(self) -> None:
        """Keep the end of every process that has ended while nobody watched, and clear up behind who died."""
        found = await self.running()
        for record in found:
            await self.refresh(record)
        await process.clear(self._folder, keep={record.nonce for record in found}, before=self._clock() - LEFTOVER_AGE)

    async def running(self) -> list[JobRecord]:
        """The processes that nobody has seen to end, of all projects."""
        async with self._database.snapshot() as connection:
            return await jobs.running_processes(connection)

    async def unrecorded(self) -> list[JobRecord]:
        """The ended jobs that should be attempts in the journal and are not yet, the oldest first."""
        async with self._database.snapshot() as connection:
            return await jobs.unrecorded(connection)

    async def recent(self, project: str, *, limit: int) -> list[JobRecord]:
        """The ended jobs of a project, of any kind, the newest first."""
        async with self._database.snapshot() as connection:
            return await jobs.recent(connection, project, limit=limit)

    async def import_directory(self, directory: Path, project: str) -> Imported:
        """Take in a job that was run elsewhere: its `output.log` and `meta.json`. Twice the same is one job.

        Raises:
            BadArgument: there is no such directory, or no readable `output.log` in it.
        """
        found = await anyio.to_thread.run_sync(read_directory, directory)
        output = await anyio.to_thread.run_sync(read_output, read_chunks(found.log), self._redactor)
        meta = found.meta
        ended_at = meta.ended_at if meta.ended_at is not None else self._clock()
        record = JobRecord(
            job_id=0,
            terminal_id=None,
            project=project,
            command=self._words(meta.command),
            nonce="",
            directory=git.printable(str(found.directory)),
            log="",
            status="exited" if meta.exit_code is not None else "lost",
            exit_code=meta.exit_code,
            output_bytes=output.full_bytes,
            redactions=output.redactions,
            blob_id=None,
            started_at=meta.started_at if meta.started_at is not None else ended_at,
            ended_at=ended_at,
            kind="import",
            digest=found.digest,
        )
        async with self._database.transaction() as connection:
            if output.blob:
                record = replace(record, blob_id=await blobs.put(connection, output.blob, at=self._clock()))
            job_id = await jobs.insert(connection, record)
            known = await jobs.imported(connection, project, found.digest)
        assert known is not None
        warnings = tuple(map(self._words, found.warnings))
        return Imported(known, warnings, is_new=job_id is not None)

    async def _begin(self, order: Order) -> tuple[JobRecord, Process]:
        """Store a job that begins; until its own process is known, this one sees it through."""
        for path in (order.root, order.cwd, str(self._folder)):
            if path != storable(path):
                raise BadArgument(
                    f"the path {git.printable(path)!r} cannot be stored", "Use one of printable characters in UTF-8."
                )
        nonce = secrets.token_hex(_NONCE_BYTES)
        directory = self._folder / nonce
        await process.prepare(directory)
        ours = await process.here(directory, nonce)
        record = JobRecord(
            job_id=0,
            terminal_id=None,
            project=order.project,
            command=self._words(order.command),
            nonce=nonce,
            directory=str(directory),
            log=str(directory / LOG),
            status="running",
            exit_code=None,
            output_bytes=0,
            redactions=0,
            blob_id=None,
            started_at=self._clock(),
            ended_at=None,
            kind="process",
            root=order.root,
            cwd=order.cwd,
            pid=ours.pid,
            born=ours.born,
            timeout=order.timeout,
            goal=order.goal,
            gate=self._words(order.gate),
            pattern=order.pattern,
            action=self._words(order.action),
            hypothesis=self._words(order.hypothesis),
            tree=order.tree,
            client=self._words(order.client),
            agent=self._words(order.agent),
        )
        async with self._database.transaction() as connection:
            job_id = await jobs.insert(connection, record)
        assert job_id is not None  # only an import can be there already
        return replace(record, job_id=job_id), ours

    async def _check_room(self, project: str) -> None:
        """Do nothing while few processes of a project run."""
        found = [record for record in await self.running() if record.project == project]
        if len(found) >= MAX_RUNNING:  # some may have ended without anybody looking
            found = [record for record in found if (await self.refresh(record)).status == "running"]
        if len(found) >= MAX_RUNNING:
            raise PlaceUnavailable(
                f"{len(found)} commands of this project run already",
                f"Wait for one with get_job, or end one with cancel_job: {found[0].name} is the oldest.",
            )

    def _words(self, text: str) -> str:
        """A text that can be stored and shown, without secrets."""
        return self._redactor.redact(storable(text)).text

    async def _forget(self, record: JobRecord, ours: Process) -> None:
        """Take back a job that did not begin."""
        async with self._database.transaction() as connection:
            await jobs.delete(connection, record.job_id)
        await ours.remove()

    async def _settle(self, record: JobRecord, known: Process, cause: Cause) -> JobRecord:
        """Keep the end of a process that is no more; `cause` is ours, where it left no word of its own."""
        async with self._settling:  # the next one finds it done
            record = await self.find(record.name)
            if record.status != "running":
                return record
            ended = await known.ended()
            if ended is None:  # its supervisor was killed
                await known.kill()
                status: JobStatus = "killed" if cause else "lost"
                return await self._end(record, known, status, Ended(None, cause, self._clock()))
            return await self._end(record, known, "killed" if ended.cause else "exited", ended)

    async def _end(self, record: JobRecord, known: Process, status: JobStatus, ended: Ended | None) -> JobRecord:
        """Keep how a job ended and what it printed, then remove its files."""
        output = await anyio.to_thread.run_sync(read_output, printed(record.log), self._redactor)
        code = None if ended is None else TIMED_OUT if ended.cause == "timeout" else ended.exit_code
        record = replace(
            record,
            status=status,
            exit_code=code,
            cause=ended.cause if ended else "",
            output_bytes=output.full_bytes,
            redactions=output.redactions,
            ended_at=max(ended.at if ended else self._clock(), record.started_at),
        )
        with anyio.CancelScope(shield=True):  # what is kept leaves no files behind
            async with self._database.transaction() as connection:
                await jobs.end(connection, record, output.blob)
            await known.remove()
        return await self.find(record.name)

    async def _latest(self, record: JobRecord) -> tuple[str, int]:
        """The end of the log of a running job, and how many secrets were taken out of it."""
        return await anyio.to_thread.run_sync(read_end, Path(record.log), self._redactor)


async def _process_of(record: JobRecord) -> Process:
    """The process of a job; the starter may have died before it could note the supervisor it started."""
    assert record.pid is not None
    directory = Path(record.directory)
    return await process.find(directory, record.nonce) or Process(directory, record.nonce, record.pid, record.born)
