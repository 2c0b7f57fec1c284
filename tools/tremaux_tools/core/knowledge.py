"""What a task taught, as a graph: findings, and how they relate to projects, tasks and tools.

Entities are named by what they are, so the same thing learnt twice is one entity with two proofs.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tremaux_tools.core.postflight.report import Learning

FINDING, PROJECT, TASK, TOOL = "finding", "project", "task", "tool"  # kinds of entities
LEARNED_IN, DERIVED_FROM, USED_IN = "learned_in", "derived_from", "used_in"  # types of relations
MAX_TITLE = 100  # characters
MAX_TOOLS = 50  # of one task
_DIGITS = 16  # of a name: 64 bits


@dataclass(frozen=True, slots=True)
class Entity:
    """A node of the graph."""

    name: str  #: unique, kind first: `tool:pytest`
    kind: str
    title: str  #: one line
    body: str = ""
    observations: tuple[str, ...] = ()  #: single facts, the oldest first


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed edge between two entities, by their names."""

    source: str
    type: str
    target: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Entities and the relations among them."""

    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a report added to the graph."""

    learnings_stored: int = 0  #: findings that were not known before
    relations_created: int = 0
    skills: tuple[str, ...] = ()  #: names of the tools and findings the task now counts for


def graph_of(learnings: Sequence[Learning], *, project: str, task: str, tools: Sequence[str]) -> Graph:
    """What a task that passed teaches; nothing without a learning or a tool.

    A finding is learned_in its project and derived_from its task; a tool is used_in the task, or in the project where
    the task has no words.
    """
    findings = tuple({finding.name: finding for finding in map(_finding, learnings)}.values())
    used = tuple({tool.name: tool for tool in map(_tool, tools[:MAX_TOOLS])}.values())
    if not findings and not used:
        return Graph((), ())
    place = Entity(f"{PROJECT}:{project}", PROJECT, project)
    work = Entity(f"{TASK}:{_digest(project, task)}", TASK, title_of(task), task) if task else None
    relations = [Relation(finding.name, LEARNED_IN, place.name) for finding in findings]
    if work:
        relations += [Relation(finding.name, DERIVED_FROM, work.name) for finding in findings]
    relations += [Relation(tool.name, USED_IN, (work or place).name) for tool in used]
    return Graph((place, *((work,) if work else ()), *findings, *used), tuple(relations))


def title_of(text: str) -> str:
    """The first line of a text, cut to a title."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 3]}..."


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


def _finding(learning: Learning) -> Entity:
    name = f"{FINDING}:{_digest(learning.words)}"
    return Entity(name, FINDING, title_of(learning.content), learning.content, (f"type: {learning.type}",))


def _tool(name: str) -> Entity:
    return Entity(f"{TOOL}:{name.casefold()}", TOOL, name)


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def _line(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
