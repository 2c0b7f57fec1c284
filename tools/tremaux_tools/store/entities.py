"""Entities as rows: what is known of each, and where one went that was merged into another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.core.knowledge import SUPERSEDES, Entity
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.core.skills.category import Category
from tremaux_tools.store import documents
from tremaux_tools.store.encoding import as_json

MAX_TOLD = 200_000  # characters of all observations of an entity: each new one writes the document anew
RETIRED = "retired"
_COLUMNS = "entity_id, name, kind, title, body, category, status, path, entity.created_at, updated_at"
_ROW = f"SELECT {_COLUMNS} FROM entity LEFT JOIN project USING (project_id)"  # noqa: S608 - column names of ours
_GET = f"{_ROW} WHERE name = ?"
_MANY = f"{_ROW} WHERE entity_id IN (SELECT value FROM json_each(?))"  # noqa: S608 - as above
_ADD = """
    INSERT INTO entity (name, kind, project_id, title, body, category, status, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING entity_id"""
_TOUCH = "UPDATE entity SET updated_at = ?, category = coalesce(category, ?) WHERE entity_id = ?"
_OBSERVE = "INSERT INTO observation (entity_id, text, observed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_OBSERVATIONS = "SELECT text FROM observation WHERE entity_id = ? ORDER BY observation_id"
_WEIGH = "SELECT coalesce(sum(length(text)), 0) FROM observation WHERE entity_id = ?"
_CHANGED = "SELECT entity_id, updated_at FROM entity WHERE entity_id IN (SELECT value FROM json_each(?))"
_PROOFS = "SELECT report_id FROM evidence WHERE entity_id = ? GROUP BY report_id ORDER BY report_id DESC LIMIT ?"
_COUNT_PROOFS = "SELECT count(*) FROM evidence WHERE entity_id = ?"
# What superseded a retired entity, and what superseded that: the last in the chain. No circle goes on for ever.
_CURRENT = f"""
    WITH RECURSIVE heir (entity_id, steps) AS (
        SELECT entity_id, 0 FROM entity WHERE name = ?
        UNION ALL
        SELECT relation.source_id, steps + 1 FROM heir JOIN entity USING (entity_id)
        JOIN relation ON relation.target_id = heir.entity_id AND relation.type = '{SUPERSEDES}'
        WHERE entity.status = '{RETIRED}' AND steps < 100
    )
    SELECT name FROM heir JOIN entity USING (entity_id) ORDER BY status = '{RETIRED}', steps DESC LIMIT 1"""  # noqa: S608
# With all that it superseded: those would stay hidden for ever.
_FORGET = f"""
    WITH RECURSIVE gone (entity_id) AS (
        SELECT ?
        UNION
        SELECT target_id FROM gone JOIN relation ON source_id = gone.entity_id AND type = '{SUPERSEDES}'
        JOIN entity ON entity.entity_id = target_id AND status = '{RETIRED}'
    )
    DELETE FROM entity WHERE entity_id IN gone"""  # noqa: S608
# Names that may have been meant: those that begin alike.
_ALIKE = "SELECT name FROM entity WHERE name >= ? AND name < ? AND status <> 'retired' ORDER BY name LIMIT ?"


@dataclass(frozen=True, slots=True)
class Row:
    """An entity as it is kept, its observations apart."""

    entity_id: int
    name: str
    kind: str
    title: str
    body: str
    category: Category | None
    status: str
    project: str  #: where it was met first; empty: nowhere in particular
    created_at: float
    updated_at: float


async def get(connection: aiosqlite.Connection, name: str) -> Row | None:
    """One entity by its name, retired or not."""
    return next((_row(row) for row in await connection.execute_fetchall(_GET, (name,))), None)


async def many(connection: aiosqlite.Connection, entity_ids: Iterable[int]) -> dict[int, Row]:
    """Entities by their ids; those that are no more are left out."""
    rows = map(_row, await connection.execute_fetchall(_MANY, (as_json(list(entity_ids)),)))
    return {row.entity_id: row for row in rows}


async def changed(connection: aiosqlite.Connection, entity_ids: Iterable[int]) -> dict[int, float]:
    """When something was learnt of entities last."""
    return dict(tuple(row) for row in await connection.execute_fetchall(_CHANGED, (as_json(list(entity_ids)),)))


async def current(connection: aiosqlite.Connection, name: str) -> Row | None:
    """The entity of that name, or the one that superseded it."""
    for (known,) in await connection.execute_fetchall(_CURRENT, (name,)):
        return await get(connection, known)
    return None


async def add(
    connection: aiosqlite.Connection, entity: Entity, project_id: int | None, *, at: float, status: str = "active"
) -> int:
    """Add an entity whose name is new, with its document; returns its row id."""
    values = (entity.name, entity.kind, project_id, entity.title, entity.body, entity.category, status, at, at)
    ((entity_id,),) = await connection.execute_fetchall(_ADD, values)
    await connection.executemany(_OBSERVE, [(entity_id, text, at) for text in entity.observations])
    await documents.put(connection, int(entity_id), document_of(entity))
    return int(entity_id)


async def tell(
    connection: aiosqlite.Connection, row: Row, told: Sequence[str], *, at: float, category: Category | None = None
) -> int:
    """Add what is new of an entity that is known, as far as there is room; returns the number of new observations."""
    await connection.execute(_TOUCH, (at, category, row.entity_id))
    room = MAX_TOLD - await weight(connection, row.entity_id)
    added = 0
    for text in told:
        if text != row.body and len(text) <= room:
            is_new = (await connection.execute(_OBSERVE, (row.entity_id, text, at))).rowcount
            added += is_new
            room -= is_new * len(text)
    if added and row.status != RETIRED:
        await write_document(connection, row)
    return added


async def write_document(connection: aiosqlite.Connection, row: Row) -> None:
    """Make an entity found by all that is known of it now."""
    told = tuple(await observations(connection, row.entity_id))
    await documents.put(connection, row.entity_id, document_of(as_entity(row, told)))


async def observations(connection: aiosqlite.Connection, entity_id: int) -> list[str]:
    """What was told of an entity, the oldest first."""
    return [text for (text,) in await connection.execute_fetchall(_OBSERVATIONS, (entity_id,))]


async def weight(connection: aiosqlite.Connection, entity_id: int) -> int:
    """Characters of all observations of an entity."""
    ((characters,),) = await connection.execute_fetchall(_WEIGH, (entity_id,))
    return int(characters)


async def proofs(connection: aiosqlite.Connection, entity_id: int, *, limit: int) -> list[int]:
    """Reports that prove an entity, the newest first."""
    return [report_id for (report_id,) in await connection.execute_fetchall(_PROOFS, (entity_id, limit))]


async def count_proofs(connection: aiosqlite.Connection, entity_id: int) -> int:
    """How much evidence there is for an entity."""
    ((count,),) = await connection.execute_fetchall(_COUNT_PROOFS, (entity_id,))
    return int(count)


async def forget(connection: aiosqlite.Connection, entity_id: int) -> None:
    """Remove an entity with all that hangs on it, and those that it superseded."""
    await connection.execute(_FORGET, (entity_id,))


async def beginning(connection: aiosqlite.Connection, prefix: str, *, limit: int) -> list[str]:
    """Names that begin with `prefix`."""
    rows = await connection.execute_fetchall(_ALIKE, (prefix, f"{prefix}\U0010ffff", limit))
    return [name for (name,) in rows]


def as_entity(row: Row, told: tuple[str, ...]) -> Entity:
    """A row with its observations as a value."""
    return Entity(row.name, row.kind, row.title, row.body, told, row.category)


def _row(row: aiosqlite.Row | tuple[object, ...]) -> Row:
    entity_id, name, kind, title, body, category, status, project, created_at, updated_at = row
    return Row(entity_id, name, kind, title, body, category, status, project or "", created_at, updated_at)  # type: ignore[arg-type]
