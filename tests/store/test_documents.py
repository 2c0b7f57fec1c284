from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.store import documents
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio

_ADD = (
    "INSERT INTO entity (name, kind, title, body, created_at, updated_at) VALUES (?, ?, ?, ?, 0, 0) RETURNING entity_id"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "t.db")
    yield database
    await database.close()


async def put(database: Database, entity: Entity) -> int:
    async with database.transaction() as connection:
        ((entity_id,),) = await connection.execute_fetchall(_ADD, (entity.name, entity.kind, entity.title, entity.body))
        await documents.put(connection, entity_id, document_of(entity))
    return int(entity_id)


async def found(database: Database, expression: str) -> list[int]:
    async with database.snapshot() as connection:
        return [entity_id for entity_id, _ in await documents.search(connection, expression, limit=10)]


async def test_a_document_is_found_by_its_words(database: Database) -> None:
    pool = await put(database, Entity("a", "finding", "Resize the connection pool", "It was too small."))
    await put(database, Entity("b", "finding", "Pin the compiler", "It was too new."))

    assert await found(database, "pool") == [pool]
