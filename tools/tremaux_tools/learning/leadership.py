"""Lead the learning cycle of a database: one process at a time, and soon another one when it dies.

Whoever leads may be stopped half-way and wake up when somebody else has taken over. So the lead has a number, the
epoch, and whatever a leader writes it writes in one transaction that first asks whether the epoch is still its own.
Source: fencing tokens, Kleppmann 2017, Designing Data-Intensive Applications, chapter 8.
"""

from collections.abc import Callable

import aiosqlite

from tremaux_tools.places import identity
from tremaux_tools.store import leaders
from tremaux_tools.store.database import Database
from tremaux_tools.store.leaders import Leader

ROLE = "learning"
LEASE_INTERVALS = 1.5  # of the cycle, for which a leader that is not heard of still leads


class Leadership:
    """The claim of one process. `clock` gives Unix seconds; `owner` names the process, else it is this one."""

    def __init__(self, database: Database, *, clock: Callable[[], float], owner: str = "") -> None:
        self._database = database
        self._clock = clock
        self._owner = owner

    async def owner(self) -> str:
        """The name of the process that claims."""
        if not self._owner:
            self._owner = await identity.mine()
        return self._owner

    async def hold(self, *, interval: float) -> int | None:
        """Lead, or go on leading; returns the epoch, None while another process leads that lives."""
        async with self._database.snapshot() as connection:
            known = await leaders.get(connection, ROLE)
        now = self._clock()
        if known and known.owner == await self.owner() and known.until > now:
            return known.epoch
        if known and known.until > now and await identity.is_alive(known.owner):
            return None
        return await self._take(known, interval)

    async def seize(self, *, interval: float) -> int:
        """Lead from now on, whoever led before: what that one has not written yet it will not write any more."""
        while True:
            async with self._database.snapshot() as connection:
                known = await leaders.get(connection, ROLE)
            if (epoch := await self._take(known, interval)) is not None:
                return epoch

    async def renew(self, connection: aiosqlite.Connection, epoch: int, *, interval: float) -> bool:
        """Go on leading, in the transaction that writes; false when another process leads by now."""
        until = self._clock() + LEASE_INTERVALS * interval
        return await leaders.renew(connection, ROLE, await self.owner(), epoch, until=until)

    async def leader(self) -> Leader | None:
        """Who leads, as far as it is known; None while nobody does."""
        async with self._database.snapshot() as connection:
            known = await leaders.get(connection, ROLE)
        leads = known and known.until > self._clock() and await identity.is_alive(known.owner)
        return known if leads else None

    async def _take(self, known: Leader | None, interval: float) -> int | None:
        now = self._clock()
        async with self._database.transaction() as connection:
            until = now + LEASE_INTERVALS * interval
            if not await leaders.take(connection, ROLE, await self.owner(), known, at=now, until=until):
                return None
        return known.epoch + 1 if known else 1

    async def leave(self) -> None:
        """Let another process lead at once."""
        async with self._database.transaction() as connection:
            await leaders.leave(connection, ROLE, await self.owner())
