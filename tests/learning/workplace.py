"""A workplace whose truth is known: tickets are run by made-up workers, everything else is Tremaux.

Each run reads the settings as dispatch does, passes by a chance that the truth gives for them, and is kept, reported
and settled through the real services and tables. Time stands still between two steps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.clock import Clock

from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.core.settings.registry import FIRST_RUNG, MAX_WORKERS, STRATEGY
from tremaux_tools.core.tickets.ticket import Run, Ticket
from tremaux_tools.dispatch import trials
from tremaux_tools.git import Project
from tremaux_tools.learning import Learning
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.postflight import Postflight
from tremaux_tools.store import load, moves, runs, tickets
from tremaux_tools.store.database import Database
from tremaux_tools.store.load import LoadSample

READ = (FIRST_RUNG, MAX_WORKERS, STRATEGY)
SECONDS = 60.0  # of a run
PASSED, FAILED = "3 passed in 0.1s\n", "E   assert 1 == 2\nFAILED test_a.py::test_a\n1 failed in 0.1s\n"


@dataclass(frozen=True)
class Truth:
    """What the settings really do."""

    chance: Callable[[Mapping[str, Any], int, int], float]  #: that a run passes, by settings, rung and workers at once
    latency: float = 0.01  #: seconds from a claim until the worker begins
    workers: Sequence[int] = (2,)  #: at once, by chance
    cpu_percent: float = 40.0


class Workplace:
    """Runs tickets one after the other."""

    def __init__(
        self,
        database: Database,
        live: LiveSettings,
        postflight: Postflight,
        project: Project,
        clock: Clock,
        truth: Truth,
        *,
        seed: int,
    ) -> None:
        self._database = database
        self._live = live
        self._postflight = postflight
        self._project = project
        self._clock = clock
        self._truth = truth
        self._chance = Random(seed)

    async def work(self, number: int) -> list[bool]:
        """Make so many first runs of tickets, and a retry a rung higher of each that failed; how all of them ended."""
        return [await self._run(await self._ticket(), after=None) for _ in range(number)]

    async def _ticket(self) -> Ticket:
        async with self._database.transaction() as connection:
            number = await tickets.next_id(connection)
            ticket = Ticket(
                ticket_id=number,
                project=self._project.name,
                root=str(self._project.root),
                name=f"t{number}",
                description="work",
                status="ready",
                created_at=self._clock(),
            )
            await tickets.insert(connection, [ticket], {ticket.name: number})
            await moves.begin(connection, [ticket], by="test", at=self._clock())
        return ticket

    async def _run(self, ticket: Ticket, after: Run | None) -> bool:
        run = Run(
            run_id=0,
            ticket_id=ticket.ticket_id,
            epoch=after.epoch + 1 if after else 1,
            nonce=f"{ticket.ticket_id}-{after.epoch + 1 if after else 1}",
            state="starting",
            model=None,
            place="process",
            owner="here",
            lease_until=self._clock() + SECONDS,
            claimed_at=self._clock(),
            workers=self._chance.choice(self._truth.workers),
        )
        async with self._database.transaction() as connection:
            readings = await self._live.read(connection, READ, subject=run_subject(run))
            await self._live.expose(connection, readings, run_subject(run))
            values = {name: reading.value for name, reading in readings.items()}
            rung = values[FIRST_RUNG.name] if after is None else (after.rung or 0) + 1
            run = replace(run, rung=rung)
            run = replace(run, run_id=await runs.insert(connection, run))
            self._clock.now += self._truth.latency
            await runs.begin(connection, run, at=self._clock())
            run = replace(run, started_at=self._clock())
            await load.put(
                connection,
                LoadSample(self._clock() + SECONDS / 2, self._truth.cpu_percent, 30.0, run.workers or 1),
            )
        passed = self._chance.random() < self._truth.chance(values, rung, run.workers or 1)
        await self._end(run, passed=passed)
        if not passed and after is None:
            await self._run(ticket, after=run)
        return passed

    async def _end(self, run: Run, *, passed: bool) -> None:
        self._clock.now += SECONDS
        output = PASSED if passed else FAILED
        filed = await self._postflight.run(self._project, Request(output=output, exit_code=0 if passed else 1))
        ended = replace(run, outcome="completed" if passed else "failed", report_id=filed.id, ended_at=self._clock())
        async with self._database.transaction() as connection:
            assert await runs.end(connection, ended)
            await trials.count(connection, ended, at=self._clock())


async def turns(learning: Learning, workplace: Workplace, number: int, *, tasks: int, clock: Clock) -> list[str]:
    """Let so many cycles go by with so many tasks before each; what became of the deltas, in order."""
    seen = []
    for _ in range(number):
        await workplace.work(tasks)
        clock.now += 30.0
        seen += [f"{delta.target} {delta.status}" for delta in (await learning.turn()).changed]
    return seen
