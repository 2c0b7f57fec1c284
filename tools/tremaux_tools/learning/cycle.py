"""One turn of the learning cycle: watch what was kept, judge what is on trial, propose what the work speaks for.

It reads first, and then does all that it does in one transaction that only the leader can make: of a cycle whose
process died or was overtaken nothing is left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.core.learning.delta import Delta
from tremaux_tools.core.learning.rules import propose
from tremaux_tools.core.learning.work import Work, metrics
from tremaux_tools.core.settings.registry import INTERVAL, LEARNING, REASONING
from tremaux_tools.errors import BadArgument
from tremaux_tools.learning.curation import Basis, Curation
from tremaux_tools.learning.leadership import Leadership
from tremaux_tools.learning.trials import Trials
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.playbook import Playbook
from tremaux_tools.store import deltas, exposures, leaders, work
from tremaux_tools.store.database import Database
from tremaux_tools.store.leaders import Cycle

DAY = 86_400.0  # seconds
GIVEN_UP = DAY  # seconds without an attempt after which a goal counts as failed
KEPT = 90 * DAY  # seconds for which cycles, samples and counted tasks are kept


class Overtaken(Exception):
    """Another process leads by now; nothing was written."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn of the cycle did."""

    cycle: Cycle
    changed: tuple[Delta, ...] = ()  #: proposed, applied, kept or rolled back, as they stand now


class LearningCycle:
    """Makes turns of the cycle. `clock` gives Unix seconds, `cores` how many processors there are."""

    def __init__(
        self,
        database: Database,
        live: LiveSettings,
        leadership: Leadership,
        curation: Curation,
        trials: Trials,
        playbook: Playbook,
        *,
        clock: Callable[[], float],
        cores: int,
    ) -> None:
        self._database = database
        self._live = live
        self._leadership = leadership
        self._curation = curation
        self._trials = trials
        self._playbook = playbook
        self._clock = clock
        self._cores = cores

    async def turn(self, epoch: int) -> Turn:
        """Make one turn as the leader of that epoch.

        Raises:
            Overtaken: another process leads by now.
        """
        started = self._clock()
        work_now = await self.work()
        async with self._database.transaction() as connection:
            if not await self._leadership.renew(connection, epoch, interval=await self._interval(connection)):
                raise Overtaken
            await exposures.give_up(connection, before=started - GIVEN_UP, at=started)
            judged = [*await self._trials.watch(connection), *await self._trials.judge(connection)]
            await self._playbook.retire_harmful(connection, at=started)
            await self._curation.forget_unheard(connection)
            taken = await self._take(connection, work_now)
            await self._prune(connection, before=started - KEPT)
            cycle = Cycle(
                owner=await self._leadership.owner(),
                epoch=epoch,
                started_at=started,
                ended_at=self._clock(),
                tasks=len(work_now.tasks),
                proposed=len(taken),
                applied=_count(taken, "trial"),
                kept=_count(judged, "kept"),
                rolled_back=_count(judged, "rolled_back"),
            )
            await leaders.add_cycle(connection, cycle)
        return Turn(cycle, (*judged, *taken))

    async def fail(self, epoch: int, error: str) -> None:
        """Keep that a turn went wrong, and why."""
        now = self._clock()
        async with self._database.transaction() as connection:
            if await self._leadership.renew(connection, epoch, interval=await self._interval(connection)):
                cycle = Cycle(
                    owner=await self._leadership.owner(), epoch=epoch, started_at=now, ended_at=now, error=error
                )
                await leaders.add_cycle(connection, cycle)

    async def work(self) -> Work:
        """How work went of late."""
        standings = await self._live.everything()
        async with self._database.snapshot() as connection:
            return await work.read(
                connection,
                settings={standing.setting.name: standing.value for standing in standings},
                open_targets={standing.setting.name for standing in standings if standing.trial},
                fixed={standing.setting.name for standing in standings if standing.is_fixed},
                cores=self._cores,
                now=self._clock(),
            )

    async def basis(self, connection: aiosqlite.Connection, work_now: Work) -> Basis:
        """What proposals are judged by."""
        readings = await self._live.read(connection, [REASONING, LEARNING])
        return Basis(
            metrics(work_now),
            keywords=readings[REASONING.name].value == "keywords",
            is_on=readings[LEARNING.name].value,
        )

    async def _interval(self, connection: aiosqlite.Connection) -> float:
        interval: float = (await self._live.read(connection, [INTERVAL]))[INTERVAL.name].value
        return interval

    async def _take(self, connection: aiosqlite.Connection, work_now: Work) -> list[Delta]:
        """Take in what the rules propose; returns what is new."""
        new = []
        basis = await self.basis(connection, work_now)
        for proposal in propose(work_now):
            if (await self._curation.resolve(connection, proposal)).is_vote:
                continue  # the playbook says so already; that it came up again proves nothing for that bullet
            try:
                delta, is_new = await self._curation.take(connection, proposal, basis)
            except BadArgument:  # too many wait for a person already; another one may need none
                continue
            if is_new:
                new.append(delta)
        return new

    async def _prune(self, connection: aiosqlite.Connection, *, before: float) -> None:
        await leaders.prune_cycles(connection, before=before)
        await deltas.prune_rejected(connection, before=before)
        await exposures.prune(connection, before=before)


async def is_on(live: LiveSettings) -> bool:
    """Whether a person lets the cycle run."""
    return await live.value(LEARNING)


def _count(deltas: Sequence[Delta], status: str) -> int:
    return sum(delta.status == status for delta in deltas)
