"""What a task taught goes into the graph, with the report that proves it."""

from collections import Counter

import aiosqlite

from tremaux_tools.core.duplicates import NEAR, read, similarity
from tremaux_tools.core.knowledge import FINDING, LEARNINGS, PITFALL, TOOL, Entity, Graph, Learned
from tremaux_tools.store import documents, entities, relations
from tremaux_tools.store.entities import Row

# Words that a known wording is looked for by: the longest are the rarest, and nearly all of them are in it.
ASKED_WORDS = 5
CANDIDATES = 20  # learnings with such words that are compared
# A job judged twice is one proof.
_PROVE = """
    INSERT INTO evidence (entity_id, report_id, kind, recorded_at)
    SELECT :entity_id, :report_id, 'learned', :at WHERE NOT EXISTS (
        SELECT 1 FROM evidence JOIN report AS known USING (report_id) JOIN report AS own ON own.report_id = :report_id
        WHERE entity_id = :entity_id AND kind = 'learned' AND known.job_id = own.job_id
    ) ON CONFLICT DO NOTHING"""
_SIMILAR = """
    SELECT entity.name, entity.body FROM document_fts JOIN entity ON entity_id = document_fts.rowid
    WHERE document_fts MATCH ? AND entity.kind = ? AND entity.status <> 'retired'
    ORDER BY bm25(document_fts) LIMIT ?"""


async def add(
    connection: aiosqlite.Connection, graph: Graph, *, project_id: int, report_id: int | None, at: float
) -> Learned:
    """Add what is new of a graph, and the report, if there is one, as proof of its learnings and tools.

    A learning that says what a known one says becomes a proof of that, and its wording an observation of it.
    """
    known: dict[str, tuple[int, str]] = {}
    stored: Counter[str] = Counter()
    for entity in graph.entities:
        entity_id, name, is_new = await _put(connection, entity, project_id, at=at)
        known[entity.name] = entity_id, name
        stored[entity.kind] += is_new
    created = 0
    for relation in graph.relations:
        (source, _), (target, _) = known[relation.source], known[relation.target]
        created += await relations.relate(connection, source, relation.type, target, at=at)
    proven = [entity for entity in graph.entities if entity.kind in (*LEARNINGS, TOOL)]
    if report_id is not None:
        proofs = [{"entity_id": known[entity.name][0], "report_id": report_id, "at": at} for entity in proven]
        await connection.executemany(_PROVE, proofs)
    await documents.settle(connection)
    return Learned(
        learnings_stored=stored[FINDING],
        pitfalls_stored=stored[PITFALL],
        relations_created=created,
        skills=tuple(entity.title for entity in proven if entity.kind in (FINDING, TOOL)),
        learnings=tuple(dict.fromkeys(known[entity.name][1] for entity in proven if entity.kind in LEARNINGS)),
    )


async def _put(
    connection: aiosqlite.Connection, entity: Entity, project_id: int, *, at: float
) -> tuple[int, str, bool]:
    """Find or make an entity: its row id, the name it is known by, and whether it is new."""
    known = await entities.current(connection, entity.name)
    told = entity.observations
    if known is None and entity.kind in LEARNINGS:
        known = await _said_before(connection, entity)
    if known is None:
        return await entities.add(connection, entity, project_id, at=at), entity.name, True
    if known.name != entity.name:
        told = (entity.body, *told)
    await entities.tell(connection, known, told, at=at, category=entity.category)
    return known.entity_id, known.name, False


async def _said_before(connection: aiosqlite.Connection, entity: Entity) -> Row | None:
    """The learning of the same kind that says nearly the same."""
    wording = read(entity.body)
    asked = sorted(set(wording.words), key=lambda word: (-len(word), word))[:ASKED_WORDS]
    query = " OR ".join(f'"{word}"' for word in asked if any(map(str.isalnum, word)))
    if not query:
        return None
    found = await connection.execute_fetchall(_SIMILAR, (query, entity.kind, CANDIDATES))
    best = max(((similarity(wording, read(body)), name) for name, body in found), default=(0.0, ""))
    return await entities.get(connection, best[1]) if best[0] >= NEAR else None
