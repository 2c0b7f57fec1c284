"""What a person decides holds, whatever the engine is about at that moment."""

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from tests import processes
from tests.dispatch.conftest import PATIENCE, Process, new, obedient, settled, trusted_workers, until_written

from tremaux_server.app import App
from tremaux_tools.core.tickets.lifecycle import Decision

pytestmark = pytest.mark.anyio
LEFT_BEHIND = (
    """INSERT INTO run (ticket_id, epoch, nonce, state, place, owner, lease_until, stopping)
    VALUES (1, 1, 'never', 'starting', 'process', '4194304@dead', 0, 'budget')""",
    "UPDATE ticket SET status = 'in_progress', reason = 'over budget', run_id = 1",
)


async def test_a_ticket_that_was_paused_before_it_began_runs_once_it_is_approved(app: App, project: Path) -> None:
    await trusted_workers(app, project, obedient(output="claude") + "[budgets.goal]\ntokens = 1000\n")
    for name in ("first", "second"):
        orders = "worker: usage 900 200"
        await app.tickets.spawn(project, [new(id=name, description=orders, runner="obedient", goal="g")])
        ticket = await settled(app, project, name)
    approved = await app.tickets.decide(project, "second", "approve")
    done = await settled(app, project, "second")

    assert (ticket.status, ticket.run) == ("awaiting_approval", None)
    assert "the budget of the goal 'g' is spent" in ticket.reason
    assert (approved.grants, done.status) == (1, "completed")


@pytest.mark.parametrize(("decision", "status"), [("cancel", "cancelled"), ("block", "blocked")])
async def test_a_person_decides_also_about_a_run_that_is_just_being_paused(
    process: Process, project: Path, decision: Decision, status: str
) -> None:
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="t", command="true")])
        with closing(sqlite3.connect(app.settings.database)) as connection, connection:
            for statement in LEFT_BEHIND:
                connection.execute(statement)
        async with anyio.create_task_group() as tasks, process() as other:
            tasks.start_soon(lambda: app.tickets.decide(project, "t", decision, reason="enough"))
            with anyio.fail_after(PATIENCE):
                while (await app.tickets.get(project, "t")).reason != "enough":
                    await anyio.sleep(0.01)
            await other.tickets.list(project)  # it begins to dispatch
            ticket = await settled(other, project, "t")

    assert (ticket.status, ticket.reason) == (status, "enough")


async def test_a_ticket_in_step_mode_that_is_retried_before_its_turn_still_asks(app: App, project: Path) -> None:
    go = project / "go"
    graph = [new(id="a", command=f"while [ ! -e {go} ]; do sleep 0.05; done")]
    await app.tickets.spawn(project, [*graph, new(id="b", command="true", depends_on=("a",), step_mode=True)])
    await app.tickets.decide(project, "b", "cancel")
    await app.tickets.decide(project, "b", "retry")
    go.touch()
    ticket = await settled(app, project, "b")

    assert (ticket.status, ticket.run) == ("awaiting_approval", None)


async def test_a_cancelled_run_that_never_began_tells_nothing_but_that(process: Process, project: Path) -> None:
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="t", command="true")])
        with closing(sqlite3.connect(app.settings.database)) as connection, connection:
            for statement in LEFT_BEHIND:
                connection.execute(statement.replace("'budget'", "'cancel'").replace("'over budget'", "''"))
    async with process() as app:
        await app.tickets.list(project)
        ticket = await settled(app, project, "t")

    assert (ticket.status, ticket.reason) == ("cancelled", "cancelled")


async def test_a_worker_is_ended_also_while_no_process_runs_tickets(process: Process, project: Path) -> None:
    pid_file = project / "pid"
    async with process() as app:
        await app.tickets.spawn(project, [new(id="t", command=f"echo $$ >{pid_file}; sleep 300")])
        pid = int(await until_written(pid_file))
    async with process(dispatches=False) as app:
        await app.tickets.decide(project, "t", "cancel", reason="enough")
        is_alive = processes.is_alive(pid)
    async with process() as app:
        await app.tickets.list(project)
        ticket = await settled(app, project, "t")

    assert not is_alive
    assert (ticket.status, ticket.reason) == ("cancelled", "enough")


async def test_a_worker_that_was_done_before_its_budget_stopped_it_has_completed_its_ticket(
    process: Process, project: Path
) -> None:
    begun, go, done = (project / name for name in ("begun", "go", "done"))
    command = f"echo b >{begun}; while [ ! -e {go} ]; do sleep 0.05; done; echo d >{done}"
    async with process() as app:
        await app.tickets.spawn(project, [new(id="t", command=command)])
        await until_written(begun)
    with closing(sqlite3.connect(app.settings.database)) as connection, connection:
        connection.execute("UPDATE run SET stopping = 'budget'")
    go.touch()
    await until_written(done)
    async with process() as app:
        await app.tickets.list(project)
        ticket = await settled(app, project, "t")

    assert ticket.status == "completed"
