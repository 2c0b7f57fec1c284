import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import aiosqlite
import anyio
import pytest

from tremaux_tools.errors import StateCorrupt, StateError, StateFull, StateLocked, StateNewer, StateReadOnly
from tremaux_tools.store.database import Database
from tremaux_tools.store.schema import migrate, migrations, statements

pytestmark = pytest.mark.anyio
NOBODY = 65534
NEWEST_SCHEMA = len(migrations())


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "state" / "t.db", busy_timeout=0.1)
    yield database
    await database.close()


async def add_project(database: Database, path: str) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO project (path, created_at) VALUES (?, 0)", (path,))


async def projects(database: Database) -> list[str]:
    async with database.snapshot() as connection:
        return [path for (path,) in await connection.execute_fetchall("SELECT path FROM project ORDER BY path")]


async def test_nothing_is_created_before_the_first_use(database: Database) -> None:
    assert not database.path.parent.exists()


async def test_the_file_and_its_directory_are_the_users_alone(database: Database) -> None:
    await add_project(database, "/p")

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (database.path.parent, *database.path.parent.iterdir())]
    assert modes[0] == 0o700
    assert set(modes[1:]) == {0o600}


async def test_what_fails_half_way_leaves_nothing(database: Database) -> None:
    async def half() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO project (path, created_at) VALUES ('/p', 0)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await half()
    assert await projects(database) == []
    await add_project(database, "/q")
    assert await projects(database) == ["/q"]


async def test_a_cancelled_writer_leaves_a_whole_transaction(database: Database) -> None:
    with anyio.CancelScope() as scope:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO project (path, created_at) VALUES ('/p', 0)")
            scope.cancel()
            await connection.execute("INSERT INTO project (path, created_at) VALUES ('/q', 0)")

    assert await projects(database) == ["/p", "/q"]


async def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    await add_project(database, "/p")
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO project (path, created_at) VALUES ('/q', 0)")

        assert await projects(database) == ["/p"]


async def test_a_file_moved_away_is_noticed(database: Database) -> None:
    await add_project(database, "/p")
    database.path.rename(database.path.with_suffix(".old"))
    await add_project(database, "/q")

    assert await projects(database) == ["/q"]


async def test_a_sound_file_has_no_damage(database: Database) -> None:
    await add_project(database, "/p")

    assert await database.integrity() == []


async def test_a_table_that_is_missing_is_damage(database: Database) -> None:
    await add_project(database, "/p")
    async with database.transaction() as connection:
        await connection.execute("DROP TABLE exposure")

    assert "the table exposure is missing" in await database.integrity()
    with pytest.raises(StateCorrupt, match="its table exposure is missing"):
        async with database.snapshot() as connection:
            await connection.execute_fetchall("SELECT * FROM exposure")
    with pytest.raises(StateCorrupt, match="its table exposure is missing"):
        async with database.transaction() as connection:
            await connection.execute("DELETE FROM main.exposure")


async def test_missing_tables_are_named_first_and_without_what_hangs_on_them(database: Database) -> None:
    await add_project(database, "/p")
    async with database.transaction() as connection:
        await connection.execute("DROP INDEX attempt_by_goal")
        await connection.execute("DROP TABLE recommendation")
    damage = await database.integrity()

    assert damage[:2] == ["the table recommendation is missing", "the index attempt_by_goal is missing"]
    assert not [line for line in damage if "recommendation_" in line]


async def test_a_table_that_never_was_is_a_mistake_of_ours(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table: exposures"):
        async with database.snapshot() as connection:
            await connection.execute_fetchall("SELECT * FROM exposures")


async def test_a_newer_schema_is_refused(database: Database) -> None:
    await add_project(database, "/p")
    await database.close()
    with sqlite3.connect(database.path) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST_SCHEMA + 1}")
    connection.close()

    with pytest.raises(StateNewer, match="knows up to"):
        await projects(database)


@pytest.mark.parametrize("content", [b"no database at all, but a letter\n" * 50, b"SQLite format 3\0" + b"\xff" * 8192])
async def test_a_damaged_file_is_refused_and_left_as_it_is(database: Database, content: bytes) -> None:
    database.path.parent.mkdir()
    database.path.write_bytes(content)

    with pytest.raises(StateCorrupt):
        await add_project(database, "/p")
    assert database.path.read_bytes() == content


async def test_another_programs_database_is_refused(database: Database) -> None:
    database.path.parent.mkdir()
    with sqlite3.connect(database.path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()

    with pytest.raises(StateCorrupt, match="another program"):
        await add_project(database, "/p")


async def test_a_device_is_told_to_hold_no_database() -> None:
    database = Database(Path(os.devnull), busy_timeout=0.1)

    with pytest.raises(StateError, match="/dev/null is no file that can hold a database") as told:
        await add_project(database, "/p")
    assert not isinstance(told.value, StateLocked)
    await database.close()


async def test_a_locked_file_is_told_after_the_wait(database: Database) -> None:
    await add_project(database, "/p")
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StateLocked):
        await add_project(database, "/q")
    other.execute("ROLLBACK")
    other.close()
    await add_project(database, "/q")
    assert await projects(database) == ["/p", "/q"]


async def test_a_full_disk_is_told_and_loses_nothing(database: Database) -> None:
    await add_project(database, "/p")
    async with database.transaction() as connection:
        ((pages,),) = await connection.execute_fetchall("PRAGMA page_count")
        await connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StateFull):
        await add_project(database, "/q" * 100_000)
    assert await projects(database) == ["/p"]


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Run as a user whom file permissions bind."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


@pytest.fixture
def read_only_database() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.db"
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 0")
        connection.close()
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        yield path
        Path(folder).chmod(0o755)


async def test_a_read_only_file_is_told(read_only_database: Path, unprivileged: None) -> None:
    with pytest.raises(StateReadOnly):
        await add_project(Database(read_only_database), "/p")


async def test_a_directory_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="is a directory"):
        await add_project(Database(tmp_path), "/p")


async def test_the_cause_mended_the_next_call_works(database: Database) -> None:
    database.path.mkdir(parents=True)
    with pytest.raises(StateError):
        await add_project(database, "/p")
    database.path.rmdir()
    await add_project(database, "/p")

    assert await projects(database) == ["/p"]


def test_a_script_is_split_where_statements_end() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND;\n"

    assert list(statements(f"CREATE TABLE a (x);\n{trigger}")) == ["CREATE TABLE a (x);\n", trigger]


CREATOR = """
import sys, anyio
from pathlib import Path
from tremaux_tools.store.database import Database

async def main():
    database = Database(Path(sys.argv[1]))
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO project (path, created_at) VALUES (?, 0)", (sys.argv[2],))
    await database.close()

anyio.run(main)
"""


async def test_many_processes_may_create_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    children = [subprocess.Popen([sys.executable, "-c", CREATOR, str(path), str(n)]) for n in range(6)]

    assert [child.wait() for child in children] == [0] * 6
    database = Database(path)
    assert await projects(database) == [str(n) for n in range(6)]
    await database.close()


async def test_a_file_that_gets_its_schema_while_it_is_looked_at_is_known_as_ours(tmp_path: Path) -> None:
    path, rival = tmp_path / "t.db", Database(tmp_path / "rival.db")
    await add_project(rival, "/p")
    await rival.close()
    connection = await aiosqlite.connect(path, isolation_level=None)
    await connection.execute("PRAGMA journal_mode = WAL")
    arrived: list[str] = []

    def arrive(statement: str) -> None:
        if "sqlite_schema" in statement and not arrived:  # the last of the looks, which found no table before
            arrived.append(statement)
            with closing(sqlite3.connect(tmp_path / "rival.db")) as source, closing(sqlite3.connect(path)) as target:
                source.backup(target)

    await connection.set_trace_callback(arrive)
    try:
        await migrate(connection)
    finally:
        await connection.close()

    assert arrived
    database = Database(path)
    assert await projects(database) == ["/p"]
    await database.close()
