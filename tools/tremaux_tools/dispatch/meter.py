"""Watch what a run uses while it goes on, and stop it cleanly once a budget is spent."""

from collections.abc import Callable
from dataclasses import replace

import anyio
import anyio.to_thread

from tremaux_tools.core.job import JobRecord
from tremaux_tools.core.tickets.result import UsageMeter
from tremaux_tools.dispatch.budgets import BudgetKeeper
from tremaux_tools.dispatch.leases import Claimed
from tremaux_tools.jobs import Jobs
from tremaux_tools.store import moves, runs, tickets
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.workers import Workers

PULSE = 2.0  # seconds between two looks


class Meter:
    """Meters running workers. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        changes: Changes,
        jobs: Jobs,
        workers: Workers,
        budgets: BudgetKeeper,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._changes = changes
        self._jobs = jobs
        self._workers = workers
        self._budgets = budgets
        self._clock = clock

    async def follow(self, claimed: Claimed, job: JobRecord) -> None:
        """Note what a run tells that it used; once a budget is spent, write down that it is to be paused, and end."""
        profile = await self._workers.profile_of(claimed.ticket)
        meter = UsageMeter(profile.output if profile else "text")
        offset = 0
        while True:
            await anyio.sleep(PULSE)
            while piece := await self._jobs.peek(job, offset):
                offset += len(piece)
                await anyio.to_thread.run_sync(meter.feed, piece)
            await self._note(claimed, meter)
            if await self._pause(claimed):
                return

    async def _note(self, claimed: Claimed, meter: UsageMeter) -> None:
        if not meter.usage_by_model:
            return
        async with self._database.transaction() as connection:
            await runs.set_usage(connection, claimed.run, meter.usage_by_model, at=self._clock())

    async def _pause(self, claimed: Claimed) -> bool:
        """Write down that a run is to be paused, if a budget of it is spent: first the intent, then the deed."""
        budgets = await self._budgets.of(claimed.ticket.root)
        async with self._database.snapshot() as connection:
            why = await self._budgets.spent(connection, claimed.ticket, budgets)
        if not why:
            return False
        async with self._database.transaction() as connection:
            if await runs.stop(connection, claimed.run.run_id, "budget"):
                ticket = await tickets.get(connection, claimed.ticket.ticket_id)
                await moves.save(connection, replace(ticket, reason=why), at=self._clock())
        self._changes.tell()
        return True
