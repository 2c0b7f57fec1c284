"""Whatever process dies, a ticket is run once at a time, and its worker is found again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from tests.dispatch.conftest import PATIENCE, Process, new, settled
from tests.driver import ServerProcess

pytestmark = pytest.mark.anyio


def slow(project: Path) -> str:
    """A worker that says when it begins, waits to be let go, and then writes its token."""
    return f"echo begun >>{project}/begun; while [ ! -e {project}/go ]; do sleep 0.05; done; echo t >>{project}/tokens"


async def until_begun(project: Path) -> None:
    with anyio.fail_after(PATIENCE):
        while not (project / "begun").exists():
            await anyio.sleep(0.02)


def written(project: Path, name: str) -> int:
    return len((project / name).read_text().split())


def update(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement)


async def test_a_worker_goes_on_when_its_server_leaves_and_another_one_sees_it_through(
    process: Process, project: Path
) -> None:
    async with process() as first:
        await first.tickets.spawn(project, [new(id="t", command=slow(project))])
        await until_begun(project)
    (project / "go").touch()
    async with process() as second:
        await second.tickets.list(project)
        ticket = await settled(second, project, "t")

    assert (ticket.status, ticket.run and ticket.run.epoch) == ("completed", 1)
    assert (written(project, "begun"), written(project, "tokens")) == (1, 1)


async def test_a_worker_goes_on_when_its_server_is_killed_and_another_one_sees_it_through(
    process: Process, project: Path, tmp_path: Path
) -> None:
    def hand_over() -> ServerProcess:
        server = ServerProcess.tremaux(tmp_path / "state" / "t.db", tmp_path, "--toolsets", "tickets")
        server.handshake()
        server.call(
            "spawn_ticket", id="t", description="d", command=slow(project), place="process", project=str(project)
        )
        return server

    server = await anyio.to_thread.run_sync(hand_over)
    await until_begun(project)
    await anyio.to_thread.run_sync(server.kill)
    (project / "go").touch()
    async with process() as second:
        await second.tickets.list(project)
        ticket = await settled(second, project, "t")

    assert (ticket.status, ticket.run and ticket.run.epoch) == ("completed", 1)
    assert (written(project, "begun"), written(project, "tokens")) == (1, 1)


async def test_a_run_that_its_process_did_not_get_to_begin_is_begun_again(process: Process, project: Path) -> None:
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="t", command="true")])
        database = app.settings.database
    update(
        database,
        "INSERT INTO run (ticket_id, epoch, nonce, state, place, owner, lease_until)"
        " VALUES (1, 1, 'never', 'starting', 'process', '4194304@dead', 9e9)",
    )
    update(database, "UPDATE ticket SET status = 'in_progress', run_id = 1")
    async with process() as app:
        await app.tickets.list(project)
        ticket = await settled(app, project, "t")

    assert (ticket.status, ticket.loss_count, ticket.run and ticket.run.epoch) == ("completed", 1, 2)


async def test_a_server_that_lost_its_lease_settles_nothing_any_more(process: Process, project: Path) -> None:
    async with process() as first, process() as second:
        await first.tickets.spawn(project, [new(id="t", command=slow(project))])
        await until_begun(project)
        await second.tickets.list(project)
        # As if the first had slept: its process lives, and its lease is over. In a thread, as one of the two may be
        # in the middle of a transaction, which the loop has to end.
        lost = "UPDATE run SET owner = 'somebody@else', lease_until = 0"
        await anyio.to_thread.run_sync(update, first.settings.database, lost)
        (project / "go").touch()
        ticket = await settled(second, project, "t")
        resumed = await second.journal.resume(project, ticket.goal_name)
        events = (await second.tickets.history(project, "t")).events

    assert (ticket.status, written(project, "tokens"), resumed.attempts) == ("completed", 1, 1)
    assert [event.new for event in events if event.old != event.new] == ["ready", "in_progress", "completed"]
