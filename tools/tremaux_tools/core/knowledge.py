"""The knowledge graph: findings and pitfalls, and how they relate to projects, tasks, tools and patterns.

Entities are named by what they are, so the same thing learnt twice is one entity with two proofs.
"""

from dataclasses import dataclass
from hashlib import sha256

from tremaux_tools.core.skills.category import Category

# Kinds of entities.
FINDING, PITFALL, SKILL, PATTERN, TOOL = "finding", "pitfall", "skill", "pattern", "tool"
PROJECT, TASK = "project", "task"
LEARNINGS = (FINDING, PITFALL)  # what can be recommended, or warned of
# Types of relations: what the source has to do with the target.
LEARNED_IN, DERIVED_FROM, USED_IN = "learned_in", "derived_from", "used_in"
SHOWN_BY, HAS_PATTERN, PARENT_OF, SUPERSEDES = "shown_by", "has_pattern", "parent_of", "supersedes"
MAX_TITLE = 100  # characters
_DIGITS = 16  # of a name: 64 bits


@dataclass(frozen=True, slots=True)
class Entity:
    """A node of the graph."""

    name: str  #: unique, kind first: `tool:pytest`
    kind: str
    title: str  #: one line
    body: str = ""
    observations: tuple[str, ...] = ()  #: single facts, the oldest first
    category: Category | None = None  #: of a learning


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
    pitfalls_stored: int = 0  #: likewise
    relations_created: int = 0
    skills: tuple[str, ...] = ()  #: names of the tools and findings the task now counts for
    learnings: tuple[str, ...] = ()  #: names of the entities that its learnings went to


def title_of(text: str) -> str:
    """The first line of a text, cut to a title."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 3]}..."


def digest(*parts: str) -> str:
    """A name for what these texts say."""
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:_DIGITS]
