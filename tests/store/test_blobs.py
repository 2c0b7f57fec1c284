import pytest

from tremaux_tools.store import blobs
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio


async def put(database: Database, text: str, *, at: float) -> int:
    async with database.transaction() as connection:
        return await blobs.put(connection, blobs.pack(text), at=at)


async def kept(database: Database) -> int:
    async with database.snapshot() as connection:
        return (await blobs.stored(connection))[0]


async def prune(database: Database, *, before: float = 0, keep_bytes: int = 1 << 30) -> None:
    async with database.transaction() as connection:
        await blobs.prune(connection, before=before, keep_bytes=keep_bytes)


async def test_a_text_comes_back_as_it_was(database: Database) -> None:
    blob_id = await put(database, "naïve \N{SNOWMAN}\n", at=1)

    async with database.snapshot() as connection:
        assert await blobs.get(connection, blob_id) == "naïve \N{SNOWMAN}\n"


async def test_equal_texts_are_kept_once(database: Database) -> None:
    assert await put(database, "same", at=1) == await put(database, "same", at=2)
    assert await kept(database) == 1


async def test_old_texts_are_pruned_but_not_those_met_again(database: Database) -> None:
    await put(database, "old", at=1)
    await put(database, "old but met again", at=1)
    await put(database, "old but met again", at=9)
    await prune(database, before=5)

    assert await kept(database) == 1


async def test_the_oldest_go_first_when_there_is_too_much(database: Database) -> None:
    first, second = await put(database, "a" * 100, at=1), await put(database, "b" * 100, at=2)
    async with database.snapshot() as connection:
        _, size = await blobs.stored(connection)
    await prune(database, keep_bytes=size - 1)

    async with database.snapshot() as connection:
        rows = await connection.execute_fetchall("SELECT blob_id FROM blob")
    assert [row[0] for row in rows] == [second]
    assert first != second
