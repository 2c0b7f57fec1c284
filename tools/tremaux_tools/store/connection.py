"""Ask a database many things in a row for one change of threads, which costs more than most of the answers."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import aiosqlite

ROWS_AT_ONCE = 64  # fetched of a cursor for each change of threads, as aiosqlite does

Parameters = Sequence[Any] | Mapping[str, Any]
_T = TypeVar("_T")
_R = TypeVar("_R")


class Connection(Protocol):
    """What a query is put to: a connection of aiosqlite, or one that answers on the spot."""

    def execute(self, sql: str, parameters: Parameters = ..., /) -> Awaitable[object]:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Awaitable[object]:
        """Run one statement for each of the parameters."""

    def execute_fetchall(self, sql: str, parameters: Parameters = ..., /) -> Awaitable[Iterable[Any]]:
        """Run one query; returns its rows."""


Work = Callable[[Connection], Coroutine[Any, Any, _T]]  #: awaits nothing but the connection it is given
Follow = Callable[[Connection, _R], Coroutine[Any, Any, _T]]  #: the same, and knows what was read before


class Moved(Exception):
    """The file that was opened is no longer the one at its path."""


class Worker(aiosqlite.Connection):
    """A connection of aiosqlite that also does a whole piece of work on its thread."""

    def __init__(self, path: Path, *, timeout: float) -> None:
        super().__init__(lambda: sqlite3.connect(path, isolation_level=None, timeout=timeout), ROWS_AT_ONCE)
        self._path = path
        self._on_the_spot: _OnTheSpot | None = None

    async def at_once(self, begin: str, work: Work[_T], *, inode: int) -> _T:
        """Do all of it, or nothing, in a transaction that begins so.

        Raises:
            Moved: the file at the path is not the one of this `inode`; nothing was done.
        """
        done: _T = await self._execute(self._do, begin, work, inode)  # type: ignore[no-untyped-call]
        return done

    async def in_turn(self, read: Work[_R], then: Follow[_R, _T], *, inode: int) -> tuple[_R, _T]:
        """Do one piece of work in a transaction that reads, then another in one that writes.

        Raises:
            Moved: the file at the path is not the one of this `inode`; nothing was written.
        """
        done: tuple[_R, _T] = await self._execute(self._do_in_turn, read, then, inode)  # type: ignore[no-untyped-call]
        return done

    def _do_in_turn(self, read: Work[_R], then: Follow[_R, _T], inode: int) -> tuple[_R, _T]:
        known = self._do("BEGIN", read, inode)
        return known, self._do("BEGIN IMMEDIATE", lambda connection: then(connection, known), inode)

    def _do(self, begin: str, work: Work[_T], inode: int) -> _T:
        if inode_of(self._path) != inode:
            raise Moved
        self._conn.execute(begin)
        try:
            self._on_the_spot = self._on_the_spot or _OnTheSpot(self._conn)
            done = _finished(work(self._on_the_spot))
            self._conn.execute("COMMIT")
        except BaseException:
            self._conn.rollback()
            raise
        return done


def inode_of(path: Path) -> int:
    """What tells the file at a path from others; 0 where there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


@asynccontextmanager
async def begun(connection: aiosqlite.Connection, begin: str) -> AsyncIterator[None]:
    """All or nothing of what stands inside, read as of one moment."""
    await connection.execute(begin)
    try:
        yield
        await connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            await connection.execute("ROLLBACK")
        raise


class _OnTheSpot:
    """Answers in the thread that asks. There is one to an open file, so what is known of it can be kept by this."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, parameters: Parameters = ()) -> None:
        self._connection.execute(sql, parameters)

    async def executemany(self, sql: str, parameters: Iterable[Parameters]) -> None:
        self._connection.executemany(sql, parameters)

    async def execute_fetchall(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        return self._connection.execute(sql, parameters).fetchall()


def _finished(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to its end what never has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        done: _T = end.value
        return done
    work.close()
    raise RuntimeError("work done at once must wait for nothing but its connection")
