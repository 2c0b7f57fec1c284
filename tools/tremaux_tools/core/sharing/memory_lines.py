"""The knowledge graph as the reference memory server keeps it."""

import json
from collections.abc import Iterable, Iterator

from tremaux_tools.core.knowledge import Entity, Relation


def as_memory_lines(entities: Iterable[Entity], relations: Iterable[Relation]) -> Iterator[str]:
    """The graph as the reference memory server keeps it: a JSON object a line, entities first.

    Source: `@modelcontextprotocol/server-memory` 2026.8.31, memory.jsonl.
    """
    for entity in entities:
        told = dict.fromkeys((*((entity.body,) if entity.body else (entity.title,)), *entity.observations))
        yield _line(type="entity", name=entity.name, entityType=entity.kind, observations=list(told))
    for relation in relations:
        yield _line(
            **{"type": "relation", "from": relation.source, "to": relation.target, "relationType": relation.type}
        )


def _line(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
