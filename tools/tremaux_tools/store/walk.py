"""Walk the graph from an entity, over relations in both directions."""

from dataclasses import dataclass

import aiosqlite

MAX_DEPTH = 3  # relations away; four reach most of any graph
MAX_STEPS = 2_000  # rows of the walk: it ends there, the nearest are found first
HUB = 200  # relations of one direction; what so many things share tells nothing about one of them

# Two recursive terms, one for each direction, so that each uses an index: one term with both of them in it scanned all
# relations at each step. SQLite 3.34 is the first to take two. Where the walk begins, a hub is no hindrance, but as a
# limit does not hold back what one step brings, the first one is bounded by itself.
_STEP = f"""
        SELECT {{far}}_id, depth + 1 FROM near JOIN relation ON {{end}}_id = near.entity_id
        WHERE depth < :depth
        AND NOT EXISTS (SELECT 1 FROM relation AS going WHERE going.source_id = near.entity_id LIMIT 1 OFFSET {HUB})
        AND NOT EXISTS (SELECT 1 FROM relation AS coming WHERE coming.target_id = near.entity_id LIMIT 1 OFFSET {HUB})"""  # noqa: S608, E501 - names of ours
_NEAR = f"""
    WITH RECURSIVE first (entity_id) AS (
        SELECT * FROM (SELECT target_id FROM relation WHERE source_id = :entity_id LIMIT {MAX_STEPS})
        UNION SELECT * FROM (SELECT source_id FROM relation WHERE target_id = :entity_id LIMIT {MAX_STEPS})
    ),
    near (entity_id, depth) AS (
        SELECT entity_id, 1 FROM first WHERE :depth > 0
        UNION {_STEP.format(end="relation.source", far="relation.target")}
        UNION {_STEP.format(end="relation.target", far="relation.source")}
        LIMIT {MAX_STEPS}
    )
    SELECT name, kind, title, min(depth) AS nearest FROM near JOIN entity USING (entity_id)
    WHERE entity_id <> :entity_id AND status <> 'retired'
    GROUP BY entity_id ORDER BY nearest, entity_id LIMIT :limit"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity near another one."""

    name: str
    kind: str
    title: str
    depth: int  #: relations away, from 1


async def neighbours(
    connection: aiosqlite.Connection, entity_id: int, *, depth: int, limit: int = MAX_STEPS
) -> list[Neighbour]:
    """Entities at most `depth` relations away, the nearest first, that are not retired."""
    values = {"entity_id": entity_id, "depth": min(depth, MAX_DEPTH), "limit": limit}
    return [Neighbour(*row) for row in await connection.execute_fetchall(_NEAR, values)]
