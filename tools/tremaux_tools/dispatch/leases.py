"""Claim tickets, and hold the leases on their runs.

A run belongs to one process at a time: the database gives it to the first that asks, and takes it away when that
process dies, or does not renew its lease. Whoever takes it over goes on with the worker that is there.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import aiosqlite

from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.tickets.ticket import Run, Ticket
from tremaux_tools.dispatch.budgets import BudgetKeeper
from tremaux_tools.dispatch.pool import Held, Pool
from tremaux_tools.places import identity
from tremaux_tools.store import moves, runs, tickets
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.database import Database

LEASE = 20.0  # seconds; a process that is stopped, or starved, for longer loses its runs
DISPATCHER = "dispatcher"
"""Who moved a ticket, when it was none of the people and agents."""
_NONCE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Claimed:
    """A ticket whose newest run is this process's."""

    ticket: Ticket
    run: Run


@dataclass(frozen=True, slots=True)
class _Turn:
    """The ticket whose turn it is."""

    ticket_id: int
    root: str  #: where the settings of its project are
    running: int  #: workers, in all places


class Superseded(Exception):
    """The run is another process's by now, or is to be stopped before it began."""


class Leases:
    """The claims of one process, which `owner` names. `clock` gives Unix seconds."""

    def __init__(
        self, database: Database, budgets: BudgetKeeper, *, owner: str, pool: Pool, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._budgets = budgets
        self._clock = clock
        self._pool = pool
        self.owner = owner

    async def claim(self) -> Claimed | None:
        """Take the ticket whose turn it is, if there is room in the pool; its new run is ours.

        One whose budget is spent waits for a person instead.
        """
        # Without the lock, which the claim of another process may hold.
        root = await self._database.read(lambda connection: self._worth_it(connection, self._clock()))
        while root is not None:
            budgets = await self._budgets.of(root)  # before the lock: a slow disk would have all writers wait
            async with self._database.transaction() as connection:
                now = self._clock()  # once we have the lock: no ticket was put back later than that
                if (turn := await self._turn(connection, now)) is None:
                    return None
                held = await self._pool.look(connection, now=now)
                await self._pool.keep(connection, held)
                if turn.running >= held.room.workers:
                    return None
                if turn.root != root:  # other processes claimed, or a budget was spent: look again
                    root = turn.root
                    continue
                ticket = await tickets.get(connection, turn.ticket_id)
                if why := await self._budgets.spent(connection, ticket, budgets):
                    paused = replace(ticket, status="awaiting_approval", reason=why)
                    await moves.move(connection, ticket, paused, by=DISPATCHER, at=now)
                    continue
                return await self._taken(connection, ticket, held, workers=turn.running + 1, now=now)
        return None

    async def _turn(self, connection: Connection, now: float) -> _Turn | None:
        taken = await runs.taken(connection)
        ready = await runs.next_ready(connection, json.dumps(self._pool.full_places(taken)), now=now)
        return None if ready is None else _Turn(ready.ticket_id, ready.root, sum(taken.values()))

    async def _worth_it(self, connection: Connection, now: float) -> str | None:
        """The root of the ticket whose turn it is, if there is room for it, or something to remember of why not."""
        if (turn := await self._turn(connection, now)) is None:
            return None
        if turn.running == 0:
            return turn.root  # there is always room for one
        held = await self._pool.look(connection, now=now)
        return turn.root if held.is_news or turn.running < held.room.workers else None

    async def _taken(
        self, connection: aiosqlite.Connection, ticket: Ticket, held: Held, *, workers: int, now: float
    ) -> Claimed:
        run = Run(
            run_id=0,
            ticket_id=ticket.ticket_id,
            epoch=await runs.next_epoch(connection, ticket.ticket_id),
            nonce=secrets.token_hex(_NONCE_BYTES),
            state="starting",
            model=None,
            place=ticket.place,
            owner=self.owner,
            lease_until=now + LEASE,
            heartbeat_at=now,
            claimed_at=now,
            workers=workers,
        )
        run = replace(run, run_id=await runs.insert(connection, run))
        await self._pool.expose(connection, held, run_subject(run))
        begun = replace(ticket, status="in_progress", reason="", started_at=ticket.started_at or now, run=run)
        moved = await moves.move(connection, ticket, begun, by=DISPATCHER, at=now)
        if held.room.has_fallen_back:
            note = f"run one at a time: {held.room.why}"
            await moves.note(connection, moved, note, by=DISPATCHER, at=now)
        return Claimed(moved, run)

    async def renew(self) -> set[int]:
        """Renew all leases of this process; returns the runs that are still its."""
        now = self._clock()
        async with self._database.transaction() as connection:
            return await runs.renew(connection, self.owner, now=now, until=now + LEASE)

    async def orphans(self, known: set[int]) -> list[Claimed]:
        """Take over the runs that nobody sees to, but those `known` to this process.

        Their owner has died, has given them back, or has not renewed its lease.
        """
        async with self._database.snapshot() as connection:
            found = [run for run in await runs.open_runs(connection) if run.run_id not in known]
        alive: dict[str, bool] = {self.owner: False}  # one of ours that we do not know of was dropped by a fault
        taken = []
        for run in found:
            if run.owner not in alive:
                alive[run.owner] = await identity.is_alive(run.owner)
            now = self._clock()
            if alive[run.owner] and run.lease_until > now:
                continue
            async with self._database.transaction() as connection:
                if await runs.take_over(connection, run, self.owner, until=now + LEASE):
                    ours = await runs.get(connection, run.run_id)
                    taken.append(Claimed(await tickets.get(connection, run.ticket_id), ours))
        return taken

    async def wanted_stops(self) -> list[Run]:
        """The runs of this process that are to be stopped."""
        async with self._database.snapshot() as connection:
            return [run for run in await runs.open_runs(connection) if run.owner == self.owner and run.stopping]

    async def enter(self) -> None:
        """Be known as a process that dispatches; forgets those that died."""
        async with self._database.snapshot() as connection:
            known = await runs.dispatchers(connection)
        dead = [owner for owner in known if not await identity.is_alive(owner)]
        async with self._database.transaction() as connection:
            await runs.leave(connection, dead)
            await runs.enter(connection, self.owner, at=self._clock())

    async def leave(self) -> None:
        """Give all runs back, so that other processes see to them at once; their workers go on."""
        async with self._database.transaction() as connection:
            await runs.let_go(connection, self.owner)
            await runs.leave(connection, [self.owner])
