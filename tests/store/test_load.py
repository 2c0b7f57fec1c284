"""Samples of the load, kept and dropped by their time."""

import pytest

from tremaux_tools.store import load
from tremaux_tools.store.database import Database
from tremaux_tools.store.load import LoadSample

pytestmark = pytest.mark.anyio


async def keep(database: Database, *samples: LoadSample) -> None:
    async with database.transaction() as connection:
        for sample in samples:
            await load.put(connection, sample)


async def kept(database: Database, *, since: float = 0, until: float = 9, limit: int = 9) -> list[float]:
    async with database.snapshot() as connection:
        return [sample.sampled_at for sample in await load.newest(connection, since=since, until=until, limit=limit)]


def at(when: float) -> LoadSample:
    return LoadSample(when, cpu_percent=50, memory_percent=20, workers=2)


async def test_a_sample_comes_back_as_it_was(database: Database) -> None:
    sample = LoadSample(7.5, cpu_percent=93.5, memory_percent=12.25, workers=4)
    await keep(database, sample)

    async with database.snapshot() as connection:
        assert await load.newest(connection, since=0, until=9) == [sample]


async def test_the_newest_come_first_and_none_from_before(database: Database) -> None:
    await keep(database, at(1), at(3), at(2))

    assert await kept(database, since=2) == [3, 2]
    assert await kept(database, limit=1) == [3]


async def test_what_a_clock_that_was_set_back_since_saw_is_not_among_them(database: Database) -> None:
    await keep(database, at(1), at(2), at(3))

    assert await kept(database, until=2, limit=1) == [2]


async def test_of_two_at_the_same_time_the_first_stays(database: Database) -> None:
    await keep(database, LoadSample(1, 10, 10, 1), LoadSample(1, 90, 90, 9))

    async with database.snapshot() as connection:
        assert [sample.workers for sample in await load.newest(connection, since=0, until=9)] == [1]


async def test_old_samples_are_dropped(database: Database) -> None:
    await keep(database, at(1), at(2), at(3))
    async with database.transaction() as connection:
        await load.prune(connection, 2)

    assert await kept(database) == [3, 2]
