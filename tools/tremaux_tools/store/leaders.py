"""Which process does what only one may do, and what each cycle of it did."""

from dataclasses import dataclass

import aiosqlite

_GET = "SELECT owner, epoch, until, since FROM leader WHERE role = ?"
_TAKE = """
    INSERT INTO leader (role, owner, epoch, until, since) VALUES (:role, :owner, 1, :until, :at)
    ON CONFLICT (role) DO UPDATE SET owner = excluded.owner, epoch = epoch + 1, until = excluded.until, since = :at
    WHERE owner = :was AND epoch = :epoch AND until = :known"""
_RENEW = "UPDATE leader SET until = :until WHERE role = :role AND owner = :owner AND epoch = :epoch"
_LEAVE = "UPDATE leader SET until = 0 WHERE role = ? AND owner = ?"
_ADD = """
    INSERT INTO cycle (owner, epoch, started_at, ended_at, tasks, proposed, applied, kept, rolled_back, error)
    VALUES (:owner, :epoch, :started_at, :ended_at, :tasks, :proposed, :applied, :kept, :rolled_back, :error)"""
_COLUMNS = "owner, epoch, started_at, ended_at, tasks, proposed, applied, kept, rolled_back, error"
_NEWEST = f"SELECT {_COLUMNS} FROM cycle ORDER BY cycle_id DESC LIMIT ?"  # noqa: S608  column names of ours
_COUNT = "SELECT count(*) FROM cycle"
_PRUNE = "DELETE FROM cycle WHERE started_at < ?"


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads, and until when without another word. Times are Unix seconds."""

    owner: str
    epoch: int  #: counts the leaders
    until: float
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What one cycle did. Times are Unix seconds."""

    owner: str
    epoch: int
    started_at: float
    ended_at: float
    tasks: int = 0  #: that it looked at
    proposed: int = 0
    applied: int = 0
    kept: int = 0
    rolled_back: int = 0
    error: str = ""


async def get(connection: aiosqlite.Connection, role: str) -> Leader | None:
    """Who has a role; None while nobody ever had it."""
    rows = list(await connection.execute_fetchall(_GET, (role,)))
    return Leader(*rows[0]) if rows else None


async def take(
    connection: aiosqlite.Connection, role: str, owner: str, known: Leader | None, *, at: float, until: float
) -> bool:
    """Become the leader in place of the one that is `known`; false when somebody else was quicker."""
    values = {
        "role": role,
        "owner": owner,
        "at": at,
        "until": until,
        "was": known.owner if known else "",
        "epoch": known.epoch if known else 0,
        "known": known.until if known else 0.0,
    }
    return (await connection.execute(_TAKE, values)).rowcount == 1


async def renew(connection: aiosqlite.Connection, role: str, owner: str, epoch: int, *, until: float) -> bool:
    """Stay the leader; false when somebody else is it by now."""
    values = {"role": role, "owner": owner, "epoch": epoch, "until": until}
    return (await connection.execute(_RENEW, values)).rowcount == 1


async def leave(connection: aiosqlite.Connection, role: str, owner: str) -> None:
    """Give a role back, so that the next one need not wait."""
    await connection.execute(_LEAVE, (role, owner))


async def add_cycle(connection: aiosqlite.Connection, cycle: Cycle) -> None:
    """Keep what a cycle did."""
    values = {name.strip(): getattr(cycle, name.strip()) for name in _COLUMNS.split(",")}
    await connection.execute(_ADD, values)


async def newest_cycles(connection: aiosqlite.Connection, *, limit: int) -> list[Cycle]:
    """What the last cycles did, the newest first."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    rows = await connection.execute_fetchall(_NEWEST, (limit,))
    return [Cycle(**dict(zip(names, row, strict=True))) for row in rows]


async def count_cycles(connection: aiosqlite.Connection) -> int:
    """How many cycles are kept."""
    ((count,),) = await connection.execute_fetchall(_COUNT)
    return int(count)


async def prune_cycles(connection: aiosqlite.Connection, *, before: float) -> None:
    """Forget cycles that began before a moment."""
    await connection.execute(_PRUNE, (before,))
