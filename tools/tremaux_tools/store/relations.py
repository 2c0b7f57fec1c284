"""Relations among entities as rows."""

import aiosqlite

from tremaux_tools.core.knowledge import Relation

_RELATE = "INSERT INTO relation (source_id, type, target_id, related_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_NAMES = "SELECT source.name, relation.type, target.name FROM relation"
_ENDS = "JOIN entity AS source ON source.entity_id = source_id JOIN entity AS target ON target.entity_id = target_id"
# Column names of ours.
_OUT = f"{_NAMES} {_ENDS} WHERE source_id = ? ORDER BY relation.type, target_id LIMIT ?"
_IN = f"{_NAMES} {_ENDS} WHERE target_id = ? ORDER BY relation.type, source_id LIMIT ?"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM relation WHERE source_id = ?1 UNION ALL SELECT 1 FROM relation WHERE target_id = ?1)"  # noqa: E501


async def relate(connection: aiosqlite.Connection, source_id: int, type_: str, target_id: int, *, at: float) -> bool:
    """Add a relation; tells whether it is new."""
    return (await connection.execute(_RELATE, (source_id, type_, target_id, at))).rowcount > 0


async def of(connection: aiosqlite.Connection, entity_id: int, *, limit: int) -> list[Relation]:
    """Relations from an entity, then those to it, at most `limit` of either; retired ends are told, too."""
    going = await connection.execute_fetchall(_OUT, (entity_id, limit))
    coming = await connection.execute_fetchall(_IN, (entity_id, limit))
    return [Relation(*row) for row in (*going, *coming)]


async def count(connection: aiosqlite.Connection, entity_id: int) -> int:
    """How many relations an entity has, in both directions."""
    ((edges,),) = await connection.execute_fetchall(_COUNT, (entity_id,))
    return int(edges)
