"""What is searched of an entity."""

from dataclasses import dataclass

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.recall.words import all_parts

MAX_BODY = 20_000  # characters searched of an entity; ten times what a learning holds
MAX_PARTS = 500  # of camelCase names
TAGGED = "kind"  # how all tags begin


@dataclass(frozen=True, slots=True)
class Document:
    """The texts an entity is found by."""

    title: str
    body: str
    idents: str  #: what the camelCase names of title and body are made of
    tags: str  #: not to be found, but to choose by: the kind


def document_of(entity: Entity) -> Document:
    """Make the document of an entity: its body is followed by its observations, the oldest first."""
    told = dict.fromkeys(text for text in (entity.body, *entity.observations) if text)  # said twice, it counts once
    body = "\n".join(told)[:MAX_BODY]
    idents = list(all_parts(f"{entity.title}\n{body}"))[:MAX_PARTS]
    return Document(entity.title, body, " ".join(idents), tag(entity.kind))


def tag(kind: str) -> str:
    """What marks the documents of a kind."""
    return f"{TAGGED}{kind}"
