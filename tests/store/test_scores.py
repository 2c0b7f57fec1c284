from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.core.recall.expression import expression, split
from tremaux_tools.core.recall.terms import choose
from tremaux_tools.core.recall.words import words
from tremaux_tools.store import documents, scores
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.database import Database
from tremaux_tools.store.lexicon import Lexicon
from tremaux_tools.store.scores import Scores

pytestmark = pytest.mark.anyio

_ADD = """
    INSERT INTO entity (name, kind, title, body, created_at, updated_at) VALUES (?, ?, ?, ?, 0, 0)
    RETURNING entity_id"""
_FORGET = "DELETE FROM entity"

KINDS = ("finding", "findings", "skill")  # the first two have one stem
WORDS = ("pool", "pools", "poolSize", "socket", "retry", "gcc", "cache", "Ärger", "v2", "index")
text = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)
entity = st.tuples(st.sampled_from(KINDS), text, text)

Hits = list[tuple[int, float]]


async def learn(database: Database, library: Sequence[tuple[str, str, str]]) -> None:
    async with database.transaction() as connection:
        for number, (kind, title, body) in enumerate(library):
            ((entity_id,),) = await connection.execute_fetchall(_ADD, (f"{number}", kind, title, body))
            await documents.put(connection, entity_id, document_of(Entity("", kind, title, body)))


async def both(database: Database, known: Scores, prompt: str, kinds: Sequence[str]) -> tuple[Scores, Hits, Hits]:
    """What is remembered now, and what it and what FTS5 say to a prompt."""

    async def ask(connection: Connection) -> tuple[Scores, Hits, Hits]:
        found = await Lexicon().look_up(connection, words(prompt))
        now = known.as_of(found.version)
        terms = choose(found.told, found.documents)
        if not terms:
            return now, [], []
        rare, others = split(terms, documents=found.documents)
        asked = expression(terms, documents=found.documents)
        return (
            now,
            await now.best(connection, rare, others, kinds=kinds, limit=10),
            await documents.search(connection, asked, kinds=kinds, limit=10),
        )

    return await database.read(ask)


@given(
    library=st.lists(entity, min_size=1, max_size=25),
    prompts=st.lists(text, min_size=1, max_size=3),
    kinds=st.sets(st.sampled_from(KINDS)).map(sorted),
    work=st.sampled_from([1, 20, 10_000]),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_what_is_remembered_says_what_the_index_says(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    library: list[tuple[str, str, str]],
    prompts: list[str],
    kinds: list[str],
    work: int,
) -> None:
    monkeypatch.setattr("tremaux_tools.core.recall.expression.MAX_WORK", work)
    async with database.transaction() as connection:
        await connection.execute(_FORGET)
    await learn(database, library)
    known = Scores()

    for prompt in prompts:
        known, remembered, indexed = await both(database, known, prompt, kinds)

        assert remembered == indexed


async def test_what_another_process_learns_is_found_at_once(database: Database) -> None:
    await learn(database, [("finding", "Resize the pool", "")])
    before, remembered, _ = await both(database, Scores(), "pool", ())
    another = Database(database.path)
    async with another.transaction() as connection:
        await documents.remove(connection, remembered[0][0])
    await another.close()

    after, remembered, _ = await both(database, before, "pool", ())

    assert remembered == []
    assert after is not before


async def test_as_long_as_nothing_changes_the_same_is_remembered(database: Database) -> None:
    await learn(database, [("finding", "Resize the pool", "")])
    before, *_ = await both(database, Scores(), "pool", ())

    after, *_ = await both(database, before, "pool", ())

    assert after is before


async def test_what_is_remembered_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "MAX_KNOWN", 1)
    await learn(database, [("finding", "Resize the pool", ""), ("finding", "Drain the pool", "")])
    before, *_ = await both(database, Scores(), "pool", ())

    after, *_ = await both(database, before, "pool", ())

    assert after is not before
