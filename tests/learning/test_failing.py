"""What goes wrong in the cycle is seen, and tried again ever later."""

import anyio
import pytest
from tests.clock import Clock

from tremaux_tools.learning import Learning
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
PATIENCE = 30.0  # seconds for anything to happen


async def until_cycles(learning: Learning, seen: Changes, count: int) -> None:
    with anyio.fail_after(PATIENCE):
        while True:
            version = await seen.version()
            if len(await learning.cycles(limit=count)) == count:
                return
            await seen.wait(version)


async def refuse(database: Database, table: str) -> None:
    """Have every row of a table refused, as a damaged database may do."""
    async with database.transaction() as connection:
        await connection.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )


async def test_a_look_at_the_load_that_fails_is_seen_in_the_status_and_backs_off(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock, seen: Changes
) -> None:
    await live.set("learning.interval", "1")
    await refuse(database, "load_sample")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(learning.run)
        await until_cycles(learning, seen, 1)  # the first look has nothing to compare with, so it keeps nothing
        clock.now += 1.0
        await until_cycles(learning, seen, 2)
        tasks.cancel_scope.cancel()
    status = await learning.status()

    assert status.failures == 1
    assert status.last
    assert status.last.error == "IntegrityError: no room"
    assert status.next_at == clock.now + 2.0
