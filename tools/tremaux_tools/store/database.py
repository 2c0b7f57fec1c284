"""Open the one SQLite file that all server processes share, and write to it one transaction at a time.

Nothing is opened before the first use, so a server answers its client before it touches the disk. What
goes wrong at opening is not remembered: once the cause is mended, the next call works.
"""

import os
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import aiosqlite
import anyio
import anyio.to_thread

from tremaux_tools.errors import (
    StateCorrupt,
    StateError,
    StateFull,
    StateLocked,
    StateReadOnly,
)
from tremaux_tools.store import schema
from tremaux_tools.store.connection import Follow, Moved, Work, Worker, begun, inode_of

BUSY_TIMEOUT = 20.0  # seconds; writers hold the lock for milliseconds, clients give up after 60 s
OPEN_RETRY = 0.05  # seconds between tries while another process creates the file

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_FULL = {sqlite3.SQLITE_FULL}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_TABLE = re.compile(r"no such table: (?:main\.)?(\w+)")


_Connections = tuple[Worker, Worker]
_WRITER, _READER = 0, 1
_T = TypeVar("_T")
_R = TypeVar("_R")


class Database:
    """One writing and one reading connection to the file at `path`.

    Safe for many tasks of one event loop and for many processes at once.
    """

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """`busy_timeout` is how long, in seconds, to wait for other writers."""
        self.path = path
        self._busy_timeout = busy_timeout
        self._opening = anyio.Lock()
        self._writing = anyio.Lock()
        self._connections: _Connections | None = None
        self._retired: tuple[Worker, ...] = ()
        self._inode = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """Write all or nothing, and be on the disk at the end.

        Shielded: a caller cancelled half-way leaves a whole transaction, never a part of one.

        Raises:
            StateError: the file cannot be written; its kind says why.
        """
        with anyio.CancelScope(shield=True), translated(self.path):
            async with self._writing:
                writer, _ = await self._open()
                async with begun(writer, "BEGIN IMMEDIATE"):
                    yield writer

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[aiosqlite.Connection]:
        """Read what is committed, each query as of its own moment; never waits for a writer.

        Raises:
            StateError: the file cannot be read; its kind says why.
        """
        with translated(self.path):
            _, reader = await self._open()
            yield reader

    async def write(self, work: Work[_T]) -> _T:
        """A `transaction` of several queries in one go, several times as fast: `work` waits for nothing else.

        Raises:
            StateError: the file cannot be written; its kind says why.
        """
        with anyio.CancelScope(shield=True), translated(self.path):
            async with self._writing:
                done = await self._on(
                    _WRITER, lambda writer: writer.at_once("BEGIN IMMEDIATE", work, inode=self._inode)
                )
        return done

    async def read(self, work: Work[_T]) -> _T:
        """Read in one go, all as of one moment: `work` waits for nothing else. Never waits for a writer.

        Raises:
            StateError: the file cannot be read; its kind says why.
        """
        with translated(self.path):
            return await self._on(_READER, lambda reader: reader.at_once("BEGIN", work, inode=self._inode))

    async def read_then_write(self, read: Work[_R], then: Follow[_R, _T]) -> tuple[_R, _T]:
        """A `read`, and a `write` of what follows from it, in one go: what both return.

        Others may write between the two.

        Raises:
            StateError: the file cannot be read or written; its kind says why.
        """
        with anyio.CancelScope(shield=True), translated(self.path):
            async with self._writing:
                done = await self._on(_WRITER, lambda writer: writer.in_turn(read, then, inode=self._inode))
        return done

    async def close(self) -> None:
        """Close all connections; the next use opens them again."""
        with anyio.CancelScope(shield=True):
            connections = (*self._retired, *(self._connections or ()))
            self._connections, self._retired = None, ()
            for connection in connections:
                await connection.close()

    async def integrity(self) -> list[str]:
        """Damage of the file, one line each; empty when sound: what is missing, and what SQLite finds."""
        async with self.snapshot() as connection:
            missing = await schema.missing(connection)
            rows = await connection.execute_fetchall("PRAGMA integrity_check")
        return [*(f"the {what} is missing" for what in missing), *(line for (line,) in rows if line != "ok")]

    async def _on(self, which: int, do: Callable[[Worker], Awaitable[_T]]) -> _T:
        while True:
            connections = self._connections or await self._open()
            try:
                return await do(connections[which])
            except Moved:
                await self._open()

    async def _open(self) -> _Connections:
        async with self._opening:
            inode = await anyio.to_thread.run_sync(inode_of, self.path)
            if self._connections and inode == self._inode:
                return self._connections
            if self._connections:  # somebody moved the file away: rows would go into a nameless one
                self._retired += self._connections  # others may still be reading from these
                self._connections = None
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(_make_private, self.path)
                connections = await self._connect()
                self._inode = await anyio.to_thread.run_sync(inode_of, self.path)
                self._connections = connections
            return connections

    async def _connect(self) -> _Connections:
        writer = Worker(self.path, timeout=self._busy_timeout)
        await writer
        try:
            await _use_wal(writer, patience=self._busy_timeout)
            await schema.migrate(writer)
            reader = Worker(self.path, timeout=self._busy_timeout)
            await reader
        except BaseException:
            await writer.close()
            raise
        await reader.execute("PRAGMA query_only = ON")
        return writer, reader


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into a `StateError` a person can act on."""
    try:
        yield
    except sqlite3.Error as error:
        raise _state_error(path, error) from error
    except PermissionError as error:
        raise StateReadOnly(f"the database {path} may not be written") from error
    except OSError as error:
        raise StateError(
            f"the database {path} cannot be used: {error.strerror or error}",
            "Name another file with TREMAUX_DB.",
        ) from error


def _state_error(path: Path, error: sqlite3.Error) -> StateError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    if code in _LOCKED:
        return StateLocked(f"the database {path} stays locked by another process")
    if code in _READ_ONLY:
        return StateReadOnly(f"the database {path} cannot be opened for writing")
    if code in _FULL:
        return StateFull(f"no room is left for the database {path}")
    if code in _CORRUPT:
        return StateCorrupt(f"{path} is damaged or no SQLite database")
    if code == sqlite3.SQLITE_IOERR:
        return StateError(f"reading or writing the database {path} failed", "Check the disk it lies on.")
    if (table := _NO_TABLE.match(str(error))) and schema.is_ours(table[1]):
        return StateCorrupt(f"the database {path} is damaged: its table {table[1]} is missing")
    raise error  # an SQL mistake of ours stays loud


def _make_private(path: Path) -> None:
    """Create the file and its directory for this user alone: outputs of gates may hold secrets."""
    if path.is_dir():
        raise StateError(f"the database path {path} is a directory", "Name a file in it: TREMAUX_DB=.../tremaux.db.")
    if path.exists() and not path.is_file():  # a device takes whatever is written, and SQLite calls that locked
        raise StateError(f"{path} is no file that can hold a database", "Name another file with TREMAUX_DB.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


async def _use_wal(connection: aiosqlite.Connection, *, patience: float) -> None:
    """Set the journal mode; unlike a transaction, SQLite does not wait for the lock here by itself."""
    deadline = anyio.current_time() + patience
    while True:
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _LOCKED or anyio.current_time() > deadline:
                raise
        await anyio.sleep(OPEN_RETRY)
    await connection.execute("PRAGMA synchronous = FULL")  # what an agent was told is stored survives a power cut
    await connection.execute("PRAGMA foreign_keys = ON")
