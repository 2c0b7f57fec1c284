"""Vectors of two processes on one database: found, followed, forgotten, and made in bounded time."""

import math
from collections.abc import AsyncIterator, Sequence
from threading import Event

import anyio
import anyio.to_thread
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tremaux_tools.semantic import Embedder, find_model
from tremaux_tools.semantic.wordllama import WordLlama
from tremaux_tools.store.database import Database
from tremaux_tools.vectors import Vectors

pytestmark = pytest.mark.anyio
WORDLLAMA = WordLlama()


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """What another process has of the same file."""
    other = Database(database.path)
    yield other
    await other.close()


async def write(database: Database, texts: dict[int, str], *, kind: str = "finding") -> None:
    """Keep documents, of new entities or of known ones."""
    async with database.transaction() as connection:
        for entity_id, text in texts.items():
            await connection.execute(
                """INSERT INTO entity (entity_id, name, kind, title, body, created_at, updated_at)
                VALUES (?1, ?2 || ':' || ?1, ?2, ?3, '', 0, 0) ON CONFLICT DO NOTHING""",
                (entity_id, kind, text),
            )
            await connection.execute(
                """INSERT INTO document (entity_id, title, body, idents, tags) VALUES (?, ?, '', '', '')
                ON CONFLICT DO UPDATE SET title = excluded.title""",
                (entity_id, text),
            )


async def forget(database: Database, entity_id: int) -> None:
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM document WHERE entity_id = ?", (entity_id,))


async def found(vectors: Vectors, text: str, *, kinds: Sequence[str] = (), limit: int = 10) -> list[int]:
    return [entity_id for entity_id, _ in await vectors.nearest(text, kinds=kinds, limit=limit)]


TEXTS = {1: "flaky unit tests", 2: "deploy the container", 3: "rename a column of a table", 4: "slow database query"}


class Slow:
    """A model that waits in the middle of a text until it may go on."""

    name, dim, alpha, batch = "slow", 2, 0.3, 2

    def __init__(self) -> None:
        self.started, self.may_go_on = Event(), Event()
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.started.set()
        assert self.may_go_on.wait(10)
        self.seen += texts
        return np.array([[1, 0]] * len(texts), np.float32)


@pytest.mark.parametrize("name", ["wordllama", "onnx"])
async def test_what_means_the_same_is_nearest(database: Database, name: str) -> None:
    model = find_model(name)
    assert model is not None
    vectors = Vectors(database, model)
    await write(database, TEXTS)
    left = await vectors.catch_up(seconds=60)

    nearest = await vectors.nearest("tests that fail now and then", limit=3)
    assert (left, vectors.model, vectors.alpha) == (0, model.name, model.alpha)
    assert (len(nearest), nearest[0][0]) == (3, 1)
    assert nearest == sorted(nearest, key=lambda each: -each[1])


async def test_the_cosine_of_a_text_with_itself_is_one(database: Database) -> None:
    vectors = Vectors(database, WORDLLAMA)
    await write(database, TEXTS)
    await vectors.catch_up(seconds=60)

    ((entity_id, cosine),) = await vectors.nearest("deploy the container\n", limit=1)
    assert (entity_id, cosine) == (2, pytest.approx(1, abs=1e-3))


async def test_without_documents_nothing_is_near(database: Database) -> None:
    vectors = Vectors(database, WORDLLAMA)

    assert await vectors.catch_up(seconds=60) == 0
    assert await found(vectors, "anything") == []


async def test_only_entities_of_the_kinds_asked_for_are_found(database: Database) -> None:
    vectors = Vectors(database, WORDLLAMA)
    await write(database, {1: "flaky tests", 2: "flaky unit tests"})
    await write(database, {3: "the tests are flaky"}, kind="pitfall")
    await write(database, {4: "flaky"}, kind="tool")
    await vectors.catch_up(seconds=60)

    assert await found(vectors, "flaky tests", kinds=["pitfall"]) == [3]
    assert sorted(await found(vectors, "flaky tests", kinds=["pitfall", "tool"])) == [3, 4]
    assert await found(vectors, "flaky tests", kinds=["unheard of"]) == []


async def test_two_processes_find_what_the_other_embedded(database: Database, other: Database) -> None:
    ours, theirs = Vectors(database, WORDLLAMA), Vectors(other, WORDLLAMA)
    await write(database, {1: "flaky tests"})
    await ours.catch_up(seconds=60)
    seen_first = await found(theirs, "flaky tests")
    await write(other, {2: "tests that are flaky"})
    await theirs.catch_up(seconds=60)

    assert seen_first == [1]
    assert sorted(await found(ours, "flaky tests")) == [1, 2]


async def test_two_processes_that_embed_at_once_share_the_work_and_keep_each_text_once(
    database: Database, other: Database
) -> None:
    texts = {number: f"text number {number}" for number in range(1, 1_101)}
    await write(database, texts)
    async with anyio.create_task_group() as tasks:
        for vectors in (Vectors(database, WORDLLAMA), Vectors(database, WORDLLAMA), Vectors(other, WORDLLAMA)):
            tasks.start_soon(lambda vectors=vectors: vectors.catch_up(seconds=60))
    vectors = Vectors(database, WORDLLAMA)

    assert await vectors.catch_up(seconds=0) == 0
    assert sorted(await found(vectors, "text number", limit=2_000)) == sorted(texts)


async def test_a_model_does_not_find_the_vectors_of_another(database: Database) -> None:
    class Elsewhere(WordLlama):
        name = "elsewhere"

    await write(database, TEXTS)
    await Vectors(database, Elsewhere()).catch_up(seconds=60)
    vectors = Vectors(database, WORDLLAMA)

    assert await found(vectors, "flaky tests") == []
    assert await vectors.catch_up(seconds=60) == 0
    assert sorted(await found(vectors, "flaky tests")) == sorted(TEXTS)


@pytest.mark.parametrize("is_known", [True, False], ids=["after a search", "before any search"])
async def test_a_changed_text_is_found_by_what_it_says_now(database: Database, other: Database, is_known: bool) -> None:
    ours, theirs = Vectors(database, WORDLLAMA), Vectors(other, WORDLLAMA)
    await write(database, TEXTS)
    await ours.catch_up(seconds=60)
    if is_known:
        await found(ours, "flaky tests")
    await write(other, {1: "prune the docker images"})
    before = await found(ours, "docker images")
    left = await theirs.catch_up(seconds=60)

    assert sorted(before) == [2, 3, 4]
    assert left == 0
    assert (await found(ours, "docker images"))[0] == 1
    assert sorted(await found(ours, "docker images")) == [1, 2, 3, 4]


async def test_what_another_process_forgot_is_never_found(database: Database, other: Database) -> None:
    vectors = Vectors(database, WORDLLAMA)
    texts = {number: f"flaky test number {number}" for number in range(1, 101)}
    await write(database, texts)
    await vectors.catch_up(seconds=60)
    nearest = await found(vectors, "flaky test", limit=90)
    for entity_id in nearest:
        await forget(other, entity_id)

    assert sorted(await found(vectors, "flaky test", limit=90)) == sorted(texts.keys() - set(nearest))
    assert await vectors.catch_up(seconds=60) == 0


async def test_an_embedding_takes_no_longer_than_it_may_and_tells_what_is_left(database: Database) -> None:
    slow = Slow()
    vectors = Vectors(database, slow)
    await write(database, {number: f"text {number}" for number in range(1, 8)})
    left: list[int] = []

    async def catch_up() -> None:
        left.append(await vectors.catch_up(seconds=0.05))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(catch_up)
            await anyio.to_thread.run_sync(slow.started.wait)
            await anyio.sleep(0.1)  # its time runs out
            slow.may_go_on.set()

    assert (left, slow.seen) == ([5], ["text 1\n", "text 2\n"])
    assert await found(vectors, "anything") == [1, 2]
    assert await vectors.catch_up(seconds=60) == 0
    assert await found(vectors, "anything") == [1, 2, 3, 4, 5, 6, 7]


async def test_no_time_is_no_work(database: Database) -> None:
    slow = Slow()
    await write(database, TEXTS)

    assert await Vectors(database, slow).catch_up(seconds=0) == 4
    assert not slow.started.is_set()


async def test_cancelling_keeps_the_batch_that_was_begun(database: Database) -> None:
    slow = Slow()
    await write(database, TEXTS)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: Vectors(database, slow).catch_up(seconds=60))
            await anyio.to_thread.run_sync(slow.started.wait)
            tasks.cancel_scope.cancel()
            slow.may_go_on.set()

    slow.may_go_on.set()
    assert await found(Vectors(database, slow), "anything") == [1, 2]


async def test_the_loop_answers_while_a_text_is_embedded(database: Database) -> None:
    slow = Slow()
    vectors = Vectors(database, slow)
    await write(database, TEXTS)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: vectors.catch_up(seconds=60))
            tasks.start_soon(lambda: vectors.nearest("anything", kinds=(), limit=1))
            await anyio.to_thread.run_sync(slow.started.wait)
            slow.may_go_on.set()

    assert slow.seen


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 5), st.sampled_from(["a", "b", "c"])),
        st.tuples(st.just("forget"), st.integers(1, 5), st.just("")),
        st.tuples(st.just("embed"), st.integers(0, 1), st.just("")),
        st.tuples(st.just("search"), st.integers(0, 1), st.just("")),
    ),
    max_size=15,
)


class Letters:
    """A model that tells three letters apart, with a vector for each."""

    name, dim, alpha, batch = "letters", 3, 0.3, 2

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[text[0] == letter for letter in "abc"] for text in texts], np.float32)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
async def test_whatever_happens_what_is_found_is_what_the_texts_say_now(
    database: Database, other: Database, changes: list[tuple[str, int, str]]
) -> None:
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM entity")
    model: Embedder = Letters()
    both = Vectors(database, model), Vectors(other, model)
    texts: dict[int, str] = {}
    for change, number, text in changes:
        if change == "write":
            texts[number] = text
            await write(database, {number: text})
        elif change == "forget":
            texts.pop(number, None)
            await forget(database, number)
        elif change == "embed":
            assert await both[number].catch_up(seconds=60) == 0
        elif change == "search":
            for entity_id, cosine in await both[number].nearest("a", kinds=(), limit=10):
                assert math.isclose(cosine, texts[entity_id] == "a")
    left = await both[1].catch_up(seconds=60)

    assert left == 0
    for vectors in both:
        assert dict(await vectors.nearest("b", kinds=(), limit=10)) == {
            entity_id: float(text == "b") for entity_id, text in texts.items()
        }
