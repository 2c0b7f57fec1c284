"""Commands run in terminals as jobs: they go on when nobody waits, and are told when nobody watched."""

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from tremaux_tools.core.job import (
    JOB_PREFIX,
    Job,
    JobRecord,
    JobStatus,
    check_command,
    tail_of,
)
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.terminal.records import TerminalRecord
from tremaux_tools.core.terminal.run_script import Dialect, RunScript
from tremaux_tools.core.terminal.values import Run
from tremaux_tools.errors import PlaceUnavailable, StateError, TerminalBusy, TerminalError
from tremaux_tools.machine import Machine
from tremaux_tools.store import blobs, jobs
from tremaux_tools.store.database import Database
from tremaux_tools.terminals import runs
from tremaux_tools.terminals.live import Live
from tremaux_tools.terminals.texts import without_secrets
from tremaux_tools.terminals.waits import PROGRESS_EVERY, Progress

LEAST_PATIENCE = 2.0  # seconds a shell gets to take a command, however short the caller's time
MAX_OUTPUT = 8 * 1024 * 1024  # characters of an output that are kept: the newest
_NONCE_BYTES = 8


@dataclass(slots=True)
class _Active:
    """A job that this process watches."""

    record: JobRecord
    run: runs.Running
    target: str
    live: Live
    began: float  #: monotonic seconds
    watched: bool  #: from its first byte
    done: anyio.Event = field(default_factory=anyio.Event)
    kept: "_Kept | None" = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A job that has ended, as it is stored."""

    record: JobRecord
    output: str  #: without secrets
    gone: bool
    truncated: bool


class Jobs:
    """Runs commands in terminals and keeps what came of them. `clock` gives Unix seconds.

    A job under way belongs to `tasks`, not to the call that began it.
    """

    def __init__(self, database: Database, tasks: TaskGroup, redactor: Redactor, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._redactor = redactor
        self._tasks = tasks
        self._clock = clock
        self._active: dict[int, _Active] = {}

    async def run(
        self, terminal: TerminalRecord, live: Live, command: str, *, timeout: float, progress: Progress | None
    ) -> Run:
        """Run a command at the terminal's shell; what is not done after `timeout` seconds goes on as a job.

        Raises:
            BadArgument: the command is empty, too long or holds a NUL.
            TerminalBusy: another program or run has the terminal.
            TerminalGone: the terminal has ended.
        """
        check_command(command)
        deadline = time.monotonic() + timeout
        await self.adopt(terminal, live)
        with anyio.move_on_after(max(timeout, LEAST_PATIENCE)) as waiting:
            await live.running.acquire()
        if waiting.cancelled_caught:
            raise TerminalBusy(f"terminal {terminal.name!r} is busy with another run")
        active = await self._begin(terminal, live, command, within=max(deadline - time.monotonic(), LEAST_PATIENCE))
        while not active.done.is_set() and (left := deadline - time.monotonic()) > 0:
            with anyio.move_on_after(min(left, PROGRESS_EVERY)):
                await active.done.wait()
            if progress and not active.done.is_set():
                await progress(timeout - max(deadline - time.monotonic(), 0.0), timeout)
        return await self._told(terminal.name, active)

    async def adopt(self, terminal: TerminalRecord, live: Live) -> None:
        """Go on watching the runs of a terminal that another process, which may be no more, began there.

        That one may watch as well; the first to see the end keeps it. A shell runs one command at a time, so all but
        the newest have ended.
        """
        if not terminal.terminal_id:
            return
        async with self._database.snapshot() as connection:
            found = await jobs.running(connection, terminal.terminal_id)
        for record in found:
            if record.job_id in self._active:
                continue
            run = runs.Running(_script(record), record.log, read=live.ring.begin, gaps=live.gaps)
            active = _Active(record, run, terminal.name, live, time.monotonic(), watched=False)
            code = await runs.recover(live.machine, run)
            if code is not None or record is not found[-1]:
                await self._end(active, runs.Result(code, "", 0, gone=False, truncated=False))
            elif record.job_id not in self._active:
                self._active[record.job_id] = active
                self._tasks.start_soon(self._see_through, active)

    async def abandon(self, terminal: TerminalRecord, logs: Machine | None) -> None:
        """Keep what is left of the runs of a terminal that is no more; `logs` has the copies of their output."""
        async with self._database.snapshot() as connection:
            found = await jobs.running(connection, terminal.terminal_id)
        for record in found:
            if record.job_id in self._active:
                continue
            result = runs.NOTHING
            if logs is not None:
                with suppress(PlaceUnavailable):
                    result = await runs.copied(logs, runs.Running(_script(record), record.log), None, gone=True)
            await self._keep(record, "lost", result)

    async def find(self, job_id: str) -> JobRecord:
        """The job of that id.

        Raises:
            UnknownItem: there is none.
        """
        async with self._database.snapshot() as connection:
            return await jobs.find(connection, job_id)

    async def newest(self, terminal: TerminalRecord) -> str:
        """The id of the last job of a terminal, ended or not; empty where there was none."""
        async with self._database.snapshot() as connection:
            job_id = await jobs.newest(connection, terminal.terminal_id)
        return "" if job_id is None else f"{JOB_PREFIX}{job_id}"

    async def look(self, record: JobRecord, target: str, *, wait: float, tail: int) -> Job:
        """How a job stands, with the last `tail` lines it printed; waits up to `wait` seconds for its end."""
        if active := self._active.get(record.job_id):
            target = active.target
            with anyio.move_on_after(wait):
                await active.done.wait()
        record = await self.find(record.name)
        text, redactions = await self._text(record)
        return Job(
            job_id=record.name,
            kind=record.kind,
            target=target,
            command=record.command,
            status=record.status,
            exit_code=record.exit_code,
            cause=record.cause,
            started_at=record.started_at,
            duration=(record.ended_at or self._clock()) - record.started_at,
            log_tail=tail_of(text, tail),
            redactions=redactions,
        )

    async def log(self, record: JobRecord) -> str:
        """All that is kept of what a job printed, without secrets."""
        return (await self._text(record))[0]

    async def _text(self, record: JobRecord) -> tuple[str, int]:
        active = self._active.get(record.job_id)
        if record.status == "running" and active:
            found = await without_secrets(await runs.printed(active.live, active.run), self._redactor)
            return found.text, found.count
        if record.blob_id is None:
            return "", record.redactions
        async with self._database.snapshot() as connection:
            return await blobs.get(connection, record.blob_id), record.redactions

    async def _begin(self, terminal: TerminalRecord, live: Live, command: str, *, within: float) -> _Active:
        """Have the shell begin; from here on the run holds the terminal until it ends."""
        try:
            began = time.monotonic()
            shell = await runs.ready(live, terminal.name, within=within)
            record = await self._record(terminal, live, command)
            script = _script(record, command, "fish" if shell == "fish" else "posix")
            run = runs.Running(script, record.log, read=live.ring.end, gaps=live.gaps)
            active = self._active[record.job_id] = _Active(record, run, terminal.name, live, began, watched=True)
            try:
                await runs.begin(live, run, within=within)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await self._keep(record, "lost", runs.Result(None, "", 0, gone=False, truncated=False))
                    await self._clear(record, live)
                del self._active[record.job_id]
                raise
        except BaseException:
            live.running.release()
            raise
        self._tasks.start_soon(self._see_through, active)
        return active

    async def _record(self, terminal: TerminalRecord, live: Live, command: str) -> JobRecord:
        nonce = secrets.token_hex(_NONCE_BYTES)
        record = JobRecord(
            job_id=0,
            terminal_id=terminal.terminal_id or None,  # a person's session has no row
            project=terminal.project,
            command=self._redactor.redact(command).text,
            nonce=nonce,
            directory=f"{await live.machine.private_directory()}/{nonce}",
            log=f"{await live.logs.private_directory()}/{nonce}/log",
            status="running",
            exit_code=None,
            output_bytes=0,
            redactions=0,
            blob_id=None,
            started_at=self._clock(),
            ended_at=None,
        )
        async with self._database.transaction() as connection:
            job_id = await jobs.insert(connection, record)
            assert job_id is not None  # only an import can be there already
            return replace(record, job_id=job_id)

    async def _see_through(self, active: _Active) -> None:
        """Watch a job to its end, keep it, and give the terminal free."""
        if not active.watched:
            await active.live.running.acquire()
        try:
            await self._end(active, await runs.finish(active.live, active.run))
        except (StateError, PlaceUnavailable):
            pass  # its files stay, and who asks for it next keeps what they tell
        finally:
            active.live.running.release()
            self._active.pop(active.record.job_id, None)
            active.done.set()

    async def _end(self, active: _Active, result: runs.Result) -> None:
        if not active.watched and not result.gone:
            result = await runs.copied(active.live.logs, active.run, result.exit_code)
        status: JobStatus = "exited" if result.exit_code is not None else "killed" if result.gone else "lost"
        active.kept = await self._keep(active.record, status, result)
        await self._clear(active.record, active.live)

    async def _clear(self, record: JobRecord, live: Live) -> None:
        """Remove the files of a run, where they can still be reached."""
        with suppress(TerminalError, PlaceUnavailable):
            await live.copy_no_more()
        with suppress(PlaceUnavailable):
            await live.machine.remove(record.directory)
            await live.logs.remove(str(PurePosixPath(record.log).parent))

    async def _keep(self, record: JobRecord, status: JobStatus, result: runs.Result) -> _Kept:
        found = await anyio.to_thread.run_sync(lambda: self._redactor.redact(result.output[-MAX_OUTPUT:]))
        blob = await anyio.to_thread.run_sync(blobs.pack, found.text) if found.text else None
        ended = replace(
            record,
            status=status,
            exit_code=result.exit_code,
            output_bytes=result.size,
            redactions=found.count,
            ended_at=self._clock(),
        )
        async with self._database.transaction() as connection:
            await jobs.end(connection, ended, blob)
        truncated = result.truncated or len(result.output) > MAX_OUTPUT
        return _Kept(ended, found.text, gone=result.gone, truncated=truncated)

    async def _told(self, target: str, active: _Active) -> Run:
        kept = active.kept
        found = None
        if kept is None:
            found = await without_secrets(await runs.printed(active.live, active.run), self._redactor)
        return Run(
            job_id=f"{JOB_PREFIX}{active.record.job_id}",
            target=target,
            status=kept.record.status if kept else "running",
            exit_code=kept.record.exit_code if kept else None,
            output=kept.output if kept else found.text if found else "",
            duration=time.monotonic() - active.began,
            outcome=("gone" if kept.gone else "exited") if kept else "timed_out",
            truncated=kept.truncated if kept else False,
            redactions=kept.record.redactions if kept else found.count if found else 0,
        )


def _script(record: JobRecord, command: str = "", dialect: Dialect = "posix") -> RunScript:
    """The files of a job; of one that has begun only their names are needed any more."""
    return RunScript(command, record.nonce, record.directory, dialect)
