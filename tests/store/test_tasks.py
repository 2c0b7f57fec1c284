"""Finished tasks, rates and traits as rows."""

from dataclasses import replace

import aiosqlite
import pytest

from tremaux_tools.core.confidence import RECENT_TASKS
from tremaux_tools.core.skills.task import FinishedTask, Verdict
from tremaux_tools.store import goals, tasks
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
TASK = FinishedTask(
    name="job-1",
    project="/p",
    prompt="fix the cart",
    verdict="passed",
    tools=("pytest", "git"),
    duration=2.5,
    summary="Summed after the discount.",
    status="done",
    finished_at=7.0,
)


async def keep(connection: aiosqlite.Connection, *finished: FinishedTask) -> None:
    for task in finished:
        project_id = await goals.put_project(connection, task.project, at=0.0)
        await tasks.put(connection, task, project_id=project_id)


def judged(project: str, verdicts: list[Verdict], *, at: float = 0.0) -> list[FinishedTask]:
    return [
        replace(TASK, project=project, name=f"{at}-{number}", verdict=verdict, finished_at=at + number)
        for number, verdict in enumerate(verdicts)
    ]


async def test_a_task_is_read_as_it_was_kept(database: Database) -> None:
    unknown = replace(TASK, name="report-2", duration=None, tools=(), summary="", status="", finished_at=8.0)
    async with database.transaction() as writer:
        await keep(writer, TASK, unknown)
    async with database.snapshot() as reader:
        found = await tasks.newest(reader, project="/p", limit=9)

    assert found == [unknown, TASK]


async def test_a_task_of_the_same_name_is_replaced_in_its_project_only(database: Database) -> None:
    other, again = replace(TASK, project="/q"), replace(TASK, verdict="failed", summary="no", finished_at=9.0)
    async with database.transaction() as writer:
        await keep(writer, TASK, other, again)
    async with database.snapshot() as reader:
        found = await tasks.newest(reader, project=None, limit=9)

    assert found == [again, other]


async def test_the_newest_tasks_are_those_that_ended_last(database: Database) -> None:
    ended = [replace(TASK, name=f"job-{at}", finished_at=at) for at in (3.0, 9.0, 1.0)]
    async with database.transaction() as writer:
        await keep(writer, *ended)
    async with database.snapshot() as reader:
        found = await tasks.newest(reader, project=None, limit=2)
        stranger = await tasks.newest(reader, project="/nowhere", limit=2)

    assert ([task.finished_at for task in found], stranger) == ([9.0, 3.0], [])


async def test_a_rate_is_of_the_last_tasks_with_a_verdict(database: Database) -> None:
    own = judged("/p", [*["failed"] * 30, *["passed"] * RECENT_TASKS, "failed", *["uncertain"] * 99])
    async with database.transaction() as writer:
        await keep(writer, *own, *judged("/q", ["failed"] * 9, at=500.0))
    async with database.snapshot() as reader:
        here, everywhere = await tasks.rates(reader, 1)

    assert here == (RECENT_TASKS - 1, RECENT_TASKS)
    assert everywhere == (RECENT_TASKS - 10, RECENT_TASKS)


async def test_nothing_is_known_of_a_project_without_tasks(database: Database) -> None:
    async with database.snapshot() as reader:
        assert await tasks.rates(reader, 1) == ((0, 0), (0, 0))


@pytest.mark.parametrize("statement", [tasks._RATE_OF, tasks._RATE], ids=["of a project", "of all"])
async def test_a_rate_is_read_along_an_index_without_sorting(database: Database, statement: str) -> None:
    async with database.snapshot() as reader:
        values = {"project_id": 1, "limit": 50}
        rows = await reader.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}", values)
    plan = "\n".join(row[3] for row in rows)

    assert "SCAN task USING INDEX judged_task" in plan or "SEARCH task USING INDEX judged_task" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("statement", [tasks._NEWEST_OF, tasks._NEWEST], ids=["of a project", "of all"])
async def test_the_newest_tasks_are_found_without_sorting(database: Database, statement: str) -> None:
    async with database.snapshot() as reader:
        rows = await reader.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}", {"project": "/p", "limit": 50})
    plan = "\n".join(row[3] for row in rows)

    assert "USING INDEX task_by" in plan
    assert "TEMP B-TREE" not in plan


async def test_traits_of_a_project_add_up_to_a_bound(database: Database) -> None:
    async with database.transaction() as writer:
        for project in ("/p", "/q", "/r"):
            await goals.put_project(writer, project, at=0.0)
        await tasks.put_traits(writer, 1, {"pytest", "python"})
        await tasks.put_traits(writer, 1, {"pytest", "git"})
        await tasks.put_traits(writer, 2, {f"tool{at:03}" for at in range(tasks.MAX_TRAITS + 9)})
    async with database.snapshot() as reader:
        known = await tasks.traits(reader, [1, 2, 3])

    assert known[1] == {"pytest", "python", "git"}
    assert len(known[2]) == tasks.MAX_TRAITS
    assert known[3] == frozenset()


async def test_a_report_that_is_pruned_leaves_its_task(database: Database) -> None:
    async with database.transaction() as writer:
        await keep(writer, TASK)
        await writer.execute(
            "INSERT INTO report (report_id, project_id, task, tools_used, verdict, quality_score, body, learned,"
            " output_bytes, client, agent, filed_at) VALUES (5, 1, '', '[]', 'passed', 1, '{}', '{}', 0, '', '', 0)"
        )
        await keep(writer, replace(TASK, report_id=5))
        await writer.execute("DELETE FROM report")
    async with database.snapshot() as reader:
        (found,) = await tasks.newest(reader, project=None, limit=9)

    assert found == TASK
