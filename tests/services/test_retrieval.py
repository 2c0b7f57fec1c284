from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.retrieval import MAX_PROMPT, Retrieval
from tremaux_tools.store import documents
from tremaux_tools.store.database import Database
from tremaux_tools.vectors import CATCH_UP_SECONDS

pytestmark = pytest.mark.anyio

_ADD = """
    INSERT INTO entity (name, kind, title, body, created_at, updated_at) VALUES (?, ?, ?, ?, 0, 0)
    ON CONFLICT (name) DO UPDATE SET updated_at = 1 RETURNING entity_id"""


async def learn(database: Database, *entities: Entity) -> list[int]:
    ids = []
    async with database.transaction() as connection:
        for entity in entities:
            values = (entity.name, entity.kind, entity.title, entity.body)
            ((entity_id,),) = await connection.execute_fetchall(_ADD, values)
            await documents.put(connection, entity_id, document_of(entity))
            ids.append(int(entity_id))
    return ids


def finding(title: str, body: str = "", *, kind: str = "finding") -> Entity:
    return Entity(f"{kind}:{title}", kind, title, body)


LIBRARY = (
    finding("Resize the connection pool", "PostgreSQL refused connections, as poolSize was 5."),
    finding("Pin the compiler", "The newest gcc warns where the older one did not."),
    finding("Retry flaky downloads", "The registry closes the connection now and then."),
)


class Meanings:
    """Knows what is near by a list."""

    alpha = 0.4

    def __init__(self, *near: tuple[int, float]) -> None:
        self.near = near
        self.calls: list[object] = []

    async def nearest(self, text: str, *, kinds: Sequence[str], limit: int) -> Sequence[tuple[int, float]]:
        self.calls.append((text, kinds))
        return self.near[:limit]

    async def catch_up(self, *, seconds: float) -> int:
        self.calls.append(seconds)
        return 0


async def test_a_whole_prompt_finds_what_some_of_its_words_are_in(database: Database) -> None:
    pool, _, downloads = await learn(database, *LIBRARY)
    prompt = 'Our service "orders" (v2) fails: too many connections AND no pool? NEAR(the database) must be fixed.'

    found = await Retrieval(database).search(prompt)

    assert [hit.entity_id for hit in found] == [pool, downloads]


async def test_the_best_hit_has_relevance_one_and_the_others_less(database: Database) -> None:
    await learn(database, *LIBRARY)

    found = await Retrieval(database).search("the connection pool")

    best, second = (hit.relevance for hit in found)
    assert best == 1.0
    assert 0 < second < 1


@pytest.mark.parametrize("asked", ["pool size", "size of the pool", "poolSize", "PoolSizes", "pool_size"])
async def test_names_are_found_by_their_parts_and_parts_by_their_names(database: Database, asked: str) -> None:
    (pool, *_) = await learn(
        database, finding("Raise it", "poolSize was 5"), finding("Lower it", "timeout was 5"), finding("Leave it")
    )

    found = await Retrieval(database).search(asked)

    assert [hit.entity_id for hit in found] == [pool]


async def test_only_the_kinds_asked_for_are_found(database: Database) -> None:
    first, second = await learn(database, finding("Use the pool"), finding("Use the pool", kind="pitfall"))
    retrieval = Retrieval(database)

    assert [hit.entity_id for hit in await retrieval.search("pool", kinds=["pitfall"])] == [second]
    both = await retrieval.search("pool", kinds=["pitfall", "finding"])
    assert {hit.entity_id for hit in both} == {first, second}
    assert not (await retrieval.search("pool", kinds=["tool"]))


@pytest.mark.parametrize("kind", ["findings", "Design Pattern", "kind", 'say "it"', "\N{SNOWMAN}", "Ä-b_c"])
async def test_any_word_may_be_a_kind(database: Database, kind: str) -> None:
    await learn(database, finding("Use the pool"))
    (odd,) = await learn(database, finding("Use the pool", kind=kind))

    found = await Retrieval(database).search("pool", kinds=[kind])

    assert [hit.entity_id for hit in found] == [odd]


async def test_a_word_that_all_documents_hold_still_finds_them(database: Database) -> None:
    ids = await learn(database, *(finding(f"pytest {number}") for number in range(30)))

    found = await Retrieval(database).search("pytest")

    assert {hit.entity_id for hit in found} == set(ids)


async def test_what_was_learnt_after_a_search_is_found_by_the_next(database: Database) -> None:
    retrieval = Retrieval(database)
    before = await retrieval.search("kubernetes")
    await learn(database, *LIBRARY)
    (new,) = await learn(database, finding("Restart the kubernetes node"))

    found = await retrieval.search("kubernetes")

    assert not before
    assert [hit.entity_id for hit in found] == [new]


async def test_no_more_is_found_than_was_asked_for(database: Database) -> None:
    await learn(database, *(finding(f"pool {number}") for number in range(20)))

    assert len(await Retrieval(database).search("pool", limit=3)) == 3


async def test_what_only_the_meaning_finds_stands_among_what_words_find(database: Database) -> None:
    pool, compiler, downloads = await learn(database, *LIBRARY)

    found = await Retrieval(database, Meanings((compiler, 0.9), (downloads, 0.1))).search("connection pool")

    assert [hit.entity_id for hit in found] == [pool, compiler, downloads]


async def test_a_model_reads_what_is_new_before_it_is_asked(database: Database) -> None:
    meanings = Meanings()
    await Retrieval(database, meanings).search("pool", kinds=["tool"])

    assert meanings.calls == [CATCH_UP_SECONDS, ("pool", ["tool"])]


async def test_meanings_are_found_where_no_word_is(database: Database) -> None:
    _, compiler, _ = await learn(database, *LIBRARY)

    found = await Retrieval(database, Meanings((compiler, 0.9))).search("toolchain")

    assert [(hit.entity_id, hit.relevance) for hit in found] == [(compiler, 1.0)]
    assert found[0].words == 0


# Words that are in the library, so that the index is asked, between anything that FTS5 might take for syntax.
syntax = st.sampled_from(
    [
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        ")",
        '"',
        "'",
        "*",
        "^",
        ":",
        "title:",
        "-",
        "+",
        "{",
        "}",
        "\0",
        "\ud800",
        "\N{ZERO WIDTH JOINER}",
    ]
)
prompts = st.lists(st.sampled_from(["connection", "pool", "poolSize", "the"]) | syntax | st.text(max_size=5)).map(
    " ".join
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prompt=prompts)
@example(prompt="")
@example(prompt="the who and the what")
@example(prompt="\x00\x1b[31m\x07 \ufffe")
@example(prompt='"; DROP TABLE document; --')
@example(prompt="kindfinding")
@example(prompt="e\u0301 \u0928\u093f " * 50)
async def test_any_text_may_be_searched_for(database: Database, prompt: str) -> None:
    await learn(database, *LIBRARY)

    found = await Retrieval(database).search(prompt)

    assert all(0 <= hit.relevance <= 1 for hit in found)
    assert ("pool" not in prompt.split()) or found


async def test_a_text_of_a_million_characters_is_searched_for_by_its_beginning(database: Database) -> None:
    pool, *_ = await learn(database, *LIBRARY)
    retrieval = Retrieval(database)

    assert [hit.entity_id for hit in await retrieval.search("pool " + "x " * 500_000)] == [pool]
    assert not (await retrieval.search("x " * (MAX_PROMPT // 2) + "pool"))


async def test_another_file_at_the_same_path_is_searched_anew(database: Database) -> None:
    await learn(database, *LIBRARY)
    other = Database(database.path.with_name("other.db"))
    await learn(other, *reversed(LIBRARY))
    await other.close()
    retrieval = Retrieval(database)
    (before, *_) = await retrieval.search("resize the pool")
    for file in database.path.parent.glob("t.db*"):
        file.rename(file.with_name(f"old-{file.name}"))
    other.path.rename(database.path)

    (after, *_) = await retrieval.search("resize the pool")

    assert (before.entity_id, after.entity_id) == (1, 3)
