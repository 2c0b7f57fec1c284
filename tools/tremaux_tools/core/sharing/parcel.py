"""What travels: entities with what is known of them, their relations, and the log of their outcomes.

Each outcome keeps the name of where it was seen, so evidence that comes back by way of others is not counted twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tremaux_tools.core.confidence import JUDGED
from tremaux_tools.core.knowledge import LEARNINGS, Entity, Relation

MAX_NAME_CHARS = 1_000  # of an entity
MAX_KIND_CHARS = 100  # of an entity's kind, a relation's type, an origin
MAX_TEXT_CHARS = 1_000_000  # of one observation
MAX_PATH_CHARS = 4_096  # of a project's name
MAX_WEIGHT = JUDGED  # of one outcome: nothing counts for more than a person's word

Status = Literal["candidate", "active"]
STATUSES: tuple[Status, ...] = get_args(Status)
OutcomeKind = Literal["shown", "used", "rated"]
OUTCOME_KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended that a learning was used for."""

    origin: str  #: where it was seen
    source: str  #: what it was seen of there; an origin tells once of a source
    kind: OutcomeKind
    passed: bool
    weight: float
    project: str
    at: float  #: Unix seconds


@dataclass(frozen=True, slots=True)
class Item:
    """An entity and what is known of it."""

    entity: Entity
    status: Status
    origin: str = ""  #: where it was learnt
    project: str = ""  #: where it was met first
    learned_at: float | None = None  #: Unix seconds
    quarantined_at: float | None = None  #: since when its outcomes speak against it, in Unix seconds
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that one export or import is about."""

    items: tuple[Item, ...] = ()
    relations: tuple[Relation, ...] = ()
    bad: int = 0  #: parts that could not be read


def first_status(kind: str) -> Status:
    """The status of what somebody else tells: a learning has to prove itself here first."""
    return "candidate" if kind in LEARNINGS else "active"


def gathered(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items with each name once: what is told of the same entity in several places comes together."""
    found: dict[str, Item] = {}
    for item in items:
        first = found.get(item.entity.name)
        found[item.entity.name] = item if first is None else _joined(first, item)
    return tuple(found.values())


def _joined(first: Item, other: Item) -> Item:
    entity, more = first.entity, other.entity
    texts = dict.fromkeys((*entity.observations, *((more.body,) if more.body else ()), *more.observations))
    texts.pop(entity.body, None)
    return replace(
        first,
        entity=replace(entity, observations=tuple(texts), category=entity.category or more.category),
        outcomes=tuple({(one.origin, one.source): one for one in (*other.outcomes, *first.outcomes)}.values()),
    )
