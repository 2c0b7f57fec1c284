"""What tasks teach, as rows: found again, proven, merged and learnt anew."""

import pytest

from tremaux_tools.core.knowledge import (
    FINDING,
    LEARNED_IN,
    PITFALL,
    PROJECT,
    SUPERSEDES,
    TASK,
    Entity,
    Graph,
    Learned,
    Relation,
)
from tremaux_tools.store import documents, entities, goals, knowledge, merging, outcomes, relations
from tremaux_tools.store.database import Database
from tremaux_tools.store.outcomes import Outcome

pytestmark = pytest.mark.anyio
PLACE = Entity("project:/p", PROJECT, "/p")
CART = "The cart summed the prices before the discount."
CART_AGAIN = "cart summed prices before discount"
REPORT = """
    INSERT INTO report (project_id, job_id, task, tools_used, verdict, quality_score, body, learned, output_bytes,
                        client, agent, filed_at)
    VALUES (?, ?, '', '[]', 'passed', 90, '{}', '{}', 0, '', '', 1.0) RETURNING report_id"""
JOB = """
    INSERT INTO job (project, command, nonce, directory, log, status, started_at)
    VALUES ('/p', 'true', '', '', '', 'running', 1.0) RETURNING job_id"""


def finding(name: str, body: str, *observations: str, kind: str = FINDING) -> Entity:
    return Entity(name, kind, body, body, observations, "decision")


async def learn(
    database: Database, *learnings: Entity, report: int | None = None, place: Entity = PLACE, at: float = 1.0
) -> Learned:
    edges = tuple(Relation(learning.name, LEARNED_IN, place.name) for learning in learnings)
    async with database.transaction() as connection:
        project_id = await goals.put_project(connection, place.title, at=at)
        graph = Graph((place, *learnings), edges)
        return await knowledge.add(connection, graph, project_id=project_id, report_id=report, at=at)


async def file_report(database: Database, *, of_job: int | None = None) -> int:
    async with database.transaction() as connection:
        project_id = await goals.put_project(connection, "/p", at=1.0)
        ((report_id,),) = await connection.execute_fetchall(REPORT, (project_id, of_job))
        return int(report_id)


async def start_job(database: Database) -> int:
    async with database.transaction() as connection:
        ((job_id,),) = await connection.execute_fetchall(JOB)
        return int(job_id)


async def row(database: Database, name: str) -> entities.Row:
    async with database.snapshot() as connection:
        found = await entities.get(connection, name)
    assert found
    return found


async def proofs(database: Database, name: str) -> list[int]:
    entity_id = (await row(database, name)).entity_id
    async with database.snapshot() as connection:
        return await entities.proofs(connection, entity_id, limit=100)


async def told(database: Database, name: str) -> list[str]:
    entity_id = (await row(database, name)).entity_id
    async with database.snapshot() as connection:
        return await entities.observations(connection, entity_id)


async def edges(database: Database, name: str) -> set[tuple[str, str, str]]:
    entity_id = (await row(database, name)).entity_id
    async with database.snapshot() as connection:
        found = await relations.of(connection, entity_id, limit=100)
    return {(edge.source, edge.type, edge.target) for edge in found}


async def finds(database: Database, word: str) -> set[int]:
    async with database.snapshot() as connection:
        return {entity_id for entity_id, _ in await documents.search(connection, f'"{word}"', kinds=(), limit=100)}


async def index_fits(database: Database) -> bool:
    async with database.transaction() as connection:
        return await documents.fits(connection)


async def merge(database: Database, keep: str, drop: str) -> bool:
    async with database.transaction() as connection:
        known = {learning.name: learning async for learning in merging.learnings(connection)}
        return await merging.merge(connection, known[keep], known[drop], at=9.0)


async def test_what_was_learnt_is_found_by_body_observations_and_parts_of_names(database: Database) -> None:
    await learn(database, finding("finding:1", "The priceTable was stale.", "seen at midnight"))
    entity_id = (await row(database, "finding:1")).entity_id

    for word in ("stale", "midnight", "table"):
        assert await finds(database, word) == {entity_id}
    assert await index_fits(database)


async def test_a_new_observation_is_found_too(database: Database) -> None:
    await learn(database, finding("finding:1", CART))
    await learn(database, finding("finding:1", CART, "only with vouchers"), at=2.0)
    found = await row(database, "finding:1")

    assert await finds(database, "vouchers") == {found.entity_id}
    assert (found.created_at, found.updated_at, found.category) == (1.0, 2.0, "decision")


async def test_an_entity_gets_the_category_that_it_had_not(database: Database) -> None:
    await learn(database, Entity("finding:1", FINDING, CART, CART))
    await learn(database, finding("finding:1", CART))

    assert (await row(database, "finding:1")).category == "decision"


@pytest.mark.parametrize("kind", [FINDING, PITFALL])
async def test_a_report_proves_findings_and_pitfalls(database: Database, kind: str) -> None:
    report = await file_report(database)
    learned = await learn(database, finding(f"{kind}:1", CART, kind=kind), report=report)

    assert await proofs(database, f"{kind}:1") == [report]
    assert learned.learnings == (f"{kind}:1",)


async def test_a_task_without_a_report_teaches_without_a_proof(database: Database) -> None:
    learned = await learn(database, finding("finding:1", CART))

    assert learned.learnings_stored == 1
    assert await proofs(database, "finding:1") == []


async def test_other_words_for_a_known_finding_prove_that_one(database: Database) -> None:
    reports = [await file_report(database) for _ in range(2)]
    await learn(database, finding("finding:1", CART), report=reports[0])
    again = await learn(database, finding("finding:2", CART_AGAIN), report=reports[1])

    assert (again.learnings_stored, again.learnings) == (0, ("finding:1",))
    assert await proofs(database, "finding:1") == reports[::-1]
    assert await told(database, "finding:1") == [CART_AGAIN]
    async with database.snapshot() as connection:
        assert await entities.get(connection, "finding:2") is None


async def test_a_finding_known_from_another_project_belongs_to_both(database: Database) -> None:
    await learn(database, finding("finding:1", CART))
    await learn(database, finding("finding:2", CART_AGAIN), place=Entity("project:/q", PROJECT, "/q"))

    assert await edges(database, "finding:1") == {
        ("finding:1", LEARNED_IN, "project:/p"),
        ("finding:1", LEARNED_IN, "project:/q"),
    }


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(finding("finding:2", CART.replace("before", "after")), id="another meaning"),
        pytest.param(finding("pitfall:2", CART_AGAIN, kind=PITFALL), id="another kind"),
    ],
)
async def test_what_only_looks_like_a_known_finding_is_learnt(database: Database, other: Entity) -> None:
    await learn(database, finding("finding:1", CART))
    learned = await learn(database, other)

    assert learned.learnings == (other.name,)


async def test_words_that_only_a_forgotten_or_retired_finding_had_are_learnt_anew(database: Database) -> None:
    await learn(database, finding("finding:1", CART))
    async with database.transaction() as connection:
        await entities.forget(connection, (await entities.get(connection, "finding:1")).entity_id)  # type: ignore[union-attr]
    learned = await learn(database, finding("finding:2", CART_AGAIN))

    assert learned.learnings == ("finding:2",)
    assert await index_fits(database)


async def test_a_merged_finding_leaves_all_to_the_one_that_supersedes_it(database: Database) -> None:
    reports = [await file_report(database) for _ in range(2)]
    await learn(database, finding("finding:1", "a"), report=reports[0])
    await learn(database, finding("finding:2", "b", "seen twice"), report=reports[1], place=Entity("task:1", TASK, "t"))
    dropped = (await row(database, "finding:2")).entity_id

    assert await merge(database, "finding:1", "finding:2")
    assert await told(database, "finding:1") == ["b", "seen twice"]
    assert await proofs(database, "finding:1") == reports[::-1]
    assert await edges(database, "finding:1") == {
        ("finding:1", LEARNED_IN, "project:/p"),
        ("finding:1", LEARNED_IN, "task:1"),
        ("finding:1", SUPERSEDES, "finding:2"),
    }
    assert (await row(database, "finding:2")).status == "retired"
    assert dropped not in await finds(database, "twice")
    assert await index_fits(database)


async def test_a_superseded_finding_that_is_learnt_again_proves_its_heir(database: Database) -> None:
    for number, body in enumerate("abc", 1):
        await learn(database, finding(f"finding:{number}", body))
    await merge(database, "finding:2", "finding:3")
    await merge(database, "finding:1", "finding:2")
    report = await file_report(database)
    learned = await learn(database, finding("finding:3", "c", "and again"), report=report)

    assert learned.learnings == ("finding:1",)
    assert await proofs(database, "finding:1") == [report]
    assert "and again" in await told(database, "finding:1")


async def test_two_reports_of_one_job_are_one_proof_after_a_merge(database: Database) -> None:
    job = await start_job(database)
    first, second = [await file_report(database, of_job=job) for _ in range(2)]
    await learn(database, finding("finding:1", "a"), report=first)
    await learn(database, finding("finding:2", "b"), report=second)

    await merge(database, "finding:1", "finding:2")

    assert await proofs(database, "finding:1") == [first]


async def test_outcomes_of_both_are_added_up_and_the_same_task_counts_once(database: Database) -> None:
    await learn(database, finding("finding:1", "a"), finding("finding:2", "b"))
    one, other = [(await row(database, name)).entity_id for name in ("finding:1", "finding:2")]
    seen = [
        (one, "recommendation-1", "shown", False, 0.3),
        (other, "recommendation-1", "rated", True, 2.0),
        (other, "recommendation-2", "used", True, 1.0),
    ]
    async with database.transaction() as connection:
        project_id = await goals.put_project(connection, "/p", at=1.0)
        logged = [
            Outcome(entity_id=entity, project_id=project_id, source=source, kind=kind, passed=passed, weight=weight)  # type: ignore[arg-type]
            for entity, source, kind, passed, weight in seen
        ]
        await outcomes.put(connection, logged, at=1.0)

    await merge(database, "finding:1", "finding:2")

    async with database.snapshot() as connection:
        tallies = await outcomes.tallies(connection, [one, other])
    assert set(tallies) == {one}
    ((_, tally),) = tallies[one]
    assert (tally.helped, tally.hurt) == (3.0, 0.0)


async def test_what_was_merged_meanwhile_is_not_merged_again(database: Database) -> None:
    await learn(database, finding("finding:1", "a"), finding("finding:2", "b"))
    async with database.transaction() as connection:
        one, other = [learning async for learning in merging.learnings(connection)]
        await merging.merge(connection, one, other, at=2.0)

        assert not await merging.merge(connection, other, one, at=3.0)


async def test_a_forgotten_finding_takes_those_along_that_it_superseded(database: Database) -> None:
    await learn(database, finding("finding:1", "a"), finding("finding:2", "b"))
    await merge(database, "finding:1", "finding:2")
    async with database.transaction() as connection:
        await entities.forget(connection, (await entities.get(connection, "finding:1")).entity_id)  # type: ignore[union-attr]
    learned = await learn(database, finding("finding:2", "b"))

    assert (learned.learnings_stored, (await row(database, "finding:2")).status) == (1, "active")
    assert await told(database, "finding:2") == []


async def test_a_learning_outlives_the_reports_that_proved_it(database: Database) -> None:
    report = await file_report(database)
    await learn(database, finding("finding:1", CART), report=report)
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM report")

    assert await proofs(database, "finding:1") == []
    assert await finds(database, "discount") == {(await row(database, "finding:1")).entity_id}


async def test_an_entity_takes_no_more_than_it_has_room_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entities, "MAX_TOLD", 10)
    await learn(database, finding("finding:1", "a"))
    await learn(database, finding("finding:1", "a", "12345678", "too long", "90"))

    assert await told(database, "finding:1") == ["12345678", "90"]
