"""The answers of the knowledge tools: what was found, added, looked at, forgotten and merged."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar, Self

from tremaux_server.replies.base import LINE, LISTED, Link, Part, Reply, as_data
from tremaux_server.replies.recommend import LINKED, flat, proven
from tremaux_server.replies.rows import ROOM, RowsReply
from tremaux_server.shape import cut_end, timestamp
from tremaux_server.uris import knowledge_uri, report_uri
from tremaux_tools.core.counted import counted

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.knowledge import Duplicates, EntityView, Forgotten, Match, Remembered
    from tremaux_tools.store.inventory import Inventory

LIMIT = 10  # matches, if the caller names no number
MAX_ASKED = 64 * 1024  # characters, where the caller asked for more matches and their names alone need so many
DIGITS = 4  # of a score
MATCH = 300  # characters of a match in the text
TOLD = 600  # characters of an observation in the text
LISTED_RELATIONS = 20  # in the text


class MatchPart(Part):
    """An entity that a search found."""

    name: str
    kind: str
    title: str
    text: str
    score: float
    project: str
    status: str

    @classmethod
    def of(cls, match: "Match") -> Self:
        """Translate a match."""
        return cls(
            name=match.name,
            kind=match.kind,
            title=match.title,
            text=match.text,
            score=round(match.score, DIGITS),
            project=match.project,
            status=match.status,
        )

    def lines(self) -> Iterator[str]:
        """What it is, then what is known of it."""
        yield f"{self.score:.2f} {flat(self.name)} [{flat(self.kind)}, {self.status}]"
        told = self.text or self.title
        yield from (f"  {line}" for line in cut_end(told, MATCH).splitlines())


class SearchReply(RowsReply):
    """The answer of search_knowledge: the best match first."""

    texts: ClassVar[frozenset[str]] = frozenset({"text", "title"})

    items: list[MatchPart]

    @classmethod
    def of(cls, matches: "Iterable[Match]") -> Self:
        """Translate what was found."""
        return cls(items=[MatchPart.of(match) for match in matches])

    def at_most(self) -> int:
        """More where the caller asked for more than by default."""
        return MAX_ASKED if len(self.items) > LIMIT else ROOM

    def lines(self) -> Iterator[str]:
        """How many there are, then each as data."""
        if not self.items:
            yield "NOTHING KNOWN has to do with it."
            return
        yield f"FOUND {counted(len(self.items), 'entry', 'entries')}, the best first."
        yield from as_data([line for item in self.items for line in item.lines()])


class RememberReply(Reply):
    """The answer of remember."""

    name: str
    kind: str
    is_new: bool
    observations_added: int
    relations_created: int

    @classmethod
    def of(cls, remembered: "Remembered") -> Self:
        """Translate what was added."""
        return cls(**asdict(remembered))

    def links(self) -> Sequence[Link]:
        """What is known now."""
        return (Link(knowledge_uri(self.name), "Entity"),)

    def lines(self) -> Iterator[str]:
        """What was added, then under which name."""
        told, related = counted(self.observations_added, "observation"), counted(self.relations_created, "relation")
        yield f"REMEMBERED as {'new' if self.is_new else 'more of what is known'}: {told} and {related} added."
        yield from as_data([flat(f"{self.name} [{self.kind}]")])


class RelationPart(Part):
    """A directed relation between two entities, by their names."""

    source: str
    type: str
    target: str


class NeighbourPart(Part):
    """An entity near the one that was asked for."""

    name: str
    kind: str
    title: str
    depth: int


class EntityReply(RowsReply):
    """The answer of get_entity."""

    texts: ClassVar[frozenset[str]] = frozenset({"body", "title", "observations"})

    name: str
    kind: str
    title: str
    body: str
    category: str | None
    status: str
    project: str
    observations: list[str]
    relations: list[RelationPart]
    relation_count: int
    neighbours: list[NeighbourPart]
    evidence: list[int]
    created_at: str
    updated_at: str
    uri: str

    @classmethod
    def of(cls, view: "EntityView") -> Self:
        """Translate an entity and what is around it."""
        entity = view.entity
        return cls(
            name=entity.name,
            kind=entity.kind,
            title=entity.title,
            body=entity.body,
            category=entity.category,
            status=view.status,
            project=view.project,
            observations=list(entity.observations),
            relations=[
                RelationPart(source=relation.source, type=relation.type, target=relation.target)
                for relation in view.relations
            ],
            relation_count=view.relation_count,
            neighbours=[
                NeighbourPart(name=near.name, kind=near.kind, title=near.title, depth=near.depth)
                for near in view.neighbours
            ],
            evidence=list(view.proofs),
            created_at=timestamp(view.created_at),
            updated_at=timestamp(view.updated_at),
            uri=knowledge_uri(entity.name),
        )

    def whole(self) -> str:
        """All that is known of it."""
        return self.uri

    def links(self) -> Sequence[Link]:
        """The entity, and the reports that prove it."""
        return (
            Link(self.uri, "Entity"),
            *(Link(report_uri(report), f"Report {report}") for report in self.evidence[:LINKED]),
        )

    def lines(self) -> Iterator[str]:
        """How much is known, then what, then what it has to do with."""
        told = bool(self.body) + len(self.observations)
        much = f"{counted(told, 'observation')}, {counted(self.relation_count, 'relation')}"
        yield f"KNOWN, {self.status}: {much}{proven(self.evidence)}."
        yield from as_data([*self._told(), *self._around()])

    def _told(self) -> Iterator[str]:
        yield flat(f"{self.name} [{self.kind}] {self.title}")
        if self.body != self.title:
            yield from cut_end(self.body, TOLD).splitlines()
        for observation in self.observations[:LISTED]:
            yield f"- {flat(cut_end(observation, TOLD))}"
        if (more := len(self.observations) - LISTED) > 0:
            yield f"- and {more} more"

    def _around(self) -> Iterator[str]:
        for relation in self.relations[:LISTED_RELATIONS]:
            if relation.source == self.name:
                yield f"-> {relation.type} {flat(relation.target)}"
            else:
                yield f"<- {relation.type} {flat(relation.source)}"
        if (more := self.relation_count - LISTED_RELATIONS) > 0:
            yield f"and {more} more relations"
        for near in self.neighbours[:LISTED]:
            yield cut_end(f"{near.depth} away: {flat(near.name)} [{flat(near.kind)}] {flat(near.title)}", LINE)


class ForgetReply(Reply):
    """The answer of forget."""

    name: str
    observations: int
    relations: int
    evidence: int

    @classmethod
    def of(cls, forgotten: "Forgotten") -> Self:
        """Translate what went."""
        return cls(**asdict(forgotten))

    def lines(self) -> Iterator[str]:
        """What went, then its name."""
        went = f"{counted(self.observations, 'observation')}, {counted(self.relations, 'relation')}"
        yield f"FORGOTTEN with {went} and {counted(self.evidence, 'proof')}."
        yield from as_data([flat(self.name)])


class StatsReply(Reply):
    """How much is known."""

    entities: dict[str, int]
    relations: dict[str, int]
    learnings: dict[str, int]
    embedded: dict[str, int]
    retired: int
    observations: int
    documents: int
    proofs: int
    hubs: list[tuple[str, int]]

    @classmethod
    def of(cls, inventory: "Inventory") -> Self:
        """Translate the counts."""
        return cls.model_validate(inventory, from_attributes=True)

    def lines(self) -> Iterator[str]:
        """The counts, one line a sort."""
        total = counted(sum(self.entities.values()), "thing")
        yield f"{total} known, {self.retired} retired; {counted(self.observations, 'observation')}."
        yield from _counts("Kinds", self.entities.items())
        yield from _counts("Learnings", self.learnings.items())
        yield from _counts("Relations", self.relations.items())
        yield from _counts("Most related", self.hubs)
        yield f"{counted(self.documents, 'document')} can be searched; {counted(self.proofs, 'proof')} by reports."
        yield from _counts("With a vector", self.embedded.items())


class DuplicatesPart(Part):
    """Learnings that say the same."""

    kind: str
    title: str
    keep: str
    drop: list[str]


class DuplicatesReply(RowsReply):
    """The answer of `tremaux knowledge merge`."""

    texts: ClassVar[frozenset[str]] = frozenset({"title"})

    merged: bool
    groups: list[DuplicatesPart]

    @classmethod
    def of(cls, groups: "Iterable[Duplicates]", *, merged: bool) -> Self:
        """Translate the groups; `merged` says that each is one learning now."""
        parts = [
            DuplicatesPart(kind=group.kind, title=group.title, keep=group.keep, drop=list(group.drop))
            for group in groups
        ]
        return cls(merged=merged, groups=parts)

    def lines(self) -> Iterator[str]:
        """How many there are, then one line each."""
        if not self.groups:
            yield "No two learnings say the same."
            return
        many = counted(len(self.groups), "group")
        yield f"{many} of learnings {'made one each' if self.merged else 'say the same; --apply makes one of each'}:"
        for group in self.groups:
            yield f"- {flat(group.title)}: {flat(group.keep)} <- {flat(', '.join(group.drop))}"


def _counts(title: str, counts: Iterable[tuple[str, int]]) -> Iterator[str]:
    told = ", ".join(f"{flat(name)} {number}" for name, number in counts)
    if told:
        yield f"{title}: {told}"
