"""What goes wrong with one ticket, project or folder harms no other, and is put right or told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from tests.dispatch.conftest import PATIENCE, Process, new, obedient, settled, trusted_workers

from tremaux_tools.errors import StateCorrupt

pytestmark = pytest.mark.anyio


async def test_settings_that_broke_meanwhile_block_their_own_tickets_and_no_others(
    process: Process, project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="t", command="true", worktree=False)])
        await app.tickets.spawn(other, [new(id="t", command="true", worktree=False)])
    (project / "tremaux.toml").write_text("[budgets\n")
    async with process() as app:
        await app.tickets.list(project)
        blocked = await settled(app, project, "t")
        completed = await settled(app, other, "t")

    assert (blocked.status, completed.status) == ("blocked", "completed")
    assert "tremaux.toml" in blocked.reason


async def test_settings_that_break_while_a_worker_runs_keep_their_old_budgets(process: Process, project: Path) -> None:
    budget = "[budgets.day]\ntokens = 1000\n"
    async with process() as app:
        await trusted_workers(app, project, obedient(output="claude") + budget)
        breaking = f"worker: write {project}/tremaux.toml [budgets"
        orders = f"{breaking}\nworker: usage 900 200\nworker: sleep 300"
        await app.tickets.spawn(project, [new(id="t", description=orders, runner="obedient")])
        ticket = await settled(app, project, "t")

    assert ticket.status == "awaiting_approval"
    assert "the day's budget is spent" in ticket.reason


async def test_a_prompt_that_cannot_be_written_is_told_as_that(process: Process, project: Path) -> None:
    async with process() as app:
        run = Path(f"{app.settings.database}-tickets") / "1.1"
        run.mkdir(parents=True)
        (run / "prompt.md").symlink_to("/dev/full")
        await app.tickets.spawn(project, [new(id="t", command="true")])
        ticket = await settled(app, project, "t")
        first, _ = (await app.tickets.history(project, "t")).runs

    assert (ticket.status, ticket.loss_count, first.outcome) == ("completed", 1, "lost")
    assert first.reason.startswith(f"the prompt {run / 'prompt.md'} cannot be written: No space left on device")


async def test_a_folder_that_cannot_be_cleared_stops_nobody(process: Process, project: Path) -> None:
    async with process() as app:
        await app.tickets.spawn(project, [new(id="t", command="true")])
        await settled(app, project, "t")
        folder = Path(f"{app.settings.database}-tickets")
    (folder / "1.1" / "prompt.md").mkdir(parents=True)
    async with process() as app:
        await app.tickets.spawn(project, [new(id="next", command="true")])
        ticket = await settled(app, project, "next")

    assert ticket.status == "completed"


@pytest.mark.parametrize("table", ["ticket", "job"])
async def test_a_damaged_database_ends_a_dispatch_that_is_to_end_by_itself(
    process: Process, project: Path, table: str
) -> None:
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="t", command="true")])
        assert await app.services.database.integrity() == []
        with closing(sqlite3.connect(app.settings.database)) as connection:
            connection.execute(f"DROP TABLE {table}")
        with anyio.fail_after(PATIENCE), pytest.RaisesGroup(pytest.RaisesExc(StateCorrupt), flatten_subgroups=True):
            await app.services.dispatch(until_idle=True)
