import pytest

from tremaux_tools.core.postflight.report import Learning
from tremaux_tools.core.skills.learning import graph_of
from tremaux_tools.core.skills.task import FinishedTask
from tremaux_tools.store import goals, tasks
from tremaux_tools.store.database import Database
from tremaux_tools.teaching import teach

pytestmark = pytest.mark.anyio
TASK = FinishedTask(name="t-1", project="/p", prompt="fix the cache", verdict="passed", tools=("pytest",))
GRAPH = graph_of(TASK, [Learning("fix", "evict the oldest entry")])


async def test_a_task_without_a_report_teaches_and_proves_nothing(database: Database) -> None:
    async with database.transaction() as connection:
        project_id = await goals.put_project(connection, "/p", at=0.0)
        learned = await teach(
            connection, TASK, GRAPH, traits=frozenset({"pytest"}), report_id=None, project_id=project_id, at=1.0
        )
    async with database.snapshot() as connection:
        ((proofs,),) = await connection.execute_fetchall("SELECT count(*) FROM evidence")
        kept = await tasks.newest(connection, project="/p", limit=9)

    assert (learned.learnings_stored, learned.skills) == (1, ("evict the oldest entry", "pytest"))
    assert (kept, proofs) == ([TASK], 0)
