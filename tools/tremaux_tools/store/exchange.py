"""Everything of the knowledge graph at once: for those who share it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import aiosqlite
import anyio.to_thread

from tremaux_tools.core.knowledge import Entity, Relation
from tremaux_tools.core.recall.document import Document, document_of
from tremaux_tools.core.sharing.parcel import Item, Outcome, Parcel
from tremaux_tools.store import documents, entities, goals, outcomes

_ORIGIN = "SELECT name FROM origin"
_ENTITIES = """
    SELECT entity_id, name, kind, title, body, category, status, origin, project.path, entity.created_at, quarantined_at
    FROM entity LEFT JOIN project USING (project_id)
    WHERE status <> 'retired' AND (NOT :tried OR entity_id IN (SELECT entity_id FROM outcome)) ORDER BY entity_id"""
_OBSERVATIONS = """
    SELECT entity_id, text FROM observation WHERE NOT :tried OR entity_id IN (SELECT entity_id FROM outcome)
    ORDER BY entity_id, observation_id"""
_OUTCOMES = """
    SELECT entity_id, origin, source, kind, passed, weight, project.path, recorded_at
    FROM outcome JOIN project USING (project_id) ORDER BY entity_id, origin, source"""
_RELATIONS = """
    SELECT source.name, relation.type, target.name FROM relation
    JOIN entity AS source ON source.entity_id = source_id
    JOIN entity AS target ON target.entity_id = target_id
    ORDER BY source_id, relation.type, target_id"""

_KNOWN = """
    SELECT entity_id, name, kind, title, body, status = 'retired' FROM entity
    WHERE name IN (SELECT value FROM json_each(?))"""
_TOLD = """
    SELECT entity_id, text FROM observation
    WHERE entity_id IN (SELECT value FROM json_each(?)) ORDER BY observation_id"""
_ADD = """
    INSERT INTO entity (name, kind, project_id, title, body, category, status, origin, quarantined_at, created_at,
                        updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_TOUCH = "UPDATE entity SET updated_at = ? WHERE entity_id = ?"
_OBSERVE = "INSERT INTO observation (entity_id, text, observed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_RELATE = "INSERT INTO relation (source_id, type, target_id, related_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_LOGGED = """
    SELECT entity_id, origin, source FROM outcome WHERE entity_id IN (SELECT value FROM json_each(?))"""
# What others say of their own tasks may have become a stronger word since; our own log is the truth of ours.
_LOG = """
    INSERT INTO outcome (entity_id, project_id, origin, source, kind, passed, weight, recorded_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (entity_id, origin, source) DO UPDATE SET
        kind = excluded.kind, passed = excluded.passed, weight = excluded.weight, recorded_at = excluded.recorded_at
    WHERE excluded.weight > outcome.weight AND outcome.origin <> (SELECT name FROM origin)"""


@dataclass(frozen=True, slots=True)
class Added:
    """What of a parcel was new."""

    entities_new: int
    entities_known: int
    observations_new: int
    relations_new: int
    relations_dangling: int  #: one of their ends is nowhere
    outcomes_new: int


@dataclass(frozen=True, slots=True)
class _Known:
    entity_id: int
    entity: Entity
    is_retired: bool


async def origin(connection: aiosqlite.Connection) -> str:
    """Who we are among those who share."""
    ((name,),) = await connection.execute_fetchall(_ORIGIN)
    return str(name)


async def everything(connection: aiosqlite.Connection) -> Parcel:
    """All entities that are not retired, the oldest first, what came of them, and the relations among them."""
    items = await _items(connection, tried=False)
    names = {item.entity.name for item in items}
    relations = (Relation(*row) for row in await connection.execute_fetchall(_RELATIONS))
    return Parcel(items, tuple(one for one in relations if {one.source, one.target} <= names))


async def tried(connection: aiosqlite.Connection) -> tuple[Item, ...]:
    """The entities of which something came."""
    return await _items(connection, tried=True)


async def _items(connection: aiosqlite.Connection, *, tried: bool) -> tuple[Item, ...]:
    own = await origin(connection)
    wanted = {"tried": tried}
    told: dict[int, list[str]] = defaultdict(list)
    for entity_id, text in await connection.execute_fetchall(_OBSERVATIONS, wanted):
        told[entity_id].append(text)
    logged: dict[int, list[Outcome]] = defaultdict(list)
    for entity_id, whose, source, kind, passed, weight, project, at in await connection.execute_fetchall(_OUTCOMES):
        logged[entity_id].append(Outcome(whose, source, kind, bool(passed), weight, project, at))
    return tuple(
        Item(
            Entity(name, kind, title, body, tuple(told[entity_id]), category),
            status=status,
            origin=whence or own,
            project=project or "",
            learned_at=learned_at,
            quarantined_at=quarantined_at,
            outcomes=tuple(logged[entity_id]),
        )
        for (
            entity_id, name, kind, title, body, category, status, whence, project, learned_at, quarantined_at
        ) in await connection.execute_fetchall(_ENTITIES, wanted)
    )  # fmt: skip


async def add(
    connection: aiosqlite.Connection,
    parcel: Parcel,
    found_by: Mapping[str, Document],
    *,
    at: float,
    only_new: bool = False,
) -> Added:
    """Add what is new of a parcel, each name of which is there once; `at` is now.

    What each entity is found by is told in `found_by`, by its name, so that it need not be worked out with the lock
    held.

    Of a known entity only observations, outcomes and relations are added, with `only_new` nothing; what was retired
    here stays so, and what came of it counts for what superseded it.
    """
    known = await _known(connection, [item.entity.name for item in parcel.items])
    fresh = [item for item in parcel.items if item.entity.name not in known]
    projects = await _projects(connection, parcel, at=at)
    if only_new:
        parcel = replace(parcel, items=tuple(fresh))
    own = await origin(connection)
    await connection.executemany(_ADD, [_row(item, projects, own=own, at=at) for item in fresh])
    ids = {
        name: one.entity_id for name, one in (await _known(connection, _names(parcel))).items() if not one.is_retired
    }
    changed, observed = await _observe(connection, parcel.items, ids, known, at=at)
    await documents.put_all(connection, [(ids[item.entity.name], found_by[item.entity.name]) for item in fresh])
    await documents.put_all(connection, await anyio.to_thread.run_sync(_documents, changed))
    await documents.settle(connection, whole=True)
    related, dangling = await _relate(connection, parcel.relations, ids, at=at)
    return Added(
        entities_new=len(fresh),
        entities_known=len(known),
        observations_new=observed,
        relations_new=related,
        relations_dangling=dangling,
        outcomes_new=await _log(connection, parcel.items, {**await _heirs(connection, known), **ids}, projects, at=at),
    )


async def _heirs(connection: aiosqlite.Connection, known: Mapping[str, _Known]) -> Mapping[str, int]:
    """What superseded those of the entities that are retired, by their names; nothing of those that were forgotten."""
    heirs = {name: await entities.current(connection, name) for name, one in known.items() if one.is_retired}
    return {name: heir.entity_id for name, heir in heirs.items() if heir and heir.status != entities.RETIRED}


def _names(parcel: Parcel) -> Iterable[str]:
    return {
        *(item.entity.name for item in parcel.items),
        *(relation.source for relation in parcel.relations),
        *(relation.target for relation in parcel.relations),
    }


async def _known(connection: aiosqlite.Connection, names: Iterable[str]) -> Mapping[str, _Known]:
    rows = await connection.execute_fetchall(_KNOWN, (json.dumps(list(names)),))
    return {
        name: _Known(entity_id, Entity(name, kind, title, body), bool(is_retired))
        for entity_id, name, kind, title, body, is_retired in rows
    }


async def _projects(connection: aiosqlite.Connection, parcel: Parcel, *, at: float) -> Mapping[str, int]:
    paths = {item.project for item in parcel.items} | {one.project for item in parcel.items for one in item.outcomes}
    return {path: await goals.put_project(connection, path, at=at) for path in sorted(paths) if path}


def _row(item: Item, projects: Mapping[str, int], *, own: str, at: float) -> tuple[object, ...]:
    entity = item.entity
    return (
        entity.name,
        entity.kind,
        projects.get(item.project),
        entity.title,
        entity.body,
        entity.category,
        item.status,
        "" if item.origin == own else item.origin,
        None if item.quarantined_at is None else min(item.quarantined_at, at),
        at if item.learned_at is None else min(item.learned_at, at),
        at,
    )


async def _observe(
    connection: aiosqlite.Connection,
    items: Sequence[Item],
    ids: Mapping[str, int],
    known: Mapping[str, _Known],
    *,
    at: float,
) -> tuple[list[tuple[int, Entity]], int]:
    """Add the observations that are new; returns the known entities that have more now, and how many were added."""
    told: dict[int, list[str]] = defaultdict(list)
    numbers = [one.entity_id for one in known.values()]
    for entity_id, text in await connection.execute_fetchall(_TOLD, (json.dumps(numbers),)):
        told[entity_id].append(text)
    rows: list[tuple[int, str, float]] = []
    changed: list[tuple[int, Entity]] = []
    for item in items:
        name, entity = item.entity.name, item.entity
        if name not in ids:
            continue  # retired here
        before = known.get(name)
        if before is None:
            rows += [(ids[name], text, at) for text in dict.fromkeys(entity.observations) if text != entity.body]
            continue
        have = told[before.entity_id]
        offered = dict.fromkeys((*((entity.body,) if entity.body else ()), *entity.observations))
        new = [text for text in offered if text != before.entity.body and text not in set(have)]
        if new:
            rows += [(before.entity_id, text, at) for text in new]
            whole = before.entity
            changed.append((before.entity_id, Entity(name, whole.kind, whole.title, whole.body, (*have, *new))))
    await connection.executemany(_OBSERVE, rows)
    await connection.executemany(_TOUCH, [(at, entity_id) for entity_id, _ in changed])
    return changed, len(rows)


def _documents(changed: Iterable[tuple[int, Entity]]) -> list[tuple[int, Document]]:
    return [(entity_id, document_of(entity)) for entity_id, entity in changed]


async def _relate(
    connection: aiosqlite.Connection, relations: Sequence[Relation], ids: Mapping[str, int], *, at: float
) -> tuple[int, int]:
    """Add relations; returns how many were new, and how many lead nowhere."""
    rows = [
        (ids[relation.source], relation.type, ids[relation.target], at)
        for relation in relations
        if relation.source in ids and relation.target in ids
    ]
    cursor = await connection.executemany(_RELATE, rows)
    return max(cursor.rowcount, 0), len(relations) - len(rows)


async def _log(
    connection: aiosqlite.Connection,
    items: Sequence[Item],
    ids: Mapping[str, int],
    projects: Mapping[str, int],
    *,
    at: float,
) -> int:
    """Log outcomes and bring the sums up to date; returns how many were new."""
    judged = [(ids[item.entity.name], item.outcomes) for item in items if item.outcomes and item.entity.name in ids]
    numbers = [entity_id for entity_id, _ in judged]
    before = {tuple(row) for row in await connection.execute_fetchall(_LOGGED, (json.dumps(numbers),))}
    rows = [
        (
            entity_id,
            projects[one.project],
            one.origin,
            one.source,
            one.kind,
            int(one.passed),
            one.weight,
            min(one.at, at),
        )
        for entity_id, several in judged
        for one in several
    ]
    await connection.executemany(_LOG, rows)
    await outcomes.recount(connection, numbers)
    return len({(entity_id, whose, source) for entity_id, _, whose, source, *_ in rows} - before)
