"""Learnings as a recommendation needs them: what they say, where they were learnt, what proves them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.core.skills.category import Category
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.encoding import as_json

_ALL = """
    SELECT entity_id, entity.name, kind, title, body, category, entity.project_id, coalesce(project.path, ''),
           quarantined_at, entity.origin
    FROM entity LEFT JOIN project USING (project_id)
    WHERE status <> 'retired' AND kind IN ('finding', 'pitfall')"""
_OF_PROJECT = f"{_ALL} AND (:project IS NULL OR project.path = :project) ORDER BY entity_id"
# CROSS JOIN keeps the order: each is looked up once, by its id, and not in an index for each kind first.
_SOME = _ALL.replace("FROM entity", "FROM json_each(?) CROSS JOIN entity ON entity_id = value")
_KINDS = """
    SELECT entity_id, kind, coalesce(project_id, 0) FROM json_each(?) CROSS JOIN entity ON entity_id = value
    WHERE status <> 'retired' AND kind IN ('finding', 'pitfall')"""
_REPORTS = """
    SELECT entity_id, report_id FROM evidence
    WHERE kind = 'learned' AND entity_id IN (SELECT value FROM json_each(?)) ORDER BY report_id DESC"""
_PROVEN_BY = """
    SELECT DISTINCT entity_id FROM evidence JOIN report AS known USING (report_id)
    WHERE kind = 'learned' AND (report_id = :report_id
        OR known.job_id = (SELECT job_id FROM report WHERE report_id = :report_id))"""
_QUARANTINE = "UPDATE entity SET quarantined_at = ? WHERE entity_id = ?"
_SKILLS = """
    SELECT skill.name, skill.title, learning.entity_id FROM relation
    JOIN entity AS skill ON skill.entity_id = source_id JOIN entity AS learning ON learning.entity_id = target_id
    LEFT JOIN project ON project.project_id = learning.project_id
    WHERE relation.type = 'shown_by' AND learning.status <> 'retired'
      AND (:project IS NULL OR project.path = :project)
    ORDER BY skill.name, learning.entity_id"""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A learning as it is stored."""

    entity_id: int
    name: str
    kind: str
    title: str
    body: str
    category: Category | None  #: None: learnt or imported before it had one
    project_id: int | None  #: where it was met first
    project: str
    quarantined_at: float | None
    origin: str  #: whence it was imported; empty: learnt here


async def kinds(connection: Connection, entity_ids: Iterable[int]) -> dict[int, tuple[str, int]]:
    """The kind and the project's id of those of the entities that are learnings, and not retired; 0 is no project."""
    rows = await connection.execute_fetchall(_KINDS, (as_json(list(entity_ids)),))
    return {entity_id: (kind, project_id) for entity_id, kind, project_id in rows}


async def some(connection: Connection, entity_ids: Iterable[int]) -> dict[int, Learnt]:
    """Those of the entities that are learnings, and not retired, by their id."""
    return {row[0]: Learnt(*row) for row in await connection.execute_fetchall(_SOME, (as_json(list(entity_ids)),))}


async def of_project(connection: aiosqlite.Connection, project: str | None) -> list[Learnt]:
    """All learnings of a project, or of all, the oldest first."""
    return [Learnt(*row) for row in await connection.execute_fetchall(_OF_PROJECT, {"project": project})]


async def reports(connection: Connection, entity_ids: Iterable[int]) -> dict[int, list[int]]:
    """The reports that prove learnings, the newest first."""
    found: dict[int, list[int]] = defaultdict(list)
    for entity_id, report_id in await connection.execute_fetchall(_REPORTS, (as_json(list(entity_ids)),)):
        found[entity_id].append(report_id)
    return found


async def proven_by(connection: aiosqlite.Connection, report_id: int) -> set[int]:
    """The learnings that come from the task of a report: it cannot speak for them again."""
    rows = await connection.execute_fetchall(_PROVEN_BY, {"report_id": report_id})
    return {entity_id for (entity_id,) in rows}


async def quarantine(connection: aiosqlite.Connection, entity_id: int, *, since: float | None) -> None:
    """Keep a learning from being recommended, or let it be recommended again with `since` None."""
    await connection.execute(_QUARANTINE, (since, entity_id))


async def skills(connection: aiosqlite.Connection, project: str | None) -> list[tuple[str, str, int]]:
    """Each skill with each learning that shows it: name and title of the skill's entity, id of the learning's."""
    return [tuple(row) for row in await connection.execute_fetchall(_SKILLS, {"project": project})]
