"""What a worker, or the repository it works in, cannot bring Tremaux to do."""

import json
from pathlib import Path

import anyio
import pytest
from tests.dispatch.conftest import PATIENCE, Process, new, settled, trusted_workers

from tremaux_server.app import App
from tremaux_tools.core.tickets.lifecycle import SETTLED

pytestmark = pytest.mark.anyio

PRINTS_FILE = """[workers.agent]
command = ["cat", {path!r}]
prompt = "none"
output = "claude"
"""


async def test_a_work_tree_that_a_worker_pointed_at_a_repository_of_its_own_runs_nothing_of_that_one(
    app: App, repo: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    command = f"""
        git init --quiet mine && git -C mine config filter.x.clean 'touch {mark}; cat'
        echo '* filter=x' >.gitattributes; echo new >new.txt
        echo "gitdir: $PWD/mine/.git" >.git
    """
    await app.tickets.spawn(repo, [new(id="t", command=command)])
    ticket = await settled(app, repo, "t")

    assert (ticket.status, mark.exists()) == ("blocked", False)
    assert "does not point at its repository" in ticket.reason


@pytest.mark.parametrize("command", ["echo '[stall' >tremaux.toml", 'rm -rf "$PWD"'])
@pytest.mark.parametrize("worktree", [True, False])
async def test_a_worker_that_spoils_where_it_works_is_settled_like_any_other(
    app: App, project: Path, repo: Path, command: str, worktree: bool
) -> None:
    where = repo if worktree else project
    await app.tickets.spawn(where, [new(id="t", command=command, worktree=worktree)])
    with anyio.fail_after(PATIENCE):
        status = await anext(event.new async for event in app.tickets.news(0) if event.new in SETTLED)

    assert status == ("blocked" if worktree and command.startswith("rm") else "completed")


async def test_a_worker_that_tells_half_characters_is_settled_like_any_other(app: App, project: Path) -> None:
    model = {"inputTokens": 1, "outputTokens": 1}
    told = {"type": "result", "result": "x\ud800\0y", "modelUsage": {"m\ud800\x1b[31m\0": model}}
    (project / "told").write_text(json.dumps(told))
    await trusted_workers(app, project, PRINTS_FILE.format(path=str(project / "told")))
    await app.tickets.spawn(project, [new(id="t", runner="agent")])
    ticket = await settled(app, project, "t")

    assert (ticket.status, ticket.usage.input_tokens) == ("completed", 1)
    assert ticket.run
    assert ticket.run.result.isprintable()
    assert all(each.model.isprintable() for each in await app.tickets.usage(project))


async def test_a_project_whose_settings_broke_after_a_ticket_was_handed_over_holds_up_no_other(
    app: App, process: Process, project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with process(dispatches=False) as idle:
        await idle.tickets.spawn(project, [new(id="a", command="true", depends_on=())])
        (project / "tremaux.toml").write_text("[budgets")
    await app.tickets.spawn(other, [new(id="b", command="true")])
    healthy, broken = await settled(app, other, "b"), await settled(app, project, "a")

    assert (healthy.status, broken.status) == ("completed", "blocked")
    assert "tremaux.toml" in broken.reason
