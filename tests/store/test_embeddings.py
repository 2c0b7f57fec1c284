"""Embeddings as rows: what lacks one, in which order, and when one is no longer true."""

import json
import sqlite3
from contextlib import closing

import pytest

from tremaux_tools.store import embeddings
from tremaux_tools.store.database import Database
from tremaux_tools.store.schema import migrations

pytestmark = pytest.mark.anyio
OURS, OTHER = "ours", "other"


async def write(database: Database, entity_id: int, title: str, body: str = "", tags: str = "") -> None:
    """Keep a document, of a new entity or of a known one."""
    async with database.transaction() as connection:
        await connection.execute(
            """INSERT INTO entity (entity_id, name, kind, title, body, created_at, updated_at)
            VALUES (?1, 'finding:' || ?1, 'finding', ?2, ?3, 0, 0) ON CONFLICT DO NOTHING""",
            (entity_id, title, body),
        )
        await connection.execute(
            """INSERT INTO document (entity_id, title, body, idents, tags) VALUES (?, ?, ?, '', ?)
            ON CONFLICT DO UPDATE SET title = excluded.title, body = excluded.body, tags = excluded.tags""",
            (entity_id, title, body, tags),
        )


async def forget(database: Database, table: str, entity_id: int) -> None:
    async with database.transaction() as connection:
        await connection.execute(f"DELETE FROM {table} WHERE entity_id = ?", (entity_id,))


async def lacking(database: Database, model: str = OURS, *, after: int = 0, limit: int = 100) -> list[str]:
    async with database.snapshot() as connection:
        found = await embeddings.missing(connection, model, after=after, limit=limit)
        assert len(found) <= await embeddings.count_missing(connection, model, after=after)
    return [unseen.text for unseen in found]


async def embed(database: Database, model: str = OURS, *, limit: int = 100) -> None:
    """Keep a vector for what lacks one; the vector is the text."""
    async with database.transaction() as connection:
        found = await embeddings.missing(connection, model, after=0, limit=limit)
        await embeddings.put(connection, model, [(unseen, unseen.text.encode()) for unseen in found])


async def stored(database: Database, after: int = 0) -> list[tuple[int, str, bytes]]:
    async with database.snapshot() as connection:
        return [(each.entity_id, each.model, each.vector) for each in await embeddings.after(connection, after)]


async def test_what_lacks_a_vector_comes_in_the_order_of_the_last_change(database: Database) -> None:
    for entity_id, title in enumerate(["one", "two", "three"], 1):
        await write(database, entity_id, title, "body")
    await write(database, 1, "one", "changed")

    assert await lacking(database) == ["two\nbody", "three\nbody", "one\nchanged"]
    assert await lacking(database, limit=1) == ["two\nbody"]


async def test_a_vector_of_one_model_is_none_of_another(database: Database) -> None:
    await write(database, 1, "one")
    await embed(database, OTHER)

    assert (await lacking(database, OURS), await lacking(database, OTHER)) == (["one\n"], [])


async def test_what_was_seen_before_is_not_looked_at_again(database: Database) -> None:
    await write(database, 1, "one")
    async with database.snapshot() as connection:
        newest = await embeddings.newest_revision(connection)
    await write(database, 2, "two")

    assert await lacking(database, after=newest) == ["two\n"]


@pytest.mark.parametrize(("title", "body"), [("one", "another"), ("another", "body")])
async def test_a_changed_text_lacks_a_vector_again(database: Database, title: str, body: str) -> None:
    await write(database, 1, "one", "body")
    await embed(database)
    await write(database, 1, title, body)

    assert await stored(database) == []
    assert await lacking(database) == [f"{title}\n{body}"]


async def test_the_same_text_with_other_tags_keeps_its_vector(database: Database) -> None:
    await write(database, 1, "one", "body")
    await embed(database)
    await write(database, 1, "one", "body", tags="kindfinding")

    assert await stored(database) == [(1, OURS, b"one\nbody")]


@pytest.mark.parametrize("table", ["document", "entity"], ids=["retired", "deleted"])
async def test_what_is_forgotten_has_no_vector_and_needs_none(database: Database, table: str) -> None:
    await write(database, 1, "one")
    await embed(database)
    await forget(database, table, 1)

    assert await stored(database) == []
    assert await lacking(database) == []


async def test_what_comes_back_needs_a_vector_again(database: Database) -> None:
    await write(database, 1, "one")
    await embed(database)
    await forget(database, "document", 1)
    await write(database, 1, "one")

    assert await lacking(database) == ["one\n"]


@pytest.mark.parametrize("change", ["rewritten", "forgotten"])
async def test_a_vector_of_a_text_that_is_no_longer_there_is_not_kept(database: Database, change: str) -> None:
    await write(database, 1, "one")
    async with database.snapshot() as connection:
        (unseen,) = await embeddings.missing(connection, OURS, after=0, limit=1)
    await (write(database, 1, "another") if change == "rewritten" else forget(database, "document", 1))
    async with database.transaction() as connection:
        await embeddings.put(connection, OURS, [(unseen, b"old")])

    assert await stored(database) == []


async def test_of_two_that_embed_the_same_the_first_is_kept(database: Database) -> None:
    await write(database, 1, "one")
    async with database.transaction() as connection:
        (unseen,) = await embeddings.missing(connection, OURS, after=0, limit=1)
        await embeddings.put(connection, OURS, [(unseen, b"first")])
        await embeddings.put(connection, OURS, [(unseen, b"second")])

    assert await stored(database) == [(1, OURS, b"first")]


async def test_new_vectors_follow_all_older_ones(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "PAGE", 2)
    for entity_id in (1, 2, 3):
        await write(database, entity_id, f"text {entity_id}")
    await embed(database)
    async with database.snapshot() as connection:
        first = await embeddings.after(connection, 0)
        second = await embeddings.after(connection, first[-1].embedding_id)

    assert [(each.entity_id, each.kind) for each in (*first, *second)] == [
        (1, "finding"),
        (2, "finding"),
        (3, "finding"),
    ]


async def test_only_vectors_that_are_there_stand(database: Database) -> None:
    for entity_id in (1, 2):
        await write(database, entity_id, f"text {entity_id}")
    await embed(database)
    async with database.snapshot() as connection:
        one, two = await embeddings.after(connection, 0)
    await write(database, 1, "another")
    async with database.snapshot() as connection:
        standing = await embeddings.standing(connection, json.dumps([one.embedding_id, two.embedding_id, 999]))

    assert standing == {two.embedding_id}


def test_documents_made_by_the_migration_need_vectors_too() -> None:
    *known, new = migrations()[:8]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript("\n".join(known))
        connection.execute(
            "INSERT INTO entity (name, kind, title, body, created_at, updated_at) VALUES ('x', 'tool', 'x', '', 0, 0)"
        )
        connection.executescript(new)

        assert connection.execute("SELECT entity_id FROM revision").fetchall() == [(1,)]
