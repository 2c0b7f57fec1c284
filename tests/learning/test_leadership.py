"""One process leads the cycle of a database, and another one soon after it is gone."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from anyio.abc import Process
from tests.clock import Clock

from tremaux_tools.learning.leadership import Leadership
from tremaux_tools.places import family, identity
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
INTERVAL = 30.0
WAITING = (sys.executable, "-c", "input()")


@pytest.fixture
async def others() -> AsyncIterator[list[Process]]:
    """Processes that do nothing but live."""
    processes = [await anyio.open_process(WAITING) for _ in range(3)]
    yield processes
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.aclose()


async def name_of(process: Process) -> str:
    return f"{process.pid}@{await anyio.to_thread.run_sync(family.born, process.pid)}"


async def test_a_second_process_stands_by_while_the_first_one_lives(
    database: Database, clock: Clock, others: list[Process]
) -> None:
    theirs = Leadership(database, owner=await name_of(others[0]), clock=clock)
    ours = Leadership(database, clock=clock)

    epoch = await theirs.hold(interval=INTERVAL)
    standing_by = await ours.hold(interval=INTERVAL)
    others[0].kill()
    await others[0].wait()
    taken_over = await ours.hold(interval=INTERVAL)

    assert (epoch, standing_by, taken_over) == (1, None, 2)


async def test_a_leader_that_was_frozen_writes_nothing_once_it_is_replaced(
    database: Database, clock: Clock, others: list[Process]
) -> None:
    frozen = Leadership(database, owner=await name_of(others[0]), clock=clock)
    ours = Leadership(database, clock=clock)
    await frozen.hold(interval=INTERVAL)
    clock.now += 2 * INTERVAL

    epoch = await ours.hold(interval=INTERVAL)

    assert epoch == 2
    async with database.transaction() as connection:
        assert not await frozen.renew(connection, 1, interval=INTERVAL)
        assert await ours.renew(connection, 2, interval=INTERVAL)


async def test_who_leaves_is_followed_at_once(database: Database, clock: Clock, others: list[Process]) -> None:
    theirs = Leadership(database, owner=await name_of(others[0]), clock=clock)
    ours = Leadership(database, clock=clock)
    await theirs.hold(interval=INTERVAL)
    await theirs.leave()

    assert await ours.hold(interval=INTERVAL) == 2
    leader = await theirs.leader()
    assert leader
    assert leader.owner == await identity.mine()


async def test_of_many_that_ask_at_once_one_leads(tmp_path: Path, clock: Clock, others: list[Process]) -> None:
    databases = [Database(tmp_path / "t.db") for _ in others]
    epochs: list[int | None] = []

    async def ask(database: Database, process: Process) -> None:
        leadership = Leadership(database, owner=await name_of(process), clock=clock)
        epochs.append(await leadership.hold(interval=INTERVAL))

    async with anyio.create_task_group() as tasks:
        for database, process in zip(databases, others, strict=True):
            tasks.start_soon(ask, database, process)
    for database in databases:
        await database.close()

    assert sorted(epochs, key=bool) == [None, None, 1]
