"""The pool's steps on a real database, with a clock that is set by hand."""

import pytest
from tests.clock import Clock

from tremaux_tools.core.settings.registry import FALLBACK_THRESHOLD, MAX_WORKERS, STRATEGY
from tremaux_tools.core.tickets.coordination import FEWEST, Coordination, Room
from tremaux_tools.core.tickets.ticket import Run, Ticket
from tremaux_tools.dispatch.pool import STALE, Pool
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.store import coordination, load, moves, runs, tickets
from tremaux_tools.store.database import Database
from tremaux_tools.store.load import LoadSample

pytestmark = pytest.mark.anyio
DAY = 86_400.0
WIDTH = 8


@pytest.fixture
async def live(database: Database, clock: Clock) -> LiveSettings:
    """Settings of an adaptive pool."""
    live = LiveSettings(database, clock=clock)
    await live.set(STRATEGY.name, "adaptive")
    await live.set(MAX_WORKERS.name, str(WIDTH))
    return live


@pytest.fixture
def pool(live: LiveSettings) -> Pool:
    return Pool(live, by_place={}, cores=2)


async def measure(database: Database, clock: Clock, *, cpu: float, workers: int = WIDTH) -> None:
    async with database.transaction() as connection:
        await load.put(connection, LoadSample(clock(), cpu, memory_percent=10.0, workers=workers))


async def stand(database: Database, clock: Clock, width: int) -> None:
    """Have the pool stand at a width since now."""
    async with database.transaction() as connection:
        await coordination.put(connection, Coordination(width, clock()))


async def end_runs(database: Database, clock: Clock, *, passed: bool, workers: int, count: int = FEWEST) -> None:
    """Have runs begin and end now, in a pool of that many workers."""
    async with database.transaction() as connection:
        for _ in range(count):
            number, now = await tickets.next_id(connection), clock()
            ticket = Ticket(
                ticket_id=number, project="/p", root="/p", name=f"t{number}", description="d", status="ready"
            )
            await tickets.insert(connection, [ticket], {ticket.name: number})
            await moves.begin(connection, [ticket], by="test", at=now)
            run = Run(
                run_id=0,
                ticket_id=number,
                epoch=1,
                nonce=f"n{number}",
                state="ended",
                model=None,
                place="process",
                outcome="completed" if passed else "failed",
                workers=workers,
                claimed_at=now,
                started_at=now,
                ended_at=now,
            )
            await runs.insert(connection, run)


async def look(database: Database, pool: Pool, clock: Clock) -> Room:
    async with database.transaction() as connection:
        held = await pool.look(connection, now=clock())
        await pool.keep(connection, held)
    return held.room


async def test_a_pool_that_nobody_has_looked_at_is_as_wide_as_is_set(
    database: Database, pool: Pool, clock: Clock
) -> None:
    assert (await look(database, pool, clock)).workers == WIDTH


async def test_a_pool_grows_only_by_a_fresh_look_at_the_machine(database: Database, pool: Pool, clock: Clock) -> None:
    await stand(database, clock, 2)
    await measure(database, clock, cpu=10.0, workers=2)
    clock.now += STALE + 1
    await end_runs(database, clock, passed=True, workers=2)
    blind = await look(database, pool, clock)
    await measure(database, clock, cpu=10.0, workers=2)
    seeing = await look(database, pool, clock)

    assert (blind.workers, seeing.workers) == (2, 3)


async def test_a_clock_that_was_set_back_stops_no_step(database: Database, pool: Pool, clock: Clock) -> None:
    await stand(database, clock, WIDTH)
    await measure(database, clock, cpu=10.0)
    clock.now -= 30 * DAY
    await measure(database, clock, cpu=99.0)

    assert (await look(database, pool, clock)).workers == WIDTH // 2


async def test_runs_that_ended_before_the_clock_was_set_back_hold_no_pool_at_one_worker(
    database: Database, live: LiveSettings, pool: Pool, clock: Clock
) -> None:
    await live.set(FALLBACK_THRESHOLD.name, "0.5")
    await end_runs(database, clock, passed=False, workers=1, count=10)
    fallen = await look(database, pool, clock)
    clock.now -= 30 * DAY
    await end_runs(database, clock, passed=True, workers=1)

    assert fallen.has_fallen_back
    assert not (await look(database, pool, clock)).has_fallen_back
