import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.recall.document import Document, document_of
from tremaux_tools.store import documents
from tremaux_tools.store.database import Database
from tremaux_tools.store.frequencies import Frequencies

pytestmark = pytest.mark.anyio

_ADD = """
    INSERT INTO entity (name, kind, title, body, created_at, updated_at) VALUES (?, ?, ?, ?, 0, 0)
    RETURNING entity_id"""


async def add(database: Database, name: str, *, kind: str = "finding") -> int:
    async with database.transaction() as connection:
        ((entity_id,),) = await connection.execute_fetchall(_ADD, (name, kind, "", ""))
    return int(entity_id)


async def put(database: Database, entity_id: int, title: str, body: str = "", *, kind: str = "finding") -> None:
    async with database.transaction() as connection:
        await documents.put(connection, entity_id, document_of(Entity("", kind, title, body)))


async def remove(database: Database, entity_id: int) -> None:
    async with database.transaction() as connection:
        await documents.remove(connection, entity_id)


async def found(database: Database, expression: str, *kinds: str) -> list[int]:
    async with database.snapshot() as connection:
        return [hit for hit, _ in await documents.search(connection, expression, kinds=kinds, limit=10)]


async def fits(database: Database) -> bool:
    async with database.transaction() as connection:
        return await documents.fits(connection)


async def held(database: Database, frequencies: Frequencies, *stems: str) -> tuple[int, dict[str, int]]:
    async with database.snapshot() as connection:
        count, numbers = await frequencies.of(connection, stems)
    return count, dict(numbers)


async def test_a_document_is_found_by_its_words(database: Database) -> None:
    pool, compiler = await add(database, "a"), await add(database, "b")
    await put(database, pool, "Resize the connection pool", "It was too small.")
    await put(database, compiler, "Pin the compiler", "It was too new.")

    assert await found(database, "pool") == [pool]


async def test_a_word_in_the_title_counts_more_than_one_in_the_body(database: Database) -> None:
    for name in ("a", "b", "c", "d"):
        await put(database, await add(database, name), "other words", "and more of them")
    body, title = await add(database, "body"), await add(database, "title")
    await put(database, body, "quite other words", "about a pool")
    await put(database, title, "words about a pool", "quite other")

    assert await found(database, "pool") == [title, body]


async def test_a_changed_document_is_found_by_its_new_words_only(database: Database) -> None:
    entity = await add(database, "a")
    await put(database, entity, "Resize the pool")
    await put(database, entity, "Drain the queue")

    assert await found(database, "pool") == []
    assert await found(database, "queue") == [entity]


async def test_a_removed_document_is_not_found(database: Database) -> None:
    entity = await add(database, "a")
    await put(database, entity, "Resize the pool")
    await remove(database, entity)

    assert await found(database, "pool") == []


async def test_a_document_that_did_not_change_is_not_written(database: Database) -> None:
    entity = await add(database, "a")
    await put(database, entity, "Resize the pool")
    async with database.transaction() as connection:
        before = connection.total_changes
        await documents.put(connection, entity, document_of(Entity("", "finding", "Resize the pool")))

        assert connection.total_changes == before


async def test_only_entities_of_the_kinds_asked_for_are_found(database: Database) -> None:
    finding, skill = await add(database, "a"), await add(database, "b", kind="skill")
    await put(database, finding, "Resize the pool")
    await put(database, skill, "Resize the pool", kind="skill")

    assert await found(database, "pool", "skill") == [skill]
    assert set(await found(database, "pool", "skill", "finding")) == {finding, skill}


texts = st.text(st.sampled_from("ab é\"'\0\ufdd0_AB"), max_size=12)
changes = st.lists(st.tuples(st.integers(0, 3), st.none() | st.tuples(texts, texts, texts, texts)), max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=changes)
async def test_the_index_fits_the_documents_after_any_changes(
    database: Database, changes: list[tuple[int, tuple[str, str, str, str] | None]]
) -> None:
    ids = [await add(database, f"{n}") for n in range(4)] if not await found_ids(database) else [1, 2, 3, 4]
    async with database.transaction() as connection:
        for number, document in changes:
            if document:
                await documents.put(connection, ids[number], Document(*document))
            else:
                await documents.remove(connection, ids[number])

    assert await fits(database)


async def found_ids(database: Database) -> list[int]:
    async with database.snapshot() as connection:
        return [entity_id for (entity_id,) in await connection.execute_fetchall("SELECT entity_id FROM entity")]


async def test_an_index_that_says_something_else_does_not_fit_and_is_made_anew(database: Database) -> None:
    entity = await add(database, "a")
    await put(database, entity, "Resize the pool")
    async with database.transaction() as connection:
        await connection.execute("DROP TRIGGER document_changed")
    await put(database, entity, "Drain the queue")

    assert not await fits(database)

    async with database.transaction() as connection:
        await documents.rebuild(connection)

    assert await fits(database)
    assert await found(database, "queue") == [entity]


async def test_frequencies_follow_the_documents(database: Database) -> None:
    frequencies = Frequencies()
    one, two = await add(database, "a"), await add(database, "b")
    await put(database, one, "pool")
    first = await held(database, frequencies, "pool", "queue")
    await put(database, two, "pool queue")
    second = await held(database, frequencies, "pool", "queue")
    await remove(database, one)

    assert first == (1, {"pool": 1, "queue": 0})
    assert second == (2, {"pool": 2, "queue": 1})
    assert await held(database, frequencies, "queue", "pool") == (1, {"pool": 1, "queue": 1})


async def test_a_term_that_was_nowhere_is_counted_once_it_is_somewhere(database: Database) -> None:
    frequencies = Frequencies()
    await put(database, await add(database, "a"), "pool")
    await held(database, frequencies, "queue")
    await put(database, await add(database, "b"), "queue")

    assert (await held(database, frequencies, "queue"))[1] == {"queue": 1}


@pytest.mark.parametrize("whole", [False, True])
async def test_an_index_that_is_settled_is_in_one_piece(database: Database, *, whole: bool) -> None:
    for number in range(7):
        await put(
            database, await add(database, f"{number}"), f"pool {number}", " ".join(f"x{number}y{n}" for n in range(500))
        )
    before = await segments(database)
    async with database.transaction() as connection:
        await documents.settle(connection, whole=whole)

    assert before > 1
    assert await segments(database) == 1
    assert len(await found(database, "pool")) == 7


async def segments(database: Database) -> int:
    async with database.snapshot() as connection:
        query = (
            "SELECT count(DISTINCT id >> 37) FROM document_fts_data WHERE id > 10"  # the upper bits name the segment
        )
        ((count,),) = await connection.execute_fetchall(query)
    return int(count)
