"""The dispatch loop: claim what is ready, begin it, see it through, adopt what others left behind."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import aiosqlite
import anyio
from anyio import CancelScope
from anyio.abc import TaskGroup

from tremaux_tools.core.context import Context
from tremaux_tools.core.job import JobRecord
from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.repeats import Repeats
from tremaux_tools.core.settings.registry import MAX_CPU_PER_AGENT
from tremaux_tools.core.tickets.ticket import Run, Ticket
from tremaux_tools.dispatch.folders import Folders
from tremaux_tools.dispatch.leases import DISPATCHER, Claimed, Leases, Superseded
from tremaux_tools.dispatch.meter import Meter
from tremaux_tools.dispatch.preparation import Preparation
from tremaux_tools.dispatch.settlement import Settlement
from tremaux_tools.errors import StateCorrupt, StateError, StateNewer, TremauxError
from tremaux_tools.jobs import Jobs
from tremaux_tools.store import exposures, moves, runs, tickets
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database

BEAT = 5.0  # seconds between two renewals of the leases
BUSY_POLL = 0.1  # seconds between looks for what other processes wrote, while there is work
IDLE_POLL = 1.0  # seconds, while there is none
LOOK_ROUND = 2.0  # seconds between looks for runs that nobody sees to: a dead process tells nobody
RECOVERY = 5.0  # seconds until a loop that met an error goes on
LEAVING = 5.0  # seconds to give the leases back
LASTING = (StateCorrupt, StateNewer)  # what no waiting mends

_log = logging.getLogger(__name__)


class Dispatcher:
    """Runs the tickets of all projects of one database. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        changes: Changes,
        jobs: Jobs,
        leases: Leases,
        preparation: Preparation,
        settlement: Settlement,
        meter: Meter,
        folders: Folders,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._changes = changes
        self._jobs = jobs
        self._leases = leases
        self._preparation = preparation
        self._settlement = settlement
        self._meter = meter
        self._folders = folders
        self._clock = clock
        self._own: dict[int, CancelScope] = {}
        self._stopped: set[int] = set()
        self._ends_it: tuple[type[TremauxError], ...] = ()
        self._warnings = Repeats()

    async def run(self, *, until_idle: bool = False) -> None:
        """Dispatch until cancelled, or with `until_idle` until nothing runs and nothing could.

        Cancelled, it gives its runs back; their workers go on.

        Raises:
            StateCorrupt, StateNewer: the database stays unusable, so `until_idle` would never come true. Without it
                the error is only logged: somebody may mend the file while a server runs.
        """
        self._ends_it = LASTING if until_idle else ()
        await self._leases.enter()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._beat)
                tasks.start_soon(self._sweep)
                await self._loop(tasks, until_idle=until_idle)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.move_on_after(LEAVING, shield=True), suppress(StateError):
                await self._leases.leave()

    async def _loop(self, tasks: TaskGroup, *, until_idle: bool) -> None:
        looked_round = 0.0
        while True:
            async with self._recovering("dispatch"):
                version = await self._changes.version()
                now = anyio.current_time()
                if now - looked_round >= LOOK_ROUND:
                    looked_round = now
                    for orphan in await self._leases.orphans(set(self._own)):
                        self._begin(tasks, self._adopt, orphan)
                while claimed := await self._leases.claim():
                    self._begin(tasks, self._start, claimed)
                for run in await self._leases.wanted_stops():
                    if run.run_id not in self._stopped:
                        self._stopped.add(run.run_id)
                        tasks.start_soon(self._stop, run)
                if until_idle and not self._own and not await self._is_work():
                    return
                with anyio.move_on_after(await self._patience()):
                    await self._changes.wait(version, poll=BUSY_POLL if self._own else IDLE_POLL)

    def _begin(self, tasks: TaskGroup, see_to: Callable[[Claimed], Awaitable[None]], claimed: Claimed) -> None:
        self._own[claimed.run.run_id] = scope = CancelScope()
        tasks.start_soon(self._see_to, see_to, claimed, scope)

    async def _see_to(self, see_to: Callable[[Claimed], Awaitable[None]], claimed: Claimed, scope: CancelScope) -> None:
        """See to one run, until it is settled or another process's; what goes wrong concerns no other run.

        Whoever looks round next goes on with it then.
        """
        try:
            async with self._recovering(f"run {claimed.run.epoch} of ticket {claimed.ticket.name}"):
                with scope:
                    await see_to(claimed)
        finally:
            del self._own[claimed.run.run_id]
            self._stopped.discard(claimed.run.run_id)
            self._changes.tell()

    async def _start(self, claimed: Claimed) -> None:
        """Begin a run that was just claimed, and see it through."""
        try:
            prepared = await self._preparation.prepare(claimed)
            await self._note(claimed.ticket, prepared.notes, context=prepared.context)
            claimed = Claimed(claimed.ticket, prepared.run)
            job = await self._jobs.start(prepared.order, guard=self._guard(prepared.run))
            if job.note:
                await self._note_unlimited(claimed, job.note)
        except Superseded:
            await self._settlement.lose(claimed, "stopped before it began")
        except StateError:
            raise
        except TremauxError as error:
            await self._settlement.give_up(claimed, error)
        else:
            self._changes.tell()
            await self._follow(claimed, job)

    async def _adopt(self, claimed: Claimed) -> None:
        """Go on with a run whose process has died: its worker may still be there."""
        job = await self._jobs.by_nonce(claimed.run.nonce)
        if job is None:
            await self._settlement.lose(claimed, "the process that was to begin it died")
        else:
            await self._follow(claimed, await self._jobs.refresh(job))

    async def _follow(self, claimed: Claimed, job: JobRecord) -> None:
        async with anyio.create_task_group() as tasks:
            if job.status == "running":
                tasks.start_soon(self._meter.follow, claimed, job)
            job = await self._jobs.wait(job)
            tasks.cancel_scope.cancel()
        await self._settlement.settle(claimed, job)

    async def _stop(self, run: Run) -> None:
        """End the worker of a run that is to be stopped; whoever sees to it settles it."""
        async with self._recovering(f"the end of run {run.epoch}"):
            if job := await self._jobs.by_nonce(run.nonce):
                await self._jobs.cancel(job)
                return
        self._stopped.discard(run.run_id)  # the next round tries again

    async def _note(self, ticket: Ticket, notes: Sequence[str], *, context: Context | None) -> None:
        """Keep what a person should know of a run, and what it works with."""
        if not notes and context is None:
            return
        async with self._database.transaction() as connection:
            if context is not None:
                await tickets.set_context(connection, ticket.ticket_id, context)
            for note in notes:
                await moves.note(connection, ticket, note, by=DISPATCHER, at=self._clock())

    async def _note_unlimited(self, claimed: Claimed, note: str) -> None:
        """Keep why a worker has not the limit it was to have; its run then says nothing of that setting."""
        async with self._database.transaction() as connection:
            await exposures.forget(connection, run_subject(claimed.run), MAX_CPU_PER_AGENT.name)
            await moves.note(connection, claimed.ticket, note, by=DISPATCHER, at=self._clock())

    def _guard(self, run: Run) -> Callable[[aiosqlite.Connection], Awaitable[None]]:
        """Let a job begin only as long as its run is ours: checked and noted in the transaction that stores the job."""

        async def guard(connection: aiosqlite.Connection) -> None:
            if not await runs.begin(connection, run, at=self._clock()):
                raise Superseded

        return guard

    async def _beat(self) -> None:
        """Renew the leases; let go of runs that were taken away."""
        while True:
            await anyio.sleep(BEAT)
            if self._own:
                async with self._recovering("the renewal of leases"):
                    ours = await self._leases.renew()
                    for run_id in self._own.keys() - ours:
                        await self._let_go(run_id)

    async def _let_go(self, run_id: int) -> None:
        async with self._database.snapshot() as connection:
            run = await runs.get(connection, run_id)
        if run.owner != self._leases.owner and run_id in self._own:  # else it has just ended
            self._own[run_id].cancel()

    async def _sweep(self) -> None:
        async with self._recovering("clearing up"):
            await self._folders.sweep()

    async def _is_work(self) -> bool:
        async with self._database.snapshot() as connection:
            return await runs.is_work(connection)

    async def _patience(self) -> float:
        """How long to wait for a change, in seconds: a ticket that was put back is due by the clock."""
        now = self._clock()
        async with self._database.snapshot() as connection:
            due = await runs.next_due(connection, now=now)
        return LOOK_ROUND if due is None else min(max(due - now, 0.0), LOOK_ROUND)

    @asynccontextmanager
    async def _recovering(self, what: str) -> AsyncIterator[None]:
        """Report what goes wrong, and go on later: nothing that befalls one run may end the others, or the server."""
        try:
            yield
        except* self._ends_it:
            raise
        except* TremauxError as errors:  # such as a locked database, a full disk, an engine that is gone
            warning = f"{what}: {_first(errors)}"
            if self._warnings.is_news(warning, at=anyio.current_time()):
                _log.warning("%s", warning)
            await anyio.sleep(RECOVERY)
        except* Exception:  # noqa: BLE001  a fault of ours
            _log.exception("%s", what)
            await anyio.sleep(RECOVERY)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of the errors that task groups have wrapped."""
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
