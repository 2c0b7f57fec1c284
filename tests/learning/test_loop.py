"""When turns are made."""

import anyio
import pytest
from tests.clock import Clock

from tremaux_tools.core.settings.registry import INTERVAL, LEARNING
from tremaux_tools.learning import Learning, loop
from tremaux_tools.learning.cycle import KEPT
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.store import load
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.store.load import LoadSample

pytestmark = pytest.mark.anyio
PATIENCE = 30.0  # seconds for anything to happen


async def test_a_turn_is_due_at_once_after_the_clock_was_set_back(learning: Learning, clock: Clock) -> None:
    await learning.turn()
    clock.now -= 3_600.0

    assert (await learning.status()).next_at == clock.now


async def test_a_shorter_interval_works_soon(
    learning: Learning, live: LiveSettings, clock: Clock, seen: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LONGEST_REST", 0.02)
    await live.set(INTERVAL.name, "86400")
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(learning.run)
            for count in (1, 2):
                version = await seen.version()
                while len(await learning.cycles(limit=count)) < count:
                    version = await seen.wait(version)
                await live.set(INTERVAL.name, "1")
                clock.now += 1.0
            tasks.cancel_scope.cancel()


async def test_samples_of_the_load_are_forgotten_while_learning_is_off(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock, seen: Changes
) -> None:
    await live.set(LEARNING.name, "false")
    await live.set(INTERVAL.name, "1")
    async with database.transaction() as connection:
        await load.put(connection, LoadSample(clock.now - KEPT - 1, 50.0, 50.0, 1))

    async def old() -> int:
        async with database.snapshot() as connection:
            query = "SELECT count(*) FROM load_sample WHERE sampled_at < ?"
            ((count,),) = await connection.execute_fetchall(query, (clock.now - KEPT,))
        return int(count)

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(learning.run)
            version = await seen.version()
            while await old():
                version = await seen.wait(version)
            tasks.cancel_scope.cancel()
