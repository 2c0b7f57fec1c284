"""What settings are set to, and every change of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import aiosqlite

from tremaux_tools.store.connection import Connection

_SOME = "SELECT name, value, is_fixed, by, changed_at FROM setting WHERE name IN (SELECT value FROM json_each(?))"
_PUT = """
    INSERT INTO setting (name, value, is_fixed, by, changed_at) VALUES (:name, :value, :is_fixed, :by, :at)
    ON CONFLICT (name) DO UPDATE SET
        value = excluded.value, is_fixed = excluded.is_fixed, by = excluded.by, changed_at = excluded.changed_at"""
_REMOVE = "DELETE FROM setting WHERE name = ?"
_NOTE = """
    INSERT INTO setting_change (name, old, new, by, reason, changed_at)
    VALUES (:name, (SELECT value FROM setting WHERE name = :name), :new, :by, :reason, :at)"""
_CHANGES = """
    SELECT name, old, new, by, reason, changed_at FROM setting_change
    WHERE :name IS NULL OR name = :name ORDER BY change_id DESC LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a setting is set to, where that is not left to the program."""

    value: Any
    is_fixed: bool  #: by a person; learning leaves it alone
    by: str
    changed_at: float  #: Unix seconds


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a setting."""

    name: str
    old: Any  #: None: the default
    new: Any  #: None: the default again
    by: str
    reason: str
    changed_at: float  #: Unix seconds


async def some(connection: Connection, names: Iterable[str]) -> dict[str, Kept]:
    """What is set of these settings; one that is at its default is left out."""
    rows = await connection.execute_fetchall(_SOME, (json.dumps(list(names)),))
    return {name: Kept(json.loads(value), bool(fixed), by, at) for name, value, fixed, by, at in rows}


async def put(
    connection: aiosqlite.Connection, name: str, value: Any, *, is_fixed: bool, by: str, reason: str, at: float
) -> None:
    """Set a setting, and note the change."""
    new = json.dumps(value)
    await connection.execute(_NOTE, {"name": name, "new": new, "by": by, "reason": reason, "at": at})
    await connection.execute(_PUT, {"name": name, "value": new, "is_fixed": is_fixed, "by": by, "at": at})


async def remove(connection: aiosqlite.Connection, name: str, *, by: str, reason: str, at: float) -> None:
    """Leave a setting to its default again, and note the change if it is one."""
    if name in await some(connection, [name]):
        await connection.execute(_NOTE, {"name": name, "new": None, "by": by, "reason": reason, "at": at})
        await connection.execute(_REMOVE, (name,))


async def changes(connection: aiosqlite.Connection, name: str | None, *, limit: int) -> list[Change]:
    """The changes of a setting, or of all for None, the newest first."""
    rows = await connection.execute_fetchall(_CHANGES, {"name": name, "limit": limit})
    return [Change(name, _read(old), _read(new), by, reason, at) for name, old, new, by, reason, at in rows]


def _read(value: str | None) -> Any:
    return None if value is None else json.loads(value)
