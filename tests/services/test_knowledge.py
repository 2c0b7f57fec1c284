import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.clock import ticking

from tremaux_tools.core.knowledge import FINDING, LEARNED_IN, PITFALL, PROJECT, Entity, Graph, Relation
from tremaux_tools.core.note import MAX_CONTENT, MAX_KIND, MAX_NAME, MAX_RELATIONS
from tremaux_tools.errors import BadArgument, UnknownItem
from tremaux_tools.knowledge import MAX_MATCHES, MAX_TEXT, Duplicates, Knowledge
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.store import documents, entities, goals, knowledge, outcomes
from tremaux_tools.store.database import Database
from tremaux_tools.store.outcomes import Outcome

pytestmark = pytest.mark.anyio
CART = "The cart summed the prices before the discount."
CART_AGAIN = "cart summed prices before discount"
WRITER = """
import sys
from pathlib import Path

import anyio

from tremaux_tools.knowledge import Knowledge
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.store.database import Database


async def main(path: Path, who: str) -> None:
    database = Database(path)
    service = Knowledge(database, Retrieval(database), clock=lambda: 1.0)
    for number in range(20):
        await service.remember(path.parents[1], "shared", "note", f"{who} says {number}")
    await database.close()


anyio.run(main, Path(sys.argv[1]), sys.argv[2])
"""


@pytest.fixture
def clock() -> Callable[[], float]:
    return ticking()


@pytest.fixture
def service(database: Database, clock: Callable[[], float]) -> Knowledge:
    return Knowledge(database, Retrieval(database), clock=clock)


async def learn(database: Database, name: str, body: str, kind: str = FINDING) -> None:
    """What a finished task teaches."""
    learning, place = Entity(name, kind, body, body), Entity("project:/p", PROJECT, "/p")
    graph = Graph((place, learning), (Relation(name, LEARNED_IN, place.name),))
    async with database.transaction() as connection:
        project_id = await goals.put_project(connection, "/p", at=1.0)
        await knowledge.add(connection, graph, project_id=project_id, report_id=None, at=1.0)


async def index_fits(database: Database) -> bool:
    async with database.transaction() as connection:
        return await documents.fits(connection)


async def names(service: Knowledge, query: str, kind: str | None = None) -> list[str]:
    return [match.name for match in await service.search(query, kind=kind)]


async def test_what_is_remembered_is_found_and_looked_at(service: Knowledge, tmp_path: Path) -> None:
    remembered = await service.remember(tmp_path, "auth", "service", "Checks tokens of the keyServer.")
    (match,) = await service.search("which service has to do with a server for keys?")
    view = await service.get("auth")

    assert (remembered.name, remembered.kind, remembered.is_new) == ("auth", "service", True)
    assert (match.name, match.kind, match.title, match.text) == ("auth", "service", "auth", view.entity.body)
    assert (match.score, match.status, match.project) == (1.0, "active", str(tmp_path))
    assert view.entity.body == "Checks tokens of the keyServer."
    assert view.created_at == view.updated_at == 1_000


async def test_an_entity_that_is_known_gets_what_is_new_of_it(service: Knowledge, tmp_path: Path) -> None:
    for content in ("It checks tokens.", "It needs redis.", "It needs redis.", "It checks tokens."):
        remembered = await service.remember(tmp_path, "auth", "service", content)
    view = await service.get("auth")

    assert (remembered.is_new, remembered.observations_added) == (False, 0)
    assert (view.entity.body, view.entity.observations) == ("It checks tokens.", ("It needs redis.",))
    assert await names(service, "redis") == ["auth"]
    assert view.updated_at == 1_003


async def test_relations_are_told_in_both_directions(service: Knowledge, tmp_path: Path) -> None:
    for name in ("redis", "web"):
        await service.remember(tmp_path, name, "service", f"This is {name}.")
    added = await service.remember(tmp_path, "auth", "service", "Logs in.", [("needs", "redis"), ("needs", "redis")])
    await service.remember(tmp_path, "web", "service", "", [("calls", "auth")])
    view = await service.get("auth")

    assert added.relations_created == 1
    assert view.relations == (Relation("auth", "needs", "redis"), Relation("web", "calls", "auth"))
    assert view.relation_count == 2
    assert [(near.name, near.depth) for near in (await service.get("redis", depth=2)).neighbours] == [
        ("auth", 1),
        ("web", 2),
    ]
    assert (await service.get("redis", depth=0)).neighbours == ()


async def test_a_relation_to_nothing_known_names_what_may_be_meant_and_keeps_nothing(
    service: Knowledge, tmp_path: Path
) -> None:
    await service.remember(tmp_path, "auth-service", "service", "Logs in.")
    with pytest.raises(UnknownItem, match="auth-servce") as refused:
        await service.remember(tmp_path, "web", "service", "Pages.", [("calls", "auth-service"), ("a", "auth-servce")])

    assert "'auth-service'" in refused.value.hint
    with pytest.raises(UnknownItem):
        await service.get("web")
    assert (await service.get("auth-service")).relation_count == 0


@pytest.mark.parametrize("call", ["get", "forget"])
async def test_an_unknown_name_is_answered_with_those_that_may_be_meant(
    service: Knowledge, tmp_path: Path, call: str
) -> None:
    await service.remember(tmp_path, "Deploy pipeline", "note", "Runs at night.")
    with pytest.raises(UnknownItem, match="deploy pipelin") as refused:
        await getattr(service, call)("deploy pipelin")

    assert "'Deploy pipeline'" in refused.value.hint


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        pytest.param({"name": ""}, "name", id="no name"),
        pytest.param({"name": "a\nb"}, "name", id="a name of two lines"),
        pytest.param({"name": "a\x1b[31mb"}, "name", id="a name that colours the terminal"),
        pytest.param({"name": "a\u202eb"}, "name", id="a name that runs backwards"),
        pytest.param({"name": "a\x00b"}, "name", id="a name with a null"),
        pytest.param({"name": "\ud800"}, "name", id="half a character"),
        pytest.param({"name": "n" * (MAX_NAME + 1)}, "name", id="a name too long"),
        pytest.param({"name": "token=ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"}, "secret", id="a secret"),
        pytest.param({"kind": " "}, "kind", id="no kind"),
        pytest.param({"kind": "k" * (MAX_KIND + 1)}, "kind", id="a kind too long"),
        pytest.param({"kind": "project"}, "finished tasks", id="a project"),
        pytest.param({"name": "task:1"}, "finished tasks", id="the name of a task"),
        pytest.param({"content": "c" * (MAX_CONTENT + 1)}, "characters", id="too much"),
        pytest.param({"content": " \x1b[0m "}, "nothing to remember", id="nothing"),
        pytest.param({"content": "", "relations": [("a", "known")]}, "is new", id="a new name without a word"),
        pytest.param({"relations": [("a", "x")]}, "itself", id="a relation to itself"),
        pytest.param({"relations": [("", "known")]}, "relation type", id="a relation without a type"),
        pytest.param({"relations": [("a", "known")] * (MAX_RELATIONS + 1)}, "too many", id="too many relations"),
        pytest.param({"name": "known"}, "known as 'note'", id="another kind than before"),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    service: Knowledge, tmp_path: Path, arguments: dict[str, str], fact: str
) -> None:
    await service.remember(tmp_path, "known", "note", "Known before.")
    before = await service.stats()
    with pytest.raises(BadArgument, match=fact) as refused:
        await service.remember(tmp_path, **{"name": "x", "kind": "thing", "content": "Says it."} | arguments)

    assert refused.value.hint
    assert await service.stats() == before


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=40), content=st.text(max_size=60))
async def test_any_name_is_kept_as_it_is_or_refused(
    service: Knowledge, tmp_path: Path, name: str, content: str
) -> None:
    try:
        remembered = await service.remember(tmp_path, name, "note", content)
    except BadArgument:
        with pytest.raises(UnknownItem):
            await service.get(f"{name} and more")
    else:
        assert (await service.get(name)).entity.name == remembered.name == name.strip()


async def test_secrets_and_control_characters_are_not_kept(
    service: Knowledge, database: Database, tmp_path: Path
) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    await service.remember(tmp_path, "x", "note", f"\x1b[31mUse {token}\x00 here")
    body = (await service.get("x")).entity.body

    assert token not in body
    assert body.startswith("Use ")
    assert body.endswith(" here")
    async with database.snapshot() as connection:
        assert token not in str(list(await connection.execute_fetchall("SELECT * FROM document")))


async def test_a_project_that_is_known_can_be_told_of_and_led_to(
    service: Knowledge, database: Database, tmp_path: Path
) -> None:
    await learn(database, "finding:1", CART)
    told = await service.remember(tmp_path, "project:/p", PROJECT, "Needs Python 3.12.")
    led = await service.remember(tmp_path, "style", "note", "Plain words.", [("applies_to", "project:/p")])

    assert (told.is_new, told.observations_added, led.relations_created) == (False, 1, 1)


@pytest.mark.parametrize("kind", [FINDING, PITFALL])
async def test_a_learning_told_by_hand_is_a_candidate(service: Knowledge, tmp_path: Path, kind: str) -> None:
    await service.remember(tmp_path, "cart", kind, CART)

    view = await service.get("cart")
    assert (view.status, view.entity.title) == ("candidate", CART)


async def test_a_full_entity_takes_no_more(service: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tremaux_tools.knowledge.MAX_TOLD", 10)
    await service.remember(tmp_path, "x", "note", "long enough already")
    with pytest.raises(BadArgument, match="more than 10"):
        await service.remember(tmp_path, "x", "note", "eleven char")


async def test_a_search_keeps_to_the_kind_asked_for(service: Knowledge, tmp_path: Path) -> None:
    await service.remember(tmp_path, "cache", "service", "Keeps pages.")
    await service.remember(tmp_path, "stale", "note", "Pages went stale.")

    assert await names(service, "pages", "note") == ["stale"]
    assert await names(service, "pages", "unheard of") == []


@pytest.mark.parametrize("query", ["", "the", '"', "NEAR(a b", "* OR *", "\x00\x1b", "\ud800", "a" * 10_000])
async def test_any_query_has_an_answer(service: Knowledge, tmp_path: Path, query: str) -> None:
    await service.remember(tmp_path, "cache", "note", "Keeps pages.")

    assert await service.search(query) == []


async def test_a_match_is_bounded(service: Knowledge, tmp_path: Path) -> None:
    await service.remember(tmp_path, "long", "note", "word " * 3_000)
    (match,) = await service.search("word")

    assert len(match.text) == MAX_TEXT


@pytest.mark.parametrize("limit", [0, -1, MAX_MATCHES + 1])
async def test_a_limit_that_makes_no_sense_is_refused(service: Knowledge, limit: int) -> None:
    with pytest.raises(BadArgument, match="limit"):
        await service.search("x", limit=limit)


@pytest.mark.parametrize("depth", [-1, 4])
async def test_a_depth_that_makes_no_sense_is_refused(service: Knowledge, depth: int) -> None:
    with pytest.raises(BadArgument, match="depth"):
        await service.get("x", depth=depth)


async def test_relevance_alone_orders_what_is_found(service: Knowledge, database: Database, tmp_path: Path) -> None:
    await service.remember(tmp_path, "a", FINDING, "Tokens expire; sessions, pages and carts are told of elsewhere.")
    await learn(database, "finding:b", "Tokens expire.")

    assert await names(service, "tokens expire") == ["finding:b", "a"]


async def test_forgetting_takes_all_that_hangs_on_an_entity(
    service: Knowledge, database: Database, tmp_path: Path
) -> None:
    before = await service.stats()
    await service.remember(tmp_path, "redis", "service", "Keeps sessions.")
    await service.remember(tmp_path, "redis", "service", "Runs at night.")
    await service.remember(tmp_path, "web", "service", "Pages.", [("needs", "redis")])
    forgotten = await service.forget(" redis ")

    assert (forgotten.name, forgotten.observations, forgotten.relations, forgotten.evidence) == ("redis", 2, 1, 0)
    assert await names(service, "sessions") == []
    assert (await service.get("web")).relations == ()
    assert await index_fits(database)
    await service.forget("web")
    assert await service.stats() == before


async def test_what_was_forgotten_and_is_told_again_starts_anew(service: Knowledge, tmp_path: Path) -> None:
    for content in ("First.", "Second."):
        await service.remember(tmp_path, "x", "note", content)
    await service.forget("x")
    again = await service.remember(tmp_path, "x", "another kind", "Third.")

    assert again.is_new
    assert (await service.get("x")).entity.observations == ()


async def test_duplicates_are_told_before_they_are_merged(
    service: Knowledge, database: Database, tmp_path: Path
) -> None:
    await service.remember(tmp_path, "mine", FINDING, CART)
    await service.remember(tmp_path, "yours", FINDING, CART_AGAIN)
    await service.remember(tmp_path, "other", PITFALL, CART)
    await service.remember(tmp_path, "note", "note", CART)
    expected = [Duplicates(FINDING, CART, "mine", ("yours",))]

    assert await service.duplicates() == expected
    assert (await service.get("yours")).status == "candidate"
    assert await service.merge_duplicates() == expected
    assert await service.merge_duplicates() == await service.duplicates() == []
    assert set(await names(service, "cart", FINDING)) == {"mine"}
    assert (await service.get("yours")).status == "retired"
    assert await index_fits(database)


async def test_what_is_told_of_a_merged_learning_goes_to_its_heir(service: Knowledge, tmp_path: Path) -> None:
    await service.remember(tmp_path, "mine", FINDING, CART)
    await service.remember(tmp_path, "yours", FINDING, CART_AGAIN)
    await service.merge_duplicates()
    told = await service.remember(tmp_path, "yours", FINDING, "With vouchers, too.")
    with pytest.raises(BadArgument, match="are one"):
        await service.remember(tmp_path, "yours", FINDING, "", [("like", "mine")])

    assert (told.name, told.is_new) == ("mine", False)
    assert await names(service, "vouchers") == ["mine"]


async def test_the_learning_with_the_most_proofs_is_kept(
    service: Knowledge, database: Database, tmp_path: Path
) -> None:
    await service.remember(tmp_path, "mine", FINDING, CART)
    await service.remember(tmp_path, "proven", FINDING, CART_AGAIN)
    async with database.transaction() as connection:
        row = await entities.get(connection, "proven")
        assert row
        await connection.execute(
            "INSERT INTO report (project_id, task, tools_used, verdict, quality_score, body, learned, output_bytes,"
            " client, agent, filed_at) VALUES (1, '', '[]', 'passed', 90, '{}', '{}', 0, '', '', 1.0)"
        )
        await connection.execute("INSERT INTO evidence VALUES (?, 1, 'learned', 1.0)", (row.entity_id,))

    assert [group.keep for group in await service.merge_duplicates()] == ["proven"]
    assert (await service.get("proven")).proofs == (1,)


@pytest.mark.parametrize(("kept", "dropped"), [(2.0, 1.0), (1.0, 2.0)])
async def test_of_two_words_on_one_task_the_person_s_is_kept_when_learnings_are_merged(
    service: Knowledge, database: Database, tmp_path: Path, kept: float, dropped: float
) -> None:
    await service.remember(tmp_path, "mine", FINDING, CART)
    await service.remember(tmp_path, "yours", FINDING, CART_AGAIN)
    async with database.transaction() as connection:
        for name, weight in (("mine", kept), ("yours", dropped)):
            row = await entities.get(connection, name)
            assert row
            outcome = Outcome(
                entity_id=row.entity_id, project_id=1, source="recommendation-1", kind="rated", passed=weight == 1,
                weight=weight,
            )  # fmt: skip
            await outcomes.put(connection, [outcome], at=1.0)
    await service.merge_duplicates()

    async with database.snapshot() as connection:
        found = await connection.execute_fetchall("SELECT passed, weight FROM outcome")
    assert [tuple(row) for row in found] == [(0, 2.0)]


async def test_the_graph_is_counted(service: Knowledge, database: Database, tmp_path: Path) -> None:
    await learn(database, "finding:1", CART)
    await service.remember(tmp_path, "web", "service", "Pages.", [("like", "finding:1")])
    await service.remember(tmp_path, "web", "service", "More pages.")
    stats = await service.stats()

    assert stats.entities == {FINDING: 1, PROJECT: 1, "service": 1}
    assert stats.relations == {LEARNED_IN: 1, "like": 1}
    assert (stats.observations, stats.documents, stats.retired, stats.proofs) == (1, 3, 0, 0)
    assert stats.hubs[0] == ("finding:1", 2)


async def test_tools_are_not_counted_among_the_learnings(service: Knowledge, database: Database) -> None:
    entities_ = (
        Entity("finding:1", FINDING, CART, category="decision"),
        Entity("pitfall:1", PITFALL, "Sums.", category="pattern"),
        Entity("tool:pytest", "tool", "pytest", category="tool_usage"),
    )
    async with database.transaction() as connection:
        project_id = await goals.put_project(connection, "/p", at=1.0)
        await knowledge.add(connection, Graph(entities_, ()), project_id=project_id, report_id=None, at=1.0)

    assert (await service.stats()).learnings == {"decision": 1, "pattern": 1}


async def test_many_tasks_may_remember_at_once(service: Knowledge, database: Database, tmp_path: Path) -> None:
    new: list[bool] = []

    async def tell(number: int) -> None:
        remembered = await service.remember(tmp_path, f"note {number % 10}", "note", f"said {number}")
        new.append(remembered.is_new)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for number in range(200):
                group.start_soon(tell, number)

    assert new.count(True) == 10
    for number in range(10):
        entity = (await service.get(f"note {number}")).entity
        assert {entity.body, *entity.observations} == {f"said {said}" for said in range(number, 200, 10)}
    assert await index_fits(database)


async def test_two_processes_may_remember_the_same_name_at_once(service: Knowledge, database: Database) -> None:
    async def write(who: str) -> None:
        done = await anyio.run_process([sys.executable, "-c", WRITER, str(database.path), who])
        assert done.returncode == 0

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for who in ("one", "two"):
                group.start_soon(write, who)
    entity = (await service.get("shared")).entity

    assert {entity.body, *entity.observations} == {
        f"{who} says {number}" for who in ("one", "two") for number in range(20)
    }
    assert await index_fits(database)
