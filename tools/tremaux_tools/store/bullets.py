"""Bullets of the playbook, with what came of them: votes, and the tasks that worked with them."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import aiosqlite

from tremaux_tools.core.learning.subjects import bullet_target
from tremaux_tools.core.playbook import Bullet, BulletStatus, Candidate, Tally, Watch

DAY = 86_400.0  # seconds

_SELECT = """
    SELECT bullet_id, project.path, section, text, bullet.status, reason, source, bullet.created_at, bullet.changed_at,
           (SELECT count(*) FROM bullet_vote WHERE bullet_vote.bullet_id = bullet.bullet_id AND is_helpful),
           (SELECT count(*) FROM bullet_vote WHERE bullet_vote.bullet_id = bullet.bullet_id AND NOT is_helpful)
    FROM bullet LEFT JOIN project USING (project_id)"""
_GET = f"{_SELECT} WHERE bullet_id = ?"
_OF_PROJECT = f"""
    {_SELECT} WHERE (bullet.project_id IS NULL OR project.path = :project) AND (:retired OR bullet.status <> 'retired')
    ORDER BY bullet_id"""
_OF_ID = f"{_SELECT} WHERE bullet.project_id IS NULL OR bullet.project_id = ? ORDER BY bullet_id"
_USED = f"{_SELECT} WHERE bullet.status <> 'retired' ORDER BY bullet_id"
_WATCHED = """
    SELECT target, delta_id, operation, new_value, status = 'trial' FROM delta
    WHERE type = 'playbook' AND (status = 'trial' OR guard IS NOT NULL)
    ORDER BY status <> 'trial'"""
# Grouped by the key of the table, so that nothing is sorted, however many tasks there were. What was tried before the
# bullet was reworded tells of other words.
_TASKS = """
    SELECT target, operation, status, sum(is_new AND passed), sum(is_new AND NOT passed),
           sum(passed AND NOT is_new), sum(NOT passed AND NOT is_new)
    FROM exposure JOIN delta USING (delta_id)
    WHERE exposure.delta_id IN (SELECT delta_id FROM delta WHERE target IN (SELECT value FROM json_each(?)))
        AND passed IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM delta AS later
            WHERE later.target = delta.target AND later.operation = 'modify' AND later.status = 'kept'
                AND (later.applied_at, later.delta_id) > (delta.applied_at, delta.delta_id))
    GROUP BY exposure.delta_id"""
_STATE = "SELECT count(*), coalesce(max(changed_at), 0.0) FROM bullet"
_INSERT = """
    INSERT INTO bullet (project_id, section, text, status, source, created_at, changed_at)
    VALUES (:project_id, :section, :text, 'proposed', :source, :at, :at) RETURNING bullet_id"""
_MOVE = "UPDATE bullet SET status = :status, reason = :reason, changed_at = :at WHERE bullet_id = :bullet_id"
_REWORD = "UPDATE bullet SET text = :text, changed_at = :at WHERE bullet_id = :bullet_id"
_UNVOTE = "DELETE FROM bullet_vote WHERE bullet_id = :bullet_id AND source = :source AND day > :day - 7"
_VOTE = """
    INSERT INTO bullet_vote (bullet_id, source, day, is_helpful) VALUES (:bullet_id, :source, :day, :is_helpful)"""


async def state(connection: aiosqlite.Connection) -> tuple[int, float]:
    """Two equal ones mean that no bullet was added, reworded, or moved in between."""
    ((count, changed_at),) = await connection.execute_fetchall(_STATE)
    return int(count), float(changed_at)


async def get(connection: aiosqlite.Connection, bullet_id: int) -> Bullet | None:
    """A bullet by its number."""
    return next((bullet for bullet, _ in await _read(connection, _GET, (bullet_id,))), None)


async def of_project(connection: aiosqlite.Connection, project: str | None, *, with_retired: bool) -> list[Bullet]:
    """The bullets of a project and those for all, the oldest first; of None only those for all."""
    values = {"project": project, "retired": with_retired}
    return [bullet for bullet, _ in await _read(connection, _OF_PROJECT, values)]


async def beside(connection: aiosqlite.Connection, project_id: int | None) -> list[Bullet]:
    """All bullets that workers of a project may ever be told, retired ones too; of None only those for all."""
    return [bullet for bullet, _ in await _read(connection, _OF_ID, (project_id,))]


async def candidates(connection: aiosqlite.Connection, project: str) -> list[Candidate]:
    """What workers of a project may be told, and by which deltas that is watched; what is watched may be retired."""
    watched: dict[str, Watch] = {}
    for target, delta_id, operation, new_value, is_trial in await connection.execute_fetchall(_WATCHED):
        watched.setdefault(target, Watch(delta_id, operation, json.loads(new_value), bool(is_trial)))
    found = await of_project(connection, project, with_retired=any(w.operation == "remove" for w in watched.values()))
    told = [Candidate(bullet, watched.get(bullet_target(bullet.bullet_id))) for bullet in found]
    return [candidate for candidate in told if candidate.bullet.status == "active" or candidate.watch]


async def tallies(connection: aiosqlite.Connection) -> list[tuple[Bullet, Tally]]:
    """All bullets that are not retired, with what speaks for them and against them."""
    return await _read(connection, _USED, ())


async def insert(
    connection: aiosqlite.Connection, project_id: int | None, section: str, text: str, *, source: str, at: float
) -> int:
    """Keep a bullet that is proposed; returns its number."""
    values = {"project_id": project_id, "section": section, "text": text, "source": source, "at": at}
    ((bullet_id,),) = await connection.execute_fetchall(_INSERT, values)
    return int(bullet_id)


async def move(
    connection: aiosqlite.Connection, bullet_id: int, status: BulletStatus, *, reason: str = "", at: float
) -> None:
    """Show a bullet from now on, or retire it for a reason."""
    values = {"bullet_id": bullet_id, "status": status, "reason": reason, "at": at}
    await connection.execute(_MOVE, values)


async def reword(connection: aiosqlite.Connection, bullet_id: int, text: str, *, at: float) -> None:
    """Replace the text of a bullet."""
    await connection.execute(_REWORD, {"bullet_id": bullet_id, "text": text, "at": at})


async def vote(connection: aiosqlite.Connection, bullet_id: int, source: str, *, is_helpful: bool, at: float) -> None:
    """Keep what somebody says of a bullet; of several votes of one source within a week the last one counts."""
    values = {"bullet_id": bullet_id, "source": source, "day": int(at // DAY), "is_helpful": is_helpful}
    await connection.execute(_UNVOTE, values)
    await connection.execute(_VOTE, values)


async def _read(connection: aiosqlite.Connection, query: str, values: Any) -> list[tuple[Bullet, Tally]]:
    rows = list(await connection.execute_fetchall(query, values))
    ended = await _ended(connection, [bullet_target(row[0]) for row in rows])
    return [_counted(list(row), ended[bullet_target(row[0])]) for row in rows]


async def _ended(connection: aiosqlite.Connection, targets: Iterable[str]) -> dict[str, list[int]]:
    """Tasks of each target: passed and failed with the bullet as it is now, passed and failed without it.

    Of one that was to be reworded, those with the other wording are tasks without it. Once it was, those of deltas
    before that do not count.
    """
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for target, operation, status, *counts in await connection.execute_fetchall(_TASKS, (json.dumps(list(targets)),)):
        is_new_with = operation == "add" or (operation == "modify" and status == "kept")
        ordered = counts if is_new_with else [*counts[2:], *counts[:2]]
        found[target] = [known + more for known, more in zip(found[target], ordered, strict=True)]
    return found


def _counted(row: list[Any], ended: list[int]) -> tuple[Bullet, Tally]:
    bullet_id, project, section, text, status, reason, source, created_at, changed_at, votes_for, votes_against = row
    tally = Tally(votes_for, votes_against, *ended)
    helpful, harmful = tally.votes_for + tally.passed, tally.votes_against + tally.failed
    return (
        Bullet(bullet_id, project, section, text, status, helpful, harmful, reason, source, created_at, changed_at),
        tally,
    )
