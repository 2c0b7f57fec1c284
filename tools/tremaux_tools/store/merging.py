"""Make one learning of two that say the same."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.core.knowledge import LEARNINGS, SUPERSEDES
from tremaux_tools.store import documents, entities, outcomes, relations

PAGE = 500  # rows read at a time
_KINDS = ", ".join(f"'{kind}'" for kind in LEARNINGS)
_LEARNINGS = f"""
    SELECT entity_id, name, kind, title, body,
           (SELECT count(*) FROM evidence WHERE evidence.entity_id = entity.entity_id)
    FROM entity WHERE kind IN ({_KINDS}) AND status <> 'retired' AND entity_id > ?
    ORDER BY entity_id LIMIT {PAGE}"""  # noqa: S608 - names of ours
_ARE_KNOWN = "SELECT count(*) FROM entity WHERE entity_id IN (?, ?) AND status <> 'retired'"
# All that is told of `drop`, with its own wording; what is known of `keep` already stays as it is.
_OBSERVATIONS = """
    INSERT INTO observation (entity_id, text, observed_at)
    SELECT :keep, text, observed_at FROM (
        SELECT text, observed_at, observation_id FROM observation WHERE entity_id = :drop
        UNION ALL SELECT body, created_at, 0 FROM entity WHERE entity_id = :drop
    ) WHERE text <> '' AND text <> (SELECT body FROM entity WHERE entity_id = :keep)
    ORDER BY observation_id ON CONFLICT DO NOTHING"""
_MOVES = (
    """
    INSERT INTO relation (source_id, type, target_id, related_at)
    SELECT :keep, type, target_id, related_at FROM relation WHERE source_id = :drop AND target_id <> :keep
    ON CONFLICT DO NOTHING""",
    """
    INSERT INTO relation (source_id, type, target_id, related_at)
    SELECT source_id, type, :keep, related_at FROM relation WHERE target_id = :drop AND source_id <> :keep
    ON CONFLICT DO NOTHING""",
    "DELETE FROM relation WHERE source_id = :drop OR target_id = :drop",
    # A job judged twice is one proof.
    """
    INSERT INTO evidence (entity_id, report_id, kind, recorded_at)
    SELECT :keep, report_id, kind, recorded_at FROM evidence JOIN report USING (report_id)
    WHERE entity_id = :drop AND NOT EXISTS (
        SELECT 1 FROM evidence AS own JOIN report AS known USING (report_id)
        WHERE own.entity_id = :keep AND own.kind = evidence.kind AND known.job_id = report.job_id
    ) ON CONFLICT DO NOTHING""",
    "DELETE FROM evidence WHERE entity_id = :drop",
    # The same task seen of both counts once; the stronger word on it.
    """
    DELETE FROM outcome WHERE entity_id = :keep AND EXISTS (
        SELECT 1 FROM outcome AS other
        WHERE entity_id = :drop AND other.origin = outcome.origin AND other.source = outcome.source
          AND (other.kind = 'rated', other.weight) > (outcome.kind = 'rated', outcome.weight)
    )""",
    "UPDATE OR IGNORE outcome SET entity_id = :keep WHERE entity_id = :drop",
    "DELETE FROM outcome WHERE entity_id = :drop",
    "UPDATE OR IGNORE recommended SET entity_id = :keep WHERE entity_id = :drop",
    "DELETE FROM embedding WHERE entity_id = :drop",
    """
    UPDATE entity
    SET updated_at = :at, category = coalesce(category, (SELECT category FROM entity WHERE entity_id = :drop))
    WHERE entity_id = :keep""",
    "UPDATE entity SET updated_at = :at, status = 'retired' WHERE entity_id = :drop",
)


@dataclass(frozen=True, slots=True)
class Learning:
    """A learning as far as it is compared with others."""

    entity_id: int
    name: str
    kind: str
    title: str
    body: str
    proofs: int


async def learnings(connection: aiosqlite.Connection) -> AsyncIterator[Learning]:
    """All learnings that are not retired, the oldest first."""
    after = 0
    while rows := [Learning(*row) for row in await connection.execute_fetchall(_LEARNINGS, (after,))]:
        for row in rows:
            yield row
        after = rows[-1].entity_id


async def merge(connection: aiosqlite.Connection, keep: Learning, drop: Learning, *, at: float) -> bool:
    """Let `keep` supersede `drop` and have all that hung on it; False where one of them is retired or gone by now.

    What is remembered of `drop` is its name, so what it said can be learnt again: that goes to `keep`.
    """
    ((known,),) = await connection.execute_fetchall(_ARE_KNOWN, (keep.entity_id, drop.entity_id))
    if known < 2:
        return False
    values = {"keep": keep.entity_id, "drop": drop.entity_id, "at": at}
    await connection.execute(_OBSERVATIONS, values)
    for move in _MOVES:
        await connection.execute(move, values)
    await relations.relate(connection, keep.entity_id, SUPERSEDES, drop.entity_id, at=at)
    await documents.remove(connection, drop.entity_id)
    await outcomes.recount(connection, (keep.entity_id, drop.entity_id))
    if row := await entities.get(connection, keep.name):
        await entities.write_document(connection, row)
    return True
