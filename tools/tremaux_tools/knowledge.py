"""The knowledge service: look things up in the graph, add to it by hand, take out of it, and keep it tidy.

Nothing is ever deleted here by itself: only `forget` does that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import aiosqlite
import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.duplicates import near_duplicates
from tremaux_tools.core.knowledge import LEARNINGS, Entity, Relation, title_of
from tremaux_tools.core.note import MAX_SHOWN, Note, is_owned, note_of
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.words import storable
from tremaux_tools.errors import BadArgument, UnknownItem
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.store import documents, entities, goals, inventory, merging, relations, walk
from tremaux_tools.store.database import Database
from tremaux_tools.store.entities import MAX_TOLD, Row, as_entity
from tremaux_tools.store.inventory import Inventory
from tremaux_tools.store.merging import Learning
from tremaux_tools.store.walk import MAX_DEPTH, Neighbour

MAX_MATCHES = 100  # of a search
MAX_TEXT = 2_000  # characters of a match
MAX_LISTED = 200  # relations of either direction, neighbours and proofs of a view
_ALIKE = 200  # names looked through for those that may have been meant
_MEANT = 3  # of them told


@dataclass(frozen=True, slots=True)
class Match:
    """An entity that a search found."""

    name: str
    kind: str
    title: str
    text: str  #: what is known of it, at most `MAX_TEXT` characters
    project: str  #: where it was met first; empty: nowhere in particular
    score: float  #: relevance in [0, 1]; the best match has 1
    status: str  #: candidate or active


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a note added."""

    name: str  #: of the entity it went to: the one that superseded the one named
    kind: str
    is_new: bool
    observations_added: int
    relations_created: int


@dataclass(frozen=True, slots=True)
class EntityView:
    """An entity with what is around it."""

    entity: Entity
    status: str  #: candidate, active or retired
    project: str  #: where it was met first; empty: nowhere in particular
    created_at: float
    updated_at: float
    relations: tuple[Relation, ...]  #: from it, then to it, at most `MAX_LISTED` of either
    relation_count: int  #: in all
    neighbours: tuple[Neighbour, ...]  #: the nearest first, at most `MAX_LISTED`
    proofs: tuple[int, ...]  #: reports, the newest first, at most `MAX_LISTED`


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went with an entity."""

    name: str
    observations: int  #: all that was told of it, as `Remembered` counts
    relations: int
    evidence: int


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Learnings of one kind that say the same."""

    kind: str
    title: str
    keep: str  #: the one with the most proofs; of those the oldest
    drop: tuple[str, ...]  #: those it supersedes, the oldest first


class _Missing(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Knowledge:
    """Reads and writes the knowledge graph of one database. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        retrieval: Retrieval,
        *,
        clock: Callable[[], float],
        redactor: Redactor = PUBLISHED,
    ) -> None:
        self._database = database
        self._retrieval = retrieval
        self._clock = clock
        self._redactor = redactor

    async def search(self, query: str, *, kind: str | None = None, limit: int = 10) -> list[Match]:
        """What is known about something, the most relevant first; how well it is proven does not count.

        Raises:
            BadArgument: `limit` is not in 1 to `MAX_MATCHES`.
        """
        if not 1 <= limit <= MAX_MATCHES:
            raise BadArgument(f"limit {limit} does not fit", f"Ask for 1 to {MAX_MATCHES}.")
        found = await self._retrieval.search(query, kinds=() if kind is None else (kind,), limit=limit)
        async with self._database.snapshot() as connection:
            known = await entities.many(connection, [hit.entity_id for hit in found])
            return [
                await _match(connection, row, hit.relevance)
                for hit in found
                if (row := known.get(hit.entity_id)) and row.status != entities.RETIRED and kind in (None, row.kind)
            ]

    async def remember(
        self, directory: Path, name: str, kind: str, content: str, relations: Sequence[tuple[str, str]] = ()
    ) -> Remembered:
        """Add an entity, or what is new of one that is known, and its relations (type, target): all or nothing.

        A finding or pitfall told by hand is a candidate, until tasks prove it. Projects and tasks are made by finished
        tasks only; to those that are known, all can be added that can be to others.

        Raises:
            BadArgument: a name or text does not fit.
            UnknownItem: the target of a relation is not known; the hint names those that may be meant.
        """
        note = note_of(name, kind, content, relations, self._redactor)
        project = await git.find_project(directory)
        try:
            async with self._database.transaction() as connection:
                kept = await _keep(connection, note, project.name, at=self._clock())
                await documents.settle(connection)
                return kept
        except _Missing as missing:
            raise await self._unknown(missing.name) from None

    async def get(self, name: str, *, depth: int = 1) -> EntityView:
        """One entity, and what is at most `depth` relations away; 0 leaves neighbours out.

        Raises:
            BadArgument: `depth` is not in 0 to `MAX_DEPTH`.
            UnknownItem: there is no such entity; the hint names those that may be meant.
        """
        if not 0 <= depth <= MAX_DEPTH:
            raise BadArgument(f"depth {depth} does not fit", f"Ask for 0 to {MAX_DEPTH}.")
        async with self._database.snapshot() as connection:
            row = await entities.get(connection, storable(name).strip())
            view = await _view(connection, row, depth) if row else None
        if view is None:
            raise await self._unknown(name)
        return view

    async def forget(self, name: str) -> Forgotten:
        """Remove an entity with all that hangs on it, its outcomes too; what is learnt of it later starts anew.

        Raises:
            UnknownItem: there is no such entity; the hint names those that may be meant.
        """
        async with self._database.transaction() as connection:
            row = await entities.get(connection, storable(name).strip())
            if row:
                told = bool(row.body) + len(await entities.observations(connection, row.entity_id))
                edges = await relations.count(connection, row.entity_id)
                proofs = await entities.count_proofs(connection, row.entity_id)
                await entities.forget(connection, row.entity_id)
        if row is None:
            raise await self._unknown(name)
        return Forgotten(row.name, told, edges, proofs)

    async def stats(self) -> Inventory:
        """How much is known."""
        async with self._database.snapshot() as connection:
            return await inventory.take(connection)

    async def duplicates(self) -> list[Duplicates]:
        """Learnings that say the same and could be one."""
        return [_told(group) for group in await self._groups()]

    async def merge_duplicates(self) -> list[Duplicates]:
        """Make one of all learnings that say the same; returns what was merged. Nothing that they say is lost."""
        merged = []
        for group in await self._groups():
            keep, *drops = group
            async with self._database.transaction() as connection:
                at = self._clock()
                dropped = [drop for drop in drops if await merging.merge(connection, keep, drop, at=at)]
            if dropped:
                merged.append(_told([keep, *dropped]))
        return merged

    async def _groups(self) -> list[list[Learning]]:
        """Groups of learnings that say the same, in each first the one to keep."""
        async with self._database.snapshot() as connection:
            known = [learning async for learning in merging.learnings(connection)]
        return await anyio.to_thread.run_sync(_grouped, known)

    async def _unknown(self, name: str) -> UnknownItem:
        """The error for a name that nobody knows."""
        asked = storable(name).strip()
        found = await self._retrieval.search(asked[:_ALIKE], limit=_ALIKE // 10)
        async with self._database.snapshot() as connection:
            alike = [row.name for row in (await entities.many(connection, [hit.entity_id for hit in found])).values()]
            alike += await entities.beginning(connection, asked[:3], limit=_ALIKE)
        folded = {known.casefold(): known for known in alike}
        meant = [folded[close] for close in get_close_matches(asked[:_ALIKE].casefold(), folded, n=_MEANT, cutoff=0.5)]
        hint = f"Perhaps {' or '.join(map(repr, meant))} is meant." if meant else "Look for it with search_knowledge."
        return UnknownItem(f"nothing is known by the name {asked[:MAX_SHOWN]!r}", hint)


async def _match(connection: aiosqlite.Connection, row: Row, relevance: float) -> Match:
    told = "\n".join(text for text in (row.body, *await entities.observations(connection, row.entity_id)) if text)
    return Match(row.name, row.kind, row.title, told[:MAX_TEXT], row.project, relevance, row.status)


async def _view(connection: aiosqlite.Connection, row: Row, depth: int) -> EntityView:
    told = tuple(await entities.observations(connection, row.entity_id))
    near = await walk.neighbours(connection, row.entity_id, depth=depth, limit=MAX_LISTED) if depth else []
    return EntityView(
        entity=as_entity(row, told),
        status=row.status,
        project=row.project,
        created_at=row.created_at,
        updated_at=row.updated_at,
        relations=tuple(await relations.of(connection, row.entity_id, limit=MAX_LISTED)),
        relation_count=await relations.count(connection, row.entity_id),
        neighbours=tuple(near),
        proofs=tuple(await entities.proofs(connection, row.entity_id, limit=MAX_LISTED)),
    )


async def _keep(connection: aiosqlite.Connection, note: Note, project: str, *, at: float) -> Remembered:
    """Add a note.

    Raises:
        _Missing: the target of a relation is not known.
    """
    row = await entities.current(connection, note.name)
    if row is None:
        entity_id, added = await _add(connection, note, project, at=at), 1
    else:
        entity_id, added = row.entity_id, await _tell(connection, row, note, at=at)
    created = 0
    for type_, target in note.relations:
        other = await entities.current(connection, target)
        if other is None:
            raise _Missing(target)
        if other.entity_id == entity_id:
            raise BadArgument(f"{note.name[:MAX_SHOWN]!r} and {target[:MAX_SHOWN]!r} are one", "Name another target.")
        created += await relations.relate(connection, entity_id, type_, other.entity_id, at=at)
    return Remembered(row.name if row else note.name, note.kind, row is None, added, created)


async def _add(connection: aiosqlite.Connection, note: Note, project: str, *, at: float) -> int:
    if is_owned(note):
        raise BadArgument(
            f"{note.name[:MAX_SHOWN]!r} is not known, and projects and tasks are made by finished tasks only",
            "Choose another name and kind, and relate it to a project that is known.",
        )
    if not note.content:
        raise BadArgument(f"{note.name[:MAX_SHOWN]!r} is new", "Say in `content` what is to be known of it.")
    is_learning = note.kind in LEARNINGS
    entity = Entity(note.name, note.kind, title_of(note.content if is_learning else note.name), note.content)
    project_id = await goals.put_project(connection, project, at=at)
    return await entities.add(connection, entity, project_id, at=at, status="candidate" if is_learning else "active")


async def _tell(connection: aiosqlite.Connection, row: Row, note: Note, *, at: float) -> int:
    if row.kind != note.kind:
        raise BadArgument(
            f"{row.name[:MAX_SHOWN]!r} is known as {row.kind!r}, not as {note.kind!r}",
            f"Pass kind {row.kind!r}, or choose another name.",
        )
    if await entities.weight(connection, row.entity_id) + len(note.content) > MAX_TOLD:
        raise BadArgument(
            f"{row.name[:MAX_SHOWN]!r} would hold more than {MAX_TOLD} characters",
            "Begin a new entity and relate the two.",
        )
    return await entities.tell(connection, row, [note.content] if note.content else [], at=at)


def _grouped(known: Sequence[Learning]) -> list[list[Learning]]:
    groups: list[list[Learning]] = []
    for kind in LEARNINGS:
        alike = [learning for learning in known if learning.kind == kind]
        for places in near_duplicates([learning.body for learning in alike]):
            group = [alike[place] for place in places]
            groups.append(sorted(group, key=lambda one: (-one.proofs, one.entity_id)))
    return groups


def _told(group: Sequence[Learning]) -> Duplicates:
    keep, *drops = group
    return Duplicates(keep.kind, keep.title, keep.name, tuple(drop.name for drop in drops))
