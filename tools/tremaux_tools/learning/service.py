"""The learning service: what was proposed, what came of it, and what a person decides about it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import aiosqlite

from tremaux_tools.core.learning.delta import Delta, DeltaStatus, Proposal
from tremaux_tools.core.learning.work import MIN_TASKS, Figure, Work, metrics
from tremaux_tools.core.playbook import Bullet
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.settings.registry import FALLBACK_THRESHOLD, INTERVAL, MAX_WORKERS, STRATEGY
from tremaux_tools.core.tickets.coordination import Room, Rules, room
from tremaux_tools.core.words import shorten
from tremaux_tools.errors import BadArgument, NotAllowed, UnknownItem
from tremaux_tools.learning.curation import Curation
from tremaux_tools.learning.cycle import LearningCycle, Overtaken, Turn, is_on
from tremaux_tools.learning.history import Histories
from tremaux_tools.learning.leadership import Leadership
from tremaux_tools.learning.loop import MOST_FAILURES, LearningLoop, due, failures
from tremaux_tools.learning.playbook_target import PlaybookTarget
from tremaux_tools.learning.setting_target import SettingTarget
from tremaux_tools.learning.trials import Trials
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.playbook import Playbook
from tremaux_tools.store import coordination, deltas, leaders
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.store.leaders import Cycle, Leader

MAX_LISTED = 1_000  # deltas in one answer
NEWS_POLL = 1.0  # seconds between two looks at the playbook, which seldom changes


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningStatus:
    """How learning stands. Times are Unix seconds."""

    is_on: bool
    interval: float  #: seconds between two turns
    leader: Leader | None
    is_ours: bool  #: this process leads
    cycles: int
    last: Cycle | None
    next_at: float | None  #: when the next turn is due; None where it is off
    failures: int  #: turns in a row that went wrong
    counts: tuple[tuple[str, DeltaStatus, int], ...]  #: of deltas, by type and status
    trials: tuple[Delta, ...]
    tasks: int  #: with a verdict, of the newest 100
    tasks_needed: int  #: before anything is proposed
    metrics: Mapping[str, Figure]
    room: Room  #: how many workers of tickets may run now, and by which strategy


class Learning:
    """Changes settings by what was seen of the work. `clock` gives Unix seconds, `cores` are the processors here."""

    def __init__(
        self,
        database: Database,
        changes: Changes,
        live: LiveSettings,
        playbook: Playbook,
        *,
        cores: int,
        clock: Callable[[], float],
        redactor: Redactor = PUBLISHED,
        owner: str = "",
    ) -> None:
        self._database = database
        self._changes = changes
        self._live = live
        self._playbook = playbook
        self._clock = clock
        self._redactor = redactor
        self._leadership = Leadership(database, clock=clock, owner=owner)
        settings_target, playbook_target = SettingTarget(live, clock=clock), PlaybookTarget(playbook, clock=clock)
        self._curation = Curation(settings_target, playbook_target, Histories(), clock=clock)
        self._trials = Trials(self._curation.target_of, clock=clock)
        self._cycle = LearningCycle(
            database, live, self._leadership, self._curation, self._trials, playbook, clock=clock, cores=cores
        )
        self._loop = LearningLoop(
            database, changes, live, self._leadership, self._cycle, clock=clock, redactor=redactor
        )

    async def run(self) -> None:
        """Keep the cycle going until cancelled, as long as this process leads; else stand by."""
        await self._loop.run()

    async def turn(self) -> Turn:
        """Make a turn of the cycle now. This process takes the lead for it, so that no two turns are made at once.

        Raises:
            NotAllowed: a person switched learning off.
        """
        if not await is_on(self._live):
            raise NotAllowed("learning is switched off", "Switch it on: tremaux settings set learning.enabled true.")
        epoch = await self._leadership.seize(interval=await self._live.value(INTERVAL))
        try:
            return await self._loop.turn(epoch)
        except Overtaken as error:
            raise NotAllowed("another process makes a turn just now", "Ask again.") from error
        finally:
            if not self._loop.is_running:
                await self._leadership.leave()

    async def status(self) -> LearningStatus:
        """How learning stands."""
        work = await self._cycle.work()
        leader = await self._leadership.leader()
        interval = await self._live.value(INTERVAL)
        on = await is_on(self._live)
        async with self._database.snapshot() as connection:
            cycles = await leaders.newest_cycles(connection, limit=MOST_FAILURES)
            return LearningStatus(
                is_on=on,
                interval=interval,
                leader=leader,
                is_ours=leader is not None and leader.owner == await self._leadership.owner(),
                cycles=await leaders.count_cycles(connection),
                last=cycles[0] if cycles else None,
                next_at=due(cycles, interval, self._clock()) if on else None,
                failures=failures(cycles),
                counts=tuple(await deltas.counts(connection)),
                trials=tuple(await deltas.trials(connection)),
                tasks=len(work.tasks),
                tasks_needed=MIN_TASKS,
                metrics=metrics(work),
                room=room(_pool_rules(work), await coordination.get(connection)),
            )

    async def work(self) -> Work:
        """How work went of late: what a proposal has to rest on."""
        return await self._cycle.work()

    async def cycles(self, *, limit: int) -> list[Cycle]:
        """What the last turns did, the newest first."""
        async with self._database.snapshot() as connection:
            return await leaders.newest_cycles(connection, limit=limit)

    async def deltas(self, status: DeltaStatus | None, *, limit: int) -> list[Delta]:
        """The deltas of a status, or of all for None, the newest first.

        Raises:
            BadArgument: `limit` is not from 1 to `MAX_LISTED`.
        """
        if not 1 <= limit <= MAX_LISTED:
            raise BadArgument(f"limit is {limit}", f"Use 1 to {MAX_LISTED}.")
        async with self._database.snapshot() as connection:
            return await deltas.newest(connection, status, limit=limit)

    async def delta(self, delta_id: int) -> Delta:
        """A delta by its number.

        Raises:
            UnknownItem: there is none.
        """
        async with self._database.snapshot() as connection:
            return await _found(connection, delta_id)

    async def propose(self, proposal: Proposal) -> Delta:
        """Take in what somebody proposes: it is scored, and applied, put before a person, or turned down.

        Raises:
            BadArgument: confidence or impact make no sense, or too many deltas wait for a person.
        """
        if not 0 <= proposal.confidence <= 1:
            raise BadArgument(f"confidence is {proposal.confidence:g}", "Use 0 to 1.")
        if not -100 <= proposal.impact <= 100:
            raise BadArgument(f"impact is {proposal.impact:g}", "Use points of the pass rate, -100 to 100.")
        if not proposal.reasoning.strip():
            raise BadArgument("the reasoning is empty", "Name the figure that speaks for the change.")
        clean = replace(
            proposal,
            target=shorten(proposal.target, self._redactor),
            new_value=shorten(proposal.new_value, self._redactor)
            if isinstance(proposal.new_value, str)
            else proposal.new_value,
            reasoning=shorten(proposal.reasoning, self._redactor),
            source=shorten(proposal.source, self._redactor),
        )
        work = await self._cycle.work()
        async with self._database.transaction() as connection:
            delta, _ = await self._curation.take(connection, clean, await self._cycle.basis(connection, work))
        self._changes.tell()
        return delta

    async def approve(self, delta_id: int, *, reason: str) -> Delta:
        """Apply a delta that waits for a person.

        Raises:
            UnknownItem: there is none.
            NotAllowed: it does not wait, cannot be applied any more, or learning is switched off.
        """
        if not await is_on(self._live):
            raise NotAllowed(
                f"learning is switched off, so nobody would judge delta {delta_id}",
                "Set the value yourself with `tremaux settings set`, or switch learning on.",
            )
        said = shorten(reason, self._redactor) or "a person approved it"
        async with self._database.transaction() as connection:
            delta = await _waiting(connection, delta_id)
            applied = await self._curation.apply(connection, delta, reason=said)
        self._changes.tell()
        return applied

    async def reject(self, delta_id: int, *, reason: str) -> Delta:
        """Turn down a delta that waits for a person.

        Raises:
            UnknownItem: there is none.
            NotAllowed: it does not wait.
        """
        said = shorten(reason, self._redactor) or "a person turned it down"
        async with self._database.transaction() as connection:
            delta = await _waiting(connection, delta_id)
            await self._curation.reject(connection, delta, reason=said)
        self._changes.tell()
        return await self.delta(delta_id)

    async def roll_back(self, delta_id: int, *, reason: str) -> Delta:
        """Take a delta back that is on trial or was kept.

        Raises:
            UnknownItem: there is none.
            NotAllowed: it was never applied, or is taken back already, or what it changed has changed since.
        """
        said = shorten(reason, self._redactor) or "a person took it back"
        async with self._database.transaction() as connection:
            delta = await self._applied(connection, delta_id)
            await self._trials.roll_back(connection, delta, reason=said)
        self._changes.tell()
        return await self.delta(delta_id)

    async def playbook(self, project: str | None) -> Sequence[Bullet]:
        """What workers of a project are told, or of all for None."""
        return await self._playbook.bullets(project)

    async def playbook_state(self) -> tuple[int, float]:
        """What `playbook_news` is told later."""
        return await self._playbook.state()

    async def playbook_news(self, since: tuple[int, float]) -> AsyncIterator[None]:
        """Tell each time the playbook has changed since a state of it, by whatever process."""
        version = await self._changes.version()
        while True:
            if (now := await self._playbook.state()) != since:
                since = now
                yield
            version = await self._changes.wait(version, poll=NEWS_POLL)

    async def _applied(self, connection: aiosqlite.Connection, delta_id: int) -> Delta:
        """A delta that can be taken back, in the transaction that does so.

        Raises:
            UnknownItem: there is none.
            NotAllowed: it was never applied, or what came after it builds on it, or somebody has changed it since.
        """
        delta = await _found(connection, delta_id)
        if delta.status not in ("trial", "kept"):
            raise NotAllowed(f"delta {delta_id} is {_said(delta)}", "Only one on trial or kept can be rolled back.")
        if delta.status == "trial":
            return delta
        if tried := await deltas.on_trial(connection, delta.target):
            raise NotAllowed(f"delta {tried.delta_id} is on trial at {delta.target}", "Wait, or roll that back first.")
        target = self._curation.target_of(delta.type)
        newest = await deltas.newest_kept(connection, delta.target)
        if newest and newest.delta_id != delta_id and await target.holds(connection, newest):
            raise NotAllowed(
                f"delta {newest.delta_id} has changed {delta.target} since", f"Roll back delta {newest.delta_id}."
            )
        if not await target.holds(connection, delta):
            raise NotAllowed(
                f"delta {delta_id} holds no more: somebody has changed {delta.target} since", "See its history."
            )
        return delta


def _pool_rules(work: Work) -> Rules:
    return Rules(
        strategy=work.settings[STRATEGY.name],
        max_workers=work.settings[MAX_WORKERS.name],
        fallback_threshold=work.settings[FALLBACK_THRESHOLD.name],
    )


async def _found(connection: aiosqlite.Connection, delta_id: int) -> Delta:
    """A delta by its number.

    Raises:
        UnknownItem: there is none.
    """
    found = await deltas.get(connection, delta_id)
    if found is None:
        raise UnknownItem(f"there is no delta {delta_id}", "List them with list_deltas.")
    return found


async def _waiting(connection: aiosqlite.Connection, delta_id: int) -> Delta:
    """A delta that waits for a person, in the transaction that decides about it.

    Raises:
        UnknownItem: there is none.
        NotAllowed: it does not wait.
    """
    delta = await _found(connection, delta_id)
    if delta.status != "pending":
        raise NotAllowed(f"delta {delta_id} is {_said(delta)}", "Only a pending one can be decided like that.")
    return delta


def _said(delta: Delta) -> str:
    return "on trial" if delta.status == "trial" else delta.status.replace("_", " ")
