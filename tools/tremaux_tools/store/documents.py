"""Documents: what entities are found by, and the full-text index over them, which triggers keep."""

import sqlite3
from collections.abc import Iterable, Sequence

import aiosqlite

from tremaux_tools.core.recall.document import Document

_PUT = """
    INSERT INTO document (entity_id, title, body, idents, tags) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (entity_id) DO UPDATE
    SET title = excluded.title, body = excluded.body, idents = excluded.idents, tags = excluded.tags
    WHERE (title, body, idents, tags) <> (excluded.title, excluded.body, excluded.idents, excluded.tags)"""
_REMOVE = "DELETE FROM document WHERE entity_id = ?"
_COUNTS = """
    SELECT '', count(*) FROM document_fts_docsize
    UNION ALL SELECT term, doc FROM document_term WHERE term IN ({marks})"""
# A title counts twice, a tag not at all: it only chooses. bm25 is the lower, the better.
_SEARCH = """
    SELECT rowid, bm25(document_fts, 2.0, 1.0, 1.0, 0.0) AS score FROM document_fts WHERE document_fts MATCH ?
    ORDER BY score LIMIT ?"""
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


async def counts(connection: aiosqlite.Connection, terms: Sequence[str]) -> tuple[int, dict[str, int]]:
    """How many documents there are, and how many hold each of the `terms`, which are stems."""
    query = _COUNTS.format(marks=", ".join("?" * len(terms)))
    (_, documents), *rows = await connection.execute_fetchall(query, terms)
    return documents, dict(map(tuple, rows))


async def search(connection: aiosqlite.Connection, expression: str, *, limit: int) -> list[tuple[int, float]]:
    """The entities that fit an FTS5 expression and their scores, the best first."""
    return [(entity_id, -score) for entity_id, score in await connection.execute_fetchall(_SEARCH, (expression, limit))]


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
