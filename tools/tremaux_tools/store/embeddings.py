"""What documents mean, as vectors: one for each document and model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import aiosqlite

PAGE = 10_000  # vectors read at a time
# `revision` grows with every new or changed document, so whoever has seen all up to one of them need not look again.
_UNSEEN = """
    FROM revision JOIN document USING (entity_id)
    WHERE revision_id > :after AND NOT EXISTS (
        SELECT 1 FROM embedding WHERE embedding.entity_id = revision.entity_id AND model = :model
    )"""
_MISSING = f"SELECT revision_id, entity_id, title, body {_UNSEEN} ORDER BY revision_id LIMIT :limit"
_COUNT_MISSING = f"SELECT count(*) {_UNSEEN}"
_NEWEST_REVISION = "SELECT coalesce(max(revision_id), 0) FROM revision"
# Not for a text that was changed or forgotten while the model read it.
_PUT = """
    INSERT INTO embedding (entity_id, model, vector)
    SELECT entity_id, ?, ? FROM revision WHERE revision_id = ? ON CONFLICT DO NOTHING"""
_AFTER = """
    SELECT embedding_id, entity_id, kind, model, vector FROM embedding JOIN entity USING (entity_id)
    WHERE embedding_id > ? ORDER BY embedding_id LIMIT ?"""
_STANDING = "SELECT embedding_id FROM embedding WHERE embedding_id IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Unseen:
    """A document that a model has no vector for."""

    revision_id: int  #: of its text; another text has a higher one
    entity_id: int
    text: str  #: its title, then its body


@dataclass(frozen=True, slots=True)
class Embedding:
    """A vector as it is kept."""

    embedding_id: int  #: grows with every vector stored, by whichever process
    entity_id: int
    kind: str  #: of the entity
    model: str
    vector: bytes  #: 16-bit floats


async def missing(connection: aiosqlite.Connection, model: str, *, after: int, limit: int) -> Sequence[Unseen]:
    """Documents revised after `after` that have no vector of `model`, in the order of their revisions."""
    asked = {"after": after, "model": model, "limit": limit}
    rows = await connection.execute_fetchall(_MISSING, asked)
    return [Unseen(revision, entity, f"{title}\n{body}") for revision, entity, title, body in rows]


async def count_missing(connection: aiosqlite.Connection, model: str, *, after: int) -> int:
    """How many documents revised after `after` have no vector of `model`."""
    ((count,),) = await connection.execute_fetchall(_COUNT_MISSING, {"after": after, "model": model})
    return int(count)


async def newest_revision(connection: aiosqlite.Connection) -> int:
    """The newest revision of any document; 0 without documents."""
    ((newest,),) = await connection.execute_fetchall(_NEWEST_REVISION)
    return int(newest)


async def put(connection: aiosqlite.Connection, model: str, vectors: Iterable[tuple[Unseen, bytes]]) -> None:
    """Keep the vectors of texts, but of those that were changed, forgotten or given one since they were read."""
    await connection.executemany(_PUT, [(model, vector, text.revision_id) for text, vector in vectors])


async def after(connection: aiosqlite.Connection, embedding_id: int) -> Sequence[Embedding]:
    """The next page of vectors stored after `embedding_id`, of all models, the oldest first."""
    return [Embedding(*row) for row in await connection.execute_fetchall(_AFTER, (embedding_id, PAGE))]


async def standing(connection: aiosqlite.Connection, ids: str) -> set[int]:
    """Those of some embedding ids, a JSON array, whose text is still the one that was embedded."""
    return {embedding_id for (embedding_id,) in await connection.execute_fetchall(_STANDING, (ids,))}
