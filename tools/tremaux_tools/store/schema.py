"""The schema of the database, made step by step: each migration is one file of SQL, applied once and never changed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from importlib import resources

import aiosqlite
import anyio.to_thread

from tremaux_tools.errors import StateCorrupt, StateNewer
from tremaux_tools.store.connection import begun

APPLICATION_ID = 0x54524D58  # "TRMX": tells our file from any other SQLite database
_MIGRATIONS = "migrations"
_OBJECTS = "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*'"


async def migrate(connection: aiosqlite.Connection) -> None:
    """Bring the schema up to date, one migration a transaction.

    Raises:
        StateNewer: the file has more migrations than this program knows.
        StateCorrupt: it is another program's database.
    """
    steps = await anyio.to_thread.run_sync(migrations)
    async with begun(connection, "BEGIN"):  # a newest file must open without a wait for its writer
        done = await _version(connection, known=len(steps))
    while done < len(steps):
        async with begun(connection, "BEGIN IMMEDIATE"):
            done = await _version(connection, known=len(steps))  # another process may have been faster
            if done < len(steps):
                done = await _step(connection, steps[done], done + 1)


async def _step(connection: aiosqlite.Connection, script: str, version: int) -> int:
    for statement in statements(script):
        await connection.execute(statement)
    await connection.execute(f"PRAGMA user_version = {version}")
    await connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    return version


async def _version(connection: aiosqlite.Connection, *, known: int) -> int:
    """How many migrations the file has had; to be asked inside a transaction, or the answers may not fit together."""
    (version,) = await _row(connection, "PRAGMA user_version")
    (owner,) = await _row(connection, "PRAGMA application_id")
    (tables,) = await _row(connection, "SELECT count(*) FROM sqlite_schema")
    if owner != APPLICATION_ID and tables:
        raise StateCorrupt("the file is a database of another program", "Name another file with TREMAUX_DB.")
    if version > known:
        raise StateNewer(f"the database has schema {version}, this Tremaux knows up to {known}")
    return version


async def _row(connection: aiosqlite.Connection, query: str) -> tuple[int]:
    (row,) = await connection.execute_fetchall(query)
    return (int(row[0]),)


def migrations() -> list[str]:
    """The SQL of every migration, in order."""
    folder = resources.files("tremaux_tools.store") / _MIGRATIONS
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [file.read_text("utf-8") for file in files]


def statements(script: str) -> Iterator[str]:
    """Split a script where SQLite says a statement is complete, so triggers stay whole."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


async def missing(connection: aiosqlite.Connection) -> list[str]:
    """What the migrations make and the file no longer has, as `table goal`; tables first.

    What hangs on a table, as its indexes do, goes with it and is not named apart.
    """
    made = await anyio.to_thread.run_sync(_made)
    there = {(kind, name, table) for kind, name, table in await connection.execute_fetchall(_OBJECTS)}
    lost = made - there
    tables = sorted(name for kind, name, _ in lost if kind == "table")
    others = sorted((kind, name) for kind, name, table in lost if kind != "table" and table not in tables)
    return [*(f"table {name}" for name in tables), *(f"{kind} {name}" for kind, name in others)]


def is_ours(table: str) -> bool:
    """Whether the migrations make a table of that name."""
    return ("table", table, table) in _made()


@cache
def _made() -> frozenset[tuple[str, str, str]]:
    """Kind, name and table of all that the migrations make, found by letting them."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in migrations():
            connection.executescript(script)
        return frozenset(connection.execute(_OBJECTS).fetchall())
