"""The job service: commands that run in a place of their own, what came of them, and jobs that were run elsewhere.

Whichever process of Tremaux sees that a job has ended keeps its end; where several do, the first one counts.
"""

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
    tail_of,
)
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.words import safe
from tremaux_tools.errors import BadArgument, PlaceUnavailable, StateError, UnknownItem
from tremaux_tools.job_directory import Imported, read_directory
from tremaux_tools.job_log import printed, read_end, read_output
from tremaux_tools.job_starts import Guard, Starts
from tremaux_tools.outputs import read_chunks
from tremaux_tools.place import Place, Standing
from tremaux_tools.places import supervised
from tremaux_tools.places.foreground import Sink, run_through
from tremaux_tools.store import blobs, jobs
from tremaux_tools.store.database import Database

LEFTOVER_AGE = 3_600.0  # seconds; a younger directory may be that of a job which begins just now
MAX_RUNNING = 16  # processes of one project at a time; whoever starts more has lost sight of them
GLANCE = 0.05  # seconds between two looks at a start


class Jobs:
    """Runs commands in the `places` there are, by their names. `clock` gives Unix seconds.

    The files of running jobs lie in `folder`; programs get `environment` where an order has none.
    """

    def __init__(
        self,
        database: Database,
        *,
        folder: Path,
        places: Mapping[str, Place],
        environment: Mapping[str, str],
        clock: Callable[[], float],
        redactor: Redactor = PUBLISHED,
    ) -> None:
        self._database = database
        self._folder = folder
        self.places = places
        self._environment = environment
        self._clock = clock
        self._redactor = redactor
        self._starts = Starts(
            database, folder=folder, places=places, environment=environment, clock=clock, redactor=redactor
        )
        self._starting = anyio.Lock()

    async def start(self, order: Order, *, guard: Guard | None = None) -> JobRecord:
        """Start a command that runs on whatever becomes of us. A cancelled call has started it whole, or not at all.

        Where the order's nonce names a job already, that one is returned as it was stored, and nothing is started.
        `guard` may refuse: what it raises leaves nothing behind.

        Raises:
            BadArgument: the command, its directory or its place makes no sense.
            PlaceUnavailable: nothing can be started there, or `MAX_RUNNING` of this project run already, not counting
                those whose nonce was given.
            UnknownItem: there is no such image.
        """
        with anyio.CancelScope(shield=True):
            if order.nonce:
                record, is_new = await self._starts.store(order, guard)
            else:
                async with self._starting:
                    await self._check_room(order.project)
                    record, is_new = await self._starts.store(order, guard)
            if is_new:
                record = await self._starts.submit(order, record)
        return record

    async def run_here(self, order: Order, *, out: Sink, err: Sink) -> JobRecord:
        """Run a command as a child of this process, its output passed through unchanged; returns the ended job.

        Cancelling kills the child; the job is then lost. Where its end cannot be stored it is returned all the same.

        Raises:
            BadArgument: the command cannot be started.
        """
        record, _ = await self._starts.store(order, None)
        try:
            await supervised.run_here(Path(record.directory))
            code = await run_through(
                order.argv,
                log=Path(record.log),
                out=out,
                err=err,
                cwd=Path(order.cwd),
                environment=self._environment,
                mark=record.nonce,
                timeout=order.timeout,
            )
        except (BadArgument, PlaceUnavailable):
            await self._starts.forget(record)
            raise
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._end(record, "lost", Standing("lost", at=self._clock()))
            raise
        ended = Standing("ended", code, "timeout" if code is None else "", self._clock())
        try:
            return await self._end(record, "exited" if code is not None else "killed", ended)
        except StateError:  # its exit code still counts for who waits for it
            return replace(record, status="exited", exit_code=TIMED_OUT if code is None else code, ended_at=ended.at)

    async def find(self, job_id: str) -> JobRecord:
        """The job of that id, of any kind, as it was last stored.

        Raises:
            UnknownItem: there is none.
        """
        async with self._database.snapshot() as connection:
            return await jobs.find(connection, job_id)

    async def by_nonce(self, nonce: str) -> JobRecord | None:
        """The job that a nonce names, as it was last stored."""
        async with self._database.snapshot() as connection:
            return await jobs.by_nonce(connection, nonce)

    async def wait(self, record: JobRecord) -> JobRecord:
        """Wait for a job to end, and keep its end. Cancelling leaves it running."""
        if record.status == "running":
            while await self._starts.is_starting(record):  # noqa: ASYNC110 - another process is, and tells nobody
                await anyio.sleep(GLANCE)
            await self.places[record.place].wait(record.nonce)
            record = await self._settle(record, "")
        return record

    async def cancel(self, record: JobRecord) -> JobRecord:
        """End a job with all its descendants; one that has ended stays as it was, one that had not begun never will."""
        if record.status == "running":
            await self.places[record.place].stop(record.nonce)
            record = await self._settle(record, "cancel")
        return record

    async def end_family(self, record: JobRecord) -> None:
        """End all that is left of a job, in its place; also daemons that outlived it."""
        await self.places[record.place].stop(record.nonce)

    async def peek(self, record: JobRecord, offset: int) -> bytes:
        """What a running job printed from a byte offset on, at most a piece of it, as it came; empty once it ended."""
        return await self.places[record.place].tail(record.nonce, offset)

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
        """A job as it stands now; the end of one that nobody has kept yet is kept.

        One whose starter died, or takes longer than `STARTING`, and that has not begun, is lost and will never begin.
        """
        record = await self.find(record.name)
        if record.status != "running" or record.kind != "process" or await self._starts.is_starting(record):
            return record
        now = await self.places[record.place].poll(record.nonce)
        return record if now.state == "running" else await self._settle(record, "")

    async def log(self, record: JobRecord) -> str:
        """All that is kept of what a job printed, without secrets; of one that runs, what it printed so far."""
        if record.status == "running":
            return (await anyio.to_thread.run_sync(read_output, printed(record.log), self._redactor)).text
        if record.blob_id is None:
            return ""
        async with self._database.snapshot() as connection:
            return await blobs.get(connection, record.blob_id)

    async def sweep(self) -> None:
        """Keep the end of every job that has ended while nobody watched, and clear up behind who died."""
        found = await self.running()
        for record in found:
            with suppress(UnknownItem, PlaceUnavailable):  # it was taken back just now, or nobody can tell
                await self.refresh(record)
        running = {record.nonce for record in found}
        for place in self.places.values():
            with suppress(PlaceUnavailable):
                for nonce in set(await place.names()) - running:
                    await self._clear_orphan(place, nonce)
        await supervised.clear(self._folder, keep=running, before=self._clock() - LEFTOVER_AGE)

    async def running(self) -> list[JobRecord]:
        """The processes that nobody has seen to end, of all projects."""
        async with self._database.snapshot() as connection:
            return await jobs.running_processes(connection)

    async def unrecorded(self) -> list[JobRecord]:
        """The ended jobs that should be attempts in the journal and are not yet, the oldest first."""
        async with self._database.snapshot() as connection:
            return await jobs.unrecorded(connection)

    async def recent(self, project: str, *, goal: str | None = None, limit: int) -> list[JobRecord]:
        """The ended jobs of a project, of any kind, the newest first; those of one goal, or all for None."""
        async with self._database.snapshot() as connection:
            return await jobs.recent(connection, project, goal=goal, limit=limit)

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
            command=safe(meta.command, self._redactor),
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
        warnings = tuple(safe(warning, self._redactor) for warning in found.warnings)
        return Imported(known, warnings, is_new=job_id is not None)

    async def close(self) -> None:
        """Leave all places; the jobs run on."""
        for place in self.places.values():
            await place.aclose()

    async def _check_room(self, project: str) -> None:
        """Do nothing while few processes of a project run."""
        found = [record for record in await self.running() if record.project == project and not record.named]
        if len(found) >= MAX_RUNNING:  # some may have ended without anybody looking
            found = [record for record in found if (await self.refresh(record)).status == "running"]
        if len(found) >= MAX_RUNNING:
            raise PlaceUnavailable(
                f"{len(found)} commands of this project run already",
                f"Wait for one with get_job, or end one with cancel_job: {found[0].name} is the oldest.",
            )

    async def _settle(self, record: JobRecord, cause: Cause) -> JobRecord:
        """Keep the end of a job that is no more; `cause` is ours, where it left no word of its own."""
        record = await self.find(record.name)
        if record.status != "running":
            return record
        place = self.places[record.place]
        now = await place.poll(record.nonce)
        if now.state == "ended":
            return await self._end(record, "killed" if now.cause else "exited", now)
        if now.state == "running" and not cause:
            return record
        await place.stop(record.nonce)  # its supervisor was killed, and what it watched may live
        return await self._end(record, "killed" if cause else "lost", Standing("lost", None, cause, self._clock()))

    async def _end(self, record: JobRecord, status: JobStatus, ended: Standing) -> JobRecord:
        """Keep how a job ended and what it printed, then remove its files and what is left in its place."""
        output = await anyio.to_thread.run_sync(read_output, printed(record.log), self._redactor)
        record = replace(
            record,
            status=status,
            exit_code=TIMED_OUT if ended.cause == "timeout" else ended.exit_code,
            cause=ended.cause,
            output_bytes=output.full_bytes,
            redactions=output.redactions,
            ended_at=max(ended.at, record.started_at),
            cpu_s=ended.resources.cpu,
            memory_bytes=ended.resources.memory,
        )
        with anyio.CancelScope(shield=True):  # what is kept leaves no files behind
            async with self._database.transaction() as connection:
                await jobs.end(connection, record, output.blob)
            await supervised.clear_away(self.places[record.place], Path(record.directory))
        return await self.find(record.name)

    async def _clear_orphan(self, place: Place, nonce: str) -> None:
        """Leave nothing of what is no running job: its end was kept, or its start was taken back, by who died then."""
        record = await self.by_nonce(nonce)
        if record is None or record.status != "running":
            await place.stop(nonce)
            await supervised.clear_away(place, self._folder / nonce)

    async def _latest(self, record: JobRecord) -> tuple[str, int]:
        """The end of the log of a running job, and how many secrets were taken out of it."""
        return await anyio.to_thread.run_sync(read_end, Path(record.log), self._redactor)
