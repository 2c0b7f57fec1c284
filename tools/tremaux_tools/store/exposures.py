"""Who worked with the new or the old value of a delta, and how that ended."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import aiosqlite

from tremaux_tools.store.connection import Connection

_OPEN = """
    SELECT target, delta_id, old_value, new_value, status = 'trial',
           (SELECT count(*) FROM exposure WHERE exposure.delta_id = delta.delta_id)
    FROM delta
    WHERE target IN (SELECT value FROM json_each(?)) AND (status = 'trial' OR guard IS NOT NULL)
    ORDER BY status <> 'trial'"""
_EXPOSE = """
    INSERT INTO exposure (delta_id, subject, is_new, exposed_at) VALUES (:delta_id, :subject, :is_new, :at)
    ON CONFLICT DO NOTHING"""
_SETTLE = """
    UPDATE exposure SET passed = :passed, cost_usd = :cost, ended_at = :at,
        seconds = CASE WHEN (SELECT target FROM delta WHERE delta.delta_id = exposure.delta_id)
                            IN (SELECT value FROM json_each(:shared_by)) THEN :shared ELSE :seconds END
    WHERE subject = :subject AND passed IS NULL"""
_TARGETS = "SELECT target FROM exposure JOIN delta USING (delta_id) WHERE subject = ? AND passed IS NULL"
_BEGAN = "SELECT min(exposed_at) FROM exposure WHERE subject = ? AND passed IS NULL"
_GIVE_UP = """
    UPDATE exposure SET passed = 0, ended_at = :at
    WHERE passed IS NULL AND subject GLOB 'goal *' AND exposed_at < :before AND NOT EXISTS (
        SELECT 1 FROM attempt
        WHERE goal_id = CAST(substr(subject, length('goal ') + 1) AS INTEGER) AND recorded_at >= :before)"""
_DROP = "DELETE FROM exposure WHERE subject = ? AND passed IS NULL"
_FORGET = """
    DELETE FROM exposure
    WHERE subject = ? AND passed IS NULL AND delta_id IN (SELECT delta_id FROM delta WHERE target = ?)"""
_FORGET_OPEN = "DELETE FROM exposure WHERE delta_id = ? AND passed IS NULL"
# A pass ends a goal at once, but one that is given up fails a day later: to count whatever has ended would count passes
# only. So goals count in the order in which they began, each when all before it have ended.
_COUNTS = """
    delta_id = :delta_id AND passed IS NOT NULL AND (subject NOT GLOB 'goal *' OR exposed_at < coalesce((
        SELECT min(exposed_at) FROM exposure
        WHERE delta_id = :delta_id AND passed IS NULL AND subject GLOB 'goal *' AND exposed_at >= :since), 9e999))"""
_COUNT = "UPDATE exposure SET counted = 1"
_COUNT_ALL = f"{_COUNT} WHERE NOT counted AND {_COUNTS}"
# Two statements, since each has an index of its own: one for both looks at every task there ever was.
_PRUNE_ENDED = """
    DELETE FROM exposure WHERE passed IS NOT NULL AND ended_at < ?
        AND delta_id IN (SELECT delta_id FROM delta WHERE status <> 'trial')"""
_PRUNE_OPEN = """
    DELETE FROM exposure WHERE passed IS NULL AND exposed_at < ?
        AND delta_id NOT IN (SELECT delta_id FROM delta WHERE status = 'trial')"""
_SELECT = "SELECT subject, is_new, passed, seconds, cost_usd, ended_at FROM exposure"
_UNCOUNTED = f"{_SELECT} WHERE is_new AND NOT counted AND {_COUNTS} ORDER BY exposed_at, subject"
_ENDED = f"{_SELECT} WHERE {_COUNTS} ORDER BY ended_at, subject"


@dataclass(frozen=True, slots=True)
class Watched:
    """A delta whose tasks are watched: on trial, or kept and guarded."""

    target: str
    delta_id: int
    old_value: Any
    new_value: Any
    is_trial: bool
    exposures: int  #: so far


@dataclass(frozen=True, slots=True)
class Ended:
    """A task that worked with one of both values, and has ended."""

    subject: str
    is_new: bool
    passed: bool
    seconds: float | None
    cost: float | None  #: USD
    at: float  #: Unix seconds


async def watched(connection: Connection, targets: Iterable[str]) -> dict[str, Watched]:
    """The delta of each target that is on trial, else the one that is guarded, where there is any."""
    found: dict[str, Watched] = {}
    for target, delta_id, old, new, is_trial, count in await connection.execute_fetchall(
        _OPEN, (json.dumps(list(targets)),)
    ):
        found.setdefault(
            target, Watched(target, delta_id, json.loads(old), json.loads(new), bool(is_trial), int(count))
        )
    return found


async def expose(connection: Connection, delta_id: int, subject: str, *, is_new: bool, at: float) -> None:
    """Note that a task works with a value; what was noted first holds."""
    await connection.execute(_EXPOSE, {"delta_id": delta_id, "subject": subject, "is_new": is_new, "at": at})


async def settle(
    connection: aiosqlite.Connection,
    subject: str,
    *,
    passed: bool,
    seconds: float | None = None,
    shared: float | None = None,
    shared_by: Collection[str] = (),
    cost: float | None = None,
    at: float,
) -> None:
    """Keep how a task ended, for all values that it worked with; `cost` is in USD.

    It took `seconds`, and of the time that it shared with others `shared`: what counts for the targets `shared_by`.
    """
    values = {"subject": subject, "passed": passed, "seconds": seconds, "shared": shared, "cost": cost, "at": at}
    await connection.execute(_SETTLE, values | {"shared_by": json.dumps(list(shared_by))})


async def targets(connection: aiosqlite.Connection, subject: str) -> set[str]:
    """Of which targets a task works with a value, as long as it has not ended."""
    return {target for (target,) in await connection.execute_fetchall(_TARGETS, (subject,))}


async def began(connection: aiosqlite.Connection, subject: str) -> float | None:
    """When a task that has not ended worked with any value for the first time; None if it did with none."""
    ((at,),) = await connection.execute_fetchall(_BEGAN, (subject,))
    return None if at is None else float(at)


async def give_up(connection: aiosqlite.Connection, *, before: float, at: float) -> int:
    """Count goals at which nobody worked since `before` as failed; returns how often that ended something."""
    return (await connection.execute(_GIVE_UP, {"before": before, "at": at})).rowcount


async def drop(connection: aiosqlite.Connection, subject: str) -> None:
    """Forget a task that ended without a verdict: it says nothing for either value."""
    await connection.execute(_DROP, (subject,))


async def forget(connection: aiosqlite.Connection, subject: str, target: str) -> None:
    """Forget that a task was to work with a value of a target: it could not."""
    await connection.execute(_FORGET, (subject, target))


async def ended(connection: aiosqlite.Connection, delta_id: int, *, since: float = 0.0) -> list[Ended]:
    """The tasks of a delta that have ended and count, in that order.

    A goal counts only when all that began before it have ended, but for those that began before `since`.
    """
    return await _read(connection, _ENDED, delta_id, since)


async def uncounted(connection: aiosqlite.Connection, delta_id: int, *, since: float = 0.0) -> list[Ended]:
    """Those of them with the new value that its guard has not counted yet, in the order in which they began."""
    return await _read(connection, _UNCOUNTED, delta_id, since)


async def count_all(connection: aiosqlite.Connection, delta_id: int, *, since: float = 0.0) -> None:
    """Mark that the guard of a delta has counted all that `ended` gives."""
    await connection.execute(_COUNT_ALL, {"delta_id": delta_id, "since": since})


async def forget_open(connection: aiosqlite.Connection, delta_id: int) -> None:
    """Forget the tasks of a delta whose end is not known: nobody waits for it any more."""
    await connection.execute(_FORGET_OPEN, (delta_id,))


async def prune(connection: aiosqlite.Connection, *, before: float) -> None:
    """Forget tasks that ended before a moment, or were never heard of since; those of trials that go on are kept."""
    for statement in (_PRUNE_ENDED, _PRUNE_OPEN):
        await connection.execute(statement, (before,))


async def _read(connection: aiosqlite.Connection, query: str, delta_id: int, since: float) -> list[Ended]:
    rows = await connection.execute_fetchall(query, {"delta_id": delta_id, "since": since})
    return [
        Ended(subject, bool(is_new), bool(passed), seconds, cost, at)
        for subject, is_new, passed, seconds, cost, at in rows
    ]
