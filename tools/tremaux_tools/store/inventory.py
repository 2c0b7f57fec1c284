"""How much the knowledge graph holds, and what is largest in it."""

from dataclasses import dataclass

import aiosqlite

LARGEST = 10  # hubs told
_KINDS = "SELECT kind, count(*) FROM entity WHERE status <> 'retired' GROUP BY kind ORDER BY 2 DESC, 1"
_TYPES = "SELECT type, count(*) FROM relation GROUP BY type ORDER BY 2 DESC, 1"
_CATEGORIES = """
    SELECT category, count(*) FROM entity
    WHERE category IS NOT NULL AND kind IN ('finding', 'pitfall') AND status <> 'retired'
    GROUP BY category ORDER BY 2 DESC, 1"""
_MODELS = "SELECT model, count(*) FROM embedding GROUP BY model ORDER BY 2 DESC, 1"
_COUNTS = """
    SELECT (SELECT count(*) FROM entity WHERE status = 'retired'), (SELECT count(*) FROM observation),
           (SELECT count(*) FROM document), (SELECT count(*) FROM evidence)"""
_HUBS = f"""
    SELECT name, count(*) FROM (
        SELECT source_id AS entity_id FROM relation UNION ALL SELECT target_id FROM relation
    ) JOIN entity USING (entity_id) GROUP BY entity_id ORDER BY 2 DESC, entity_id LIMIT {LARGEST}"""  # noqa: S608 - a number of ours


@dataclass(frozen=True, slots=True)
class Inventory:
    """Rows of each kind; of each the most frequent first. What is retired is not counted among the kinds."""

    entities: dict[str, int]  #: by kind
    relations: dict[str, int]  #: by type
    learnings: dict[str, int]  #: by category
    embedded: dict[str, int]  #: documents that a model has a vector of, by model
    retired: int
    observations: int
    documents: int  #: what can be searched
    proofs: int  #: reports of learnings and tools
    hubs: tuple[tuple[str, int], ...]  #: names and relations of the most related


async def take(connection: aiosqlite.Connection) -> Inventory:
    """Count the rows."""

    async def counted(query: str) -> dict[str, int]:
        return {str(name): int(count) for name, count in await connection.execute_fetchall(query)}

    ((retired, observations, documents, proofs),) = await connection.execute_fetchall(_COUNTS)
    hubs = tuple((name, edges) for name, edges in await connection.execute_fetchall(_HUBS))
    return Inventory(
        entities=await counted(_KINDS),
        relations=await counted(_TYPES),
        learnings=await counted(_CATEGORIES),
        embedded=await counted(_MODELS),
        retired=retired,
        observations=observations,
        documents=documents,
        proofs=proofs,
        hubs=hubs,
    )
