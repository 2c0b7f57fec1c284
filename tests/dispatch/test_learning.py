"""Workers are told what helped before, and how they end counts for it."""

from pathlib import Path

import pytest
from tests.dispatch.conftest import Ran, obedient, trusted_workers

from tremaux_server.app import App
from tremaux_tools.core.skills.new_task import NewTask

pytestmark = pytest.mark.anyio
TASK = "unlock the sqlite job queue"
LESSON = "Chose BEGIN IMMEDIATE instead of BEGIN for writers."
PITFALL = "Raised the busy timeout; the queue stayed locked."


@pytest.fixture
async def taught(app: App, project: Path) -> None:
    """What two tasks left behind: one that passed and one that failed."""
    done = NewTask(task_id="a", prompt=TASK, result_summary=LESSON, qa_passed=True)
    failed = NewTask(task_id="b", prompt=TASK, result_summary=PITFALL, qa_passed=False)
    for task in (done, failed):
        await app.skills.record(project, task, {})


@pytest.mark.usefixtures("taught")
@pytest.mark.parametrize(("order", "status", "passed"), [("say fine", "completed", True), ("exit 1", "failed", False)])
async def test_a_worker_reads_what_helped_and_its_end_counts_for_it(
    app: App, project: Path, ran: Ran, order: str, status: str, passed: bool
) -> None:
    await trusted_workers(app, project, obedient())
    prompt = project / "prompt.txt"

    ticket = await ran(
        description=f"{TASK}\nworker: prompt {prompt}\nworker: {order}", runner="obedient", max_retries=0, id="t"
    )

    assert ticket.status == status
    assert LESSON in prompt.read_text()
    assert PITFALL in prompt.read_text()
    trace = await app.skills.trace(1)
    assert trace.verdict == ("passed" if passed else "failed")
    assert ticket.run is not None
    assert trace.report_id == ticket.run.report_id
    again = await app.skills.recommend(project, TASK)
    sure = next(item.confidence for item in again.items if item.text.startswith(LESSON))
    assert sure.evidence == pytest.approx(0.3, abs=0.01)
    assert (sure.mean > 0.6) == passed


@pytest.mark.usefixtures("taught")
async def test_a_run_that_waits_for_a_person_says_nothing_of_what_it_was_shown(
    app: App, project: Path, ran: Ran
) -> None:
    await trusted_workers(app, project, obedient())
    description = f"{TASK}\nworker: say BLOCKED: which queue?"

    ticket = await ran(description=description, runner="obedient", max_retries=0, id="t")

    assert ticket.status == "blocked"
    assert (await app.skills.trace(1)).verdict is None


@pytest.mark.usefixtures("taught")
async def test_what_helps_with_a_task_is_not_judged_by_a_command_that_is_told_nothing(
    app: App, project: Path, ran: Ran
) -> None:
    before = await app.skills.recommend(project, TASK)

    ticket = await ran(description=TASK, command="exit 1", max_retries=0)
    after = await app.skills.recommend(project, TASK)

    assert ticket.status == "failed"
    assert after.recommendation_id == before.recommendation_id + 1
    assert [item.confidence.evidence for item in after.items] == [item.confidence.evidence for item in before.items]
