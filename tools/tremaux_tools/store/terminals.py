"""Terminals, open and closed."""

from dataclasses import asdict, fields

import aiosqlite

from tremaux_tools.core.terminal.records import TerminalRecord

_NAMES = tuple(field.name for field in fields(TerminalRecord))
_COLUMNS = ", ".join(_NAMES)
_KEPT = ", ".join(_NAMES[1:])
_GIVEN = ", ".join(f":{name}" for name in _NAMES[1:])
_FLAGS = ("tmux_inside", "made")
# Column names of ours.
_INSERT = f"INSERT INTO terminal ({_KEPT}) VALUES ({_GIVEN}) RETURNING terminal_id"  # noqa: S608
_FIND = f"SELECT {_COLUMNS} FROM terminal WHERE name = ? AND closed_at IS NULL"  # noqa: S608
_GET = f"SELECT {_COLUMNS} FROM terminal WHERE terminal_id = ?"  # noqa: S608
_OPEN = f"SELECT {_COLUMNS} FROM terminal WHERE closed_at IS NULL ORDER BY terminal_id"  # noqa: S608
_USE = "UPDATE terminal SET used_at = max(used_at, ?) WHERE terminal_id = ? AND closed_at IS NULL"
_CLOSE = "UPDATE terminal SET closed_at = ?, exit_code = ? WHERE terminal_id = ? AND closed_at IS NULL"


async def insert(connection: aiosqlite.Connection, record: TerminalRecord) -> int:
    """Add an open terminal; returns its id. Its name must not be that of another open one."""
    ((terminal_id,),) = await connection.execute_fetchall(_INSERT, asdict(record))
    return int(terminal_id)


async def find(connection: aiosqlite.Connection, name: str) -> TerminalRecord | None:
    """The open terminal of that name."""
    return next(map(_record, await connection.execute_fetchall(_FIND, (name,))), None)


async def get(connection: aiosqlite.Connection, terminal_id: int) -> TerminalRecord | None:
    """A terminal, open or closed."""
    return next(map(_record, await connection.execute_fetchall(_GET, (terminal_id,))), None)


async def list_open(connection: aiosqlite.Connection) -> list[TerminalRecord]:
    """All open terminals, the oldest first."""
    return [_record(row) for row in await connection.execute_fetchall(_OPEN)]


async def use(connection: aiosqlite.Connection, terminal_id: int, *, at: float) -> None:
    """Remember that somebody used a terminal."""
    await connection.execute(_USE, (at, terminal_id))


async def close(connection: aiosqlite.Connection, terminal_id: int, exit_code: int | None, *, at: float) -> None:
    """Remember that a terminal was closed, and how its program ended."""
    await connection.execute(_CLOSE, (at, exit_code, terminal_id))


def _record(row: aiosqlite.Row | tuple[object, ...]) -> TerminalRecord:
    values = dict(zip(_NAMES, row, strict=True))
    return TerminalRecord(**values | {name: bool(values[name]) for name in _FLAGS})
