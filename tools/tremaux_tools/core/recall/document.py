"""What is searched of an entity."""

from dataclasses import dataclass

from tremaux_tools.core.knowledge import FINDING, PATTERN, PITFALL, PROJECT, SKILL, TASK, TOOL, Entity, title_of
from tremaux_tools.core.recall.words import all_parts

MAX_BODY = 20_000  # characters searched of an entity; ten times what a learning holds
MAX_PARTS = 500  # of camelCase names
TAGGED = "kind"  # how all tags begin
_GIVEN = tuple(f"{kind}:" for kind in (FINDING, PITFALL, SKILL, PATTERN, TOOL, PROJECT, TASK))  # names that we make


@dataclass(frozen=True, slots=True)
class Document:
    """The texts an entity is found by."""

    title: str
    body: str
    idents: str  #: its own name, if somebody chose one, and what the camelCase names in all of it are made of
    tags: str  #: not to be found, but to choose by: the kind


def document_of(entity: Entity) -> Document:
    """Make the document of an entity: its body is followed by its observations, the oldest first."""
    told = dict.fromkeys(text for text in (entity.body, *entity.observations) if text)  # said twice, it counts once
    body = "\n".join(told)[:MAX_BODY]
    name = _chosen_name(entity)
    idents = [*name.split(), *all_parts(f"{name}\n{entity.title}\n{body}")][:MAX_PARTS]
    return Document(entity.title, body, " ".join(idents), tag(entity.kind))


def _chosen_name(entity: Entity) -> str:
    """The name that somebody gave it, where its title does not tell that anyway."""
    is_told = title_of(entity.name) == entity.title
    return "" if is_told or entity.name.startswith(_GIVEN) else entity.name


def tag(kind: str) -> str:
    """What marks the documents of a kind."""
    return f"{TAGGED}{kind}"
