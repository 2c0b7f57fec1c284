import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from tremaux_tools.errors import StateCorrupt, StateReadOnly
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio

_ADD = "INSERT INTO project (path, created_at) VALUES (?, 0)"
_ALL = "SELECT path FROM project ORDER BY path"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "t.db", busy_timeout=0.1)
    yield database
    await database.close()


async def paths(connection: Connection) -> list[str]:
    return [path for (path,) in await connection.execute_fetchall(_ALL)]


async def add(connection: Connection) -> list[str]:
    await connection.execute(_ADD, ("/a",))
    await connection.executemany(_ADD, [("/b",), ("/c",)])
    return await paths(connection)


async def test_what_is_written_in_one_go_is_read_by_all(database: Database) -> None:
    written = await database.write(add)

    assert written == await database.read(paths) == ["/a", "/b", "/c"]


async def test_what_fails_half_way_in_one_go_leaves_nothing(database: Database) -> None:
    async def half(connection: Connection) -> None:
        await add(connection)
        raise StateCorrupt("half of it", "")

    with pytest.raises(StateCorrupt):
        await database.write(half)

    assert await database.read(paths) == []
    assert await database.write(add)


async def test_what_is_read_in_one_go_is_of_one_moment(database: Database) -> None:
    async def twice(connection: Connection) -> tuple[list[str], list[str]]:
        before = await paths(connection)
        with closing(sqlite3.connect(database.path)) as another, another:
            another.execute(_ADD, ("/a",))
        return before, await paths(connection)

    before, after = await database.read(twice)

    assert before == after == []
    assert await database.read(paths) == ["/a"]


async def test_a_cancelled_writer_leaves_all_it_writes_in_one_go(database: Database) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await database.write(add)

    assert await database.read(paths) == ["/a", "/b", "/c"]


async def mirror(connection: Connection, known: list[str]) -> list[str]:
    await connection.executemany(_ADD, [(f"{path}/again",) for path in known])
    return await paths(connection)


async def test_what_follows_from_what_was_read_is_written_in_the_same_go(database: Database) -> None:
    await database.write(add)

    known, written = await database.read_then_write(paths, mirror)

    assert known == ["/a", "/b", "/c"]
    assert written == await database.read(paths) == ["/a", "/a/again", "/b", "/b/again", "/c", "/c/again"]


async def test_what_fails_after_it_was_read_leaves_nothing(database: Database) -> None:
    async def fail(connection: Connection, known: list[str]) -> None:
        await mirror(connection, known)
        raise StateCorrupt("half of it", "")

    before = await database.write(add)
    with pytest.raises(StateCorrupt):
        await database.read_then_write(paths, fail)

    assert await database.read(paths) == before


async def test_a_file_moved_away_is_noticed_before_anything_is_read(database: Database) -> None:
    await database.write(add)
    database.path.rename(database.path.with_suffix(".old"))

    known, written = await database.read_then_write(paths, mirror)

    assert (known, written) == ([], [])


async def test_what_is_read_in_one_go_cannot_write(database: Database) -> None:
    with pytest.raises(StateReadOnly):
        await database.read(add)


async def test_work_in_one_go_waits_for_nothing_but_the_database(database: Database) -> None:
    async def wait(connection: Connection) -> None:
        await add(connection)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="wait"):
        await database.write(wait)

    assert await database.read(paths) == []


async def test_a_file_moved_away_between_two_reads_is_noticed(database: Database, tmp_path: Path) -> None:
    await database.write(add)
    (tmp_path / "old").mkdir()
    for file in tmp_path.glob("t.db*"):
        shutil.move(file, tmp_path / "old")

    assert await database.read(paths) == []
    assert await database.write(add) == ["/a", "/b", "/c"]
