"""The knowledge graph: entities, relations, and the reports that prove them."""

from collections.abc import AsyncIterator, Sequence

import aiosqlite

from tremaux_tools.core.knowledge import FINDING, LEARNINGS, TOOL, Entity, Graph, Learned, Relation

PAGE = 500  # rows read at a time for an export
_FIND = "SELECT entity_id FROM entity WHERE name = ?"
_ADD = """
    INSERT INTO entity (name, kind, project_id, title, body, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    RETURNING entity_id"""
_TOUCH = "UPDATE entity SET updated_at = ? WHERE entity_id = ?"
_OBSERVE = "INSERT INTO observation (entity_id, text, observed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_RELATE = "INSERT INTO relation (source_id, type, target_id, related_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
# A job judged twice is one proof.
_PROVE = """
    INSERT INTO evidence (entity_id, report_id, kind, recorded_at)
    SELECT :entity_id, :report_id, 'learned', :at WHERE NOT EXISTS (
        SELECT 1 FROM evidence JOIN report AS known USING (report_id) JOIN report AS own ON own.report_id = :report_id
        WHERE entity_id = :entity_id AND kind = 'learned' AND known.job_id = own.job_id
    )"""
_ENTITIES = """
    SELECT entity_id, name, kind, title, body FROM entity
    WHERE entity_id > ? AND status <> 'retired' ORDER BY entity_id LIMIT ?"""
_OBSERVATIONS = "SELECT text FROM observation WHERE entity_id = ? ORDER BY observation_id"
_RELATIONS = """
    SELECT source.name, relation.type, target.name FROM relation
    JOIN entity AS source ON source.entity_id = source_id AND source.status <> 'retired'
    JOIN entity AS target ON target.entity_id = target_id AND target.status <> 'retired'
    ORDER BY source_id, relation.type, target_id"""


async def add(
    connection: aiosqlite.Connection, graph: Graph, *, project_id: int, report_id: int | None, at: float
) -> Learned:
    """Add what is new of a graph, and the report, if there is one, as proof of all its learnings."""
    ids: dict[str, int] = {}
    stored = 0
    for entity in graph.entities:
        ids[entity.name], is_new = await _put(connection, entity, project_id, at=at)
        stored += is_new and entity.kind == FINDING
    created = 0
    for relation in graph.relations:
        values = (ids[relation.source], relation.type, ids[relation.target], at)
        created += (await connection.execute(_RELATE, values)).rowcount
    if report_id is not None:
        proven = [entity.name for entity in graph.entities if entity.kind in (*LEARNINGS, TOOL)]
        proofs = [{"entity_id": ids[name], "report_id": report_id, "at": at} for name in proven]
        await connection.executemany(_PROVE, proofs)
    skills = tuple(entity.title for entity in graph.entities if entity.kind in (FINDING, TOOL))
    return Learned(stored, created, skills)


async def entities(connection: aiosqlite.Connection) -> AsyncIterator[Entity]:
    """All entities that are not retired, the oldest first."""
    after = 0
    while rows := list(await connection.execute_fetchall(_ENTITIES, (after, PAGE))):
        for entity_id, name, kind, title, body in rows:
            told = await connection.execute_fetchall(_OBSERVATIONS, (entity_id,))
            yield Entity(name, kind, title, body, tuple(text for (text,) in told))
        after = rows[-1][0]


async def relations(connection: aiosqlite.Connection) -> Sequence[Relation]:
    """All relations among entities that are not retired."""
    return [Relation(*row) for row in await connection.execute_fetchall(_RELATIONS)]


async def _put(connection: aiosqlite.Connection, entity: Entity, project_id: int, *, at: float) -> tuple[int, bool]:
    """Find or make an entity; tells whether it is new."""
    rows = list(await connection.execute_fetchall(_FIND, (entity.name,)))
    if rows:
        entity_id = int(rows[0][0])
        await connection.execute(_TOUCH, (at, entity_id))
    else:
        values = (entity.name, entity.kind, project_id, entity.title, entity.body, at, at)
        ((entity_id,),) = await connection.execute_fetchall(_ADD, values)
    await connection.executemany(_OBSERVE, [(entity_id, text, at) for text in entity.observations])
    return int(entity_id), not rows
