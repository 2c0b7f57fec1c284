"""Documents: what entities are found by, and the full-text index over them, which triggers keep."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.core.recall.document import Document
from tremaux_tools.store.connection import Connection

_PUT = """
    INSERT INTO document (entity_id, title, body, idents, tags) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (entity_id) DO UPDATE
    SET title = excluded.title, body = excluded.body, idents = excluded.idents, tags = excluded.tags
    WHERE (title, body, idents, tags) <> (excluded.title, excluded.body, excluded.idents, excluded.tags)"""
_REMOVE = "DELETE FROM document WHERE entity_id = ?"
# Record 10 of the index lists its segments (sqlite.org/fts5.html, 4.3): it changes with every change of the index.
# To count the documents takes milliseconds where there are many, so that is done after a change only.
_COUNTS = """
    SELECT block, CASE WHEN block IS NOT ? THEN (SELECT count(*) FROM document_fts_docsize) END
    FROM document_fts_data WHERE id = 10
    UNION ALL SELECT term, doc FROM document_term WHERE term IN ({marks})"""
# A title counts twice, a tag not at all: it only chooses. The lower bm25 is, the better.
_SEARCH = """
    SELECT rowid AS entity_id, bm25(document_fts, 2.0, 1.0, 1.0, 0.0) AS score
    FROM document_fts WHERE document_fts MATCH ? ORDER BY score LIMIT ?"""
_SCORES = """
    SELECT rowid, -bm25(document_fts, 2.0, 1.0, 1.0, 0.0) FROM document_fts WHERE document_fts MATCH ?"""
# CROSS JOIN keeps the order: the kinds of a few hundred hits are looked up, not those of all that fit.
_OF_KINDS = """
    SELECT entity_id, score FROM ({search}) CROSS JOIN entity USING (entity_id) WHERE kind IN ({marks})
    ORDER BY score LIMIT ?"""
_ARE_OF_KINDS = "SELECT entity_id FROM entity WHERE kind IN ({marks}) AND entity_id IN (SELECT entity_id FROM document)"
_SPARE = 3  # times as many hits are looked at as are wanted of certain kinds, as some are of others
# A negative number merges all segments into one, whatever their sizes (sqlite.org/fts5.html, 6.8).
_SETTLE = "INSERT INTO document_fts (document_fts, rank) VALUES ('merge', ?)"
_SETTLE_WHOLE = "INSERT INTO document_fts (document_fts) VALUES ('optimize')"
SETTLED = 100  # pages of 4 KiB a call: all of 1,500 learnings, some 15 ms
_CHECK = "INSERT INTO document_fts (document_fts, rank) VALUES ('integrity-check', 1)"
_REBUILD = "INSERT INTO document_fts (document_fts) VALUES ('rebuild')"


async def put(connection: aiosqlite.Connection, entity_id: int, document: Document) -> None:
    """Keep what an entity is found by; nothing is written where nothing changed."""
    await put_all(connection, [(entity_id, document)])


async def put_all(connection: aiosqlite.Connection, documents: Iterable[tuple[int, Document]]) -> None:
    """Keep what several entities are found by, each with its entity's id."""
    rows = [(entity_id, one.title, one.body, one.idents, one.tags) for entity_id, one in documents]
    await connection.executemany(_PUT, rows)


async def remove(connection: aiosqlite.Connection, entity_id: int) -> None:
    """Let an entity no longer be found."""
    await connection.execute(_REMOVE, (entity_id,))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents there are, and how many hold a term."""

    version: bytes  #: of the index; another after any change
    documents: int | None  #: None if the index is of the version that the caller knew
    held: dict[str, int]  #: by term; one that is nowhere is missing


async def counts(connection: Connection, stems: Sequence[str], *, known: bytes = b"") -> Counts:
    """Count the documents, if the version of the index is not `known`, and those that hold each of the stems.

    The more hold a stem, the longer it takes: about 10 ms where 100,000 do.
    """
    query = _COUNTS.format(marks=_marks(stems))
    (version, documents), *rows = await connection.execute_fetchall(query, (known, *stems))
    return Counts(version, documents, dict(map(tuple, rows)))


async def search(
    connection: Connection, expression: str, *, kinds: Sequence[str], limit: int
) -> list[tuple[int, float]]:
    """The entities of these kinds, or of any, that fit an FTS5 expression, and their scores, the best first.

    Where most that fit are of other kinds, the expression must choose by tags, or too few are found.
    """
    if kinds:
        query = _OF_KINDS.format(search=_SEARCH, marks=_marks(kinds))
        rows = await connection.execute_fetchall(query, (expression, _SPARE * limit, *kinds, limit))
    else:
        rows = await connection.execute_fetchall(_SEARCH, (expression, limit))
    return [(entity_id, -score) for entity_id, score in rows]


async def scores(connection: Connection, expression: str) -> dict[int, float]:
    """The scores of all entities that fit an FTS5 expression."""
    return dict(await connection.execute_fetchall(_SCORES, (expression,)))


async def of_kinds(connection: Connection, kinds: Sequence[str]) -> set[int]:
    """The entities of these kinds that have a document."""
    query = _ARE_OF_KINDS.format(marks=_marks(kinds))
    return {entity_id for (entity_id,) in await connection.execute_fetchall(query, kinds)}


async def settle(connection: aiosqlite.Connection, *, whole: bool = False) -> None:
    """Bring the index in order after documents were put or removed: once a transaction, at its end.

    A search asks every segment of the index for every term, and each write leaves a segment: 1,000 documents in one are
    searched in half the time. At most `SETTLED` pages are merged; after an import `whole`, which takes 7 microseconds
    for each document there is.
    """
    if whole:
        await connection.execute(_SETTLE_WHOLE)
    else:
        await connection.execute(_SETTLE, (-SETTLED,))


async def fits(connection: aiosqlite.Connection) -> bool:
    """Tell whether the index says what the documents say. Reads all of them; asks for a writing connection."""
    try:
        await connection.execute(_CHECK)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CORRUPT_VTAB:
            raise
        return False
    return True


async def rebuild(connection: aiosqlite.Connection) -> None:
    """Make the index anew from the documents."""
    await connection.execute(_REBUILD)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
