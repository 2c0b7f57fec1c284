"""Tickets in a repository: each run has a work tree and a branch of its own, and nothing of it is ever lost."""

from pathlib import Path

import anyio
import pytest
from tests.conftest import Git
from tests.dispatch.conftest import PATIENCE, Process, new, settled

from tremaux_server.app import App
from tremaux_tools.core.tickets.ticket import Ticket

pytestmark = pytest.mark.anyio


def folder_of(tmp_path: Path, ticket: Ticket) -> Path:
    """Where the files of a ticket's newest run are, as long as they are needed."""
    assert ticket.run
    return tmp_path / "state" / "t.db-tickets" / f"{ticket.ticket_id}.{ticket.run.epoch}"


async def until_gone(folder: Path) -> None:
    """Wait for the folder of a run to be removed, which follows its settlement."""
    with anyio.fail_after(PATIENCE):
        while folder.exists():
            await anyio.sleep(0.02)


async def test_what_a_killed_process_left_of_an_ended_run_is_removed_by_the_next_one(
    process: Process, repo: Path, tmp_path: Path
) -> None:
    async with process() as app:
        await app.tickets.spawn(repo, [new(id="t", command="true")])
        folder = folder_of(tmp_path, await settled(app, repo, "t"))
        await until_gone(folder)
        folder.mkdir()
        (folder / "prompt.md").touch()
    async with process() as app:
        await app.tickets.spawn(repo, [new(id="u", command="true")])
        await until_gone(folder)

    assert not folder.exists()


async def test_a_worker_works_beside_the_persons_files_and_its_work_is_merged_on_request(
    app: App, repo: Path, git: Git
) -> None:
    (repo / "mine.txt").write_text("not committed\n")
    before = git("status", "--porcelain", "--branch"), git("rev-parse", "HEAD")
    await app.tickets.spawn(repo, [new(id="t", description="Add b", command="cat mine.txt; echo two >b.txt")])
    ticket = await settled(app, repo, "t")
    assert ticket.run
    after = git("status", "--porcelain", "--branch"), git("rev-parse", "HEAD")
    message = git("log", "-1", "--format=%B", ticket.run.branch)
    (repo / "mine.txt").unlink()
    merged = await app.tickets.merge(repo, "t")

    assert (ticket.status, before) == ("completed", after)
    assert f"Tremaux-Ticket: t\nTremaux-Report: {ticket.run.report_id}" in message
    assert (merged.conflicts, (repo / "b.txt").read_text()) == ((), "two\n")
    assert ticket.run.branch == "tremaux/t/1"


async def test_the_work_tree_of_a_completed_ticket_stays_until_it_is_merged(app: App, repo: Path, git: Git) -> None:
    await app.tickets.spawn(repo, [new(id="t", command="echo two >b.txt")])
    ticket = await settled(app, repo, "t")
    assert ticket.run
    there = Path(ticket.run.worktree, "b.txt").exists()
    await app.tickets.merge(repo, "t")
    after = (await app.tickets.get(repo, "t")).run

    assert (there, Path(ticket.run.worktree).exists()) == (True, False)
    assert after
    assert after.worktree == ""
    assert "tremaux/t/1" not in git("branch", "--list", "tremaux/*")


async def test_what_a_ticket_was_built_on_is_merged_with_it(app: App, repo: Path, git: Git) -> None:
    graph = [
        new(id="a", command="echo from a >a.new"),
        new(id="b", command="echo from b >b.new", depends_on=("a",)),
        new(id="c", command="echo from c >c.new", depends_on=("b",)),
        new(id="other", command="echo other >other.new"),
    ]
    await app.tickets.spawn(repo, graph)
    await settled(app, repo, "c", "other")
    merged = await app.tickets.merge(repo, "c")
    listed = {ticket.name: ticket for ticket in (await app.tickets.list(repo)).tickets}

    assert {name for name, ticket in listed.items() if ticket.merged == merged.commit} == {"a", "b", "c"}
    assert {name for name, ticket in listed.items() if ticket.run and ticket.run.worktree} == {"other"}
    assert git("branch", "--list", "tremaux/*", "--format=%(refname:short)").split() == ["tremaux/other/1"]


async def test_a_ticket_works_on_what_those_it_needs_have_done(app: App, repo: Path) -> None:
    graph = [
        new(id="a", command="echo from a >a.new"),
        new(id="b", command="echo from b >b.new"),
        new(id="c", command="cat a.new b.new >c.new", depends_on=("a", "b")),
    ]
    await app.tickets.spawn(repo, graph)
    ticket = await settled(app, repo, "c")
    await app.tickets.merge(repo, "c")

    assert ticket.status == "completed"
    assert (repo / "c.new").read_text() == "from a\nfrom b\n"


async def test_a_ticket_whose_needs_cannot_be_brought_together_is_blocked_with_the_files(app: App, repo: Path) -> None:
    graph = [new(id=name, command=f"echo {name} >a.txt") for name in ("a", "b")]
    await app.tickets.spawn(repo, [*graph, new(id="c", command="true", depends_on=("a", "b"))])
    ticket = await settled(app, repo, "c")

    assert ticket.status == "blocked"
    assert "a.txt" in ticket.reason


async def test_a_merge_with_conflicts_tells_them_and_changes_nothing(app: App, repo: Path, git: Git) -> None:
    await app.tickets.spawn(repo, [new(id="t", command="echo theirs >a.txt")])
    await settled(app, repo, "t")
    (repo / "a.txt").write_text("mine\n")
    git("commit", "-qam", "mine")
    head = git("rev-parse", "HEAD")
    merged = await app.tickets.merge(repo, "t")

    assert (merged.commit, list(merged.conflicts)) == ("", ["a.txt"])
    assert (git("rev-parse", "HEAD"), (repo / "a.txt").read_text()) == (head, "mine\n")


async def test_what_a_failed_run_left_behind_is_kept_under_a_ref_and_its_work_tree_goes(
    app: App, repo: Path, git: Git, tmp_path: Path
) -> None:
    await app.tickets.spawn(repo, [new(id="t", command="echo half >b.txt; exit 1", max_retries=0)])
    ticket = await settled(app, repo, "t")
    await until_gone(folder_of(tmp_path, ticket))

    assert ticket.status == "failed"
    assert git("show", "refs/tremaux/snap/t/1/post:b.txt") == "half\n"


async def test_a_ticket_that_changed_nothing_leaves_no_branch_and_no_work_tree(
    app: App, repo: Path, git: Git, tmp_path: Path
) -> None:
    await app.tickets.spawn(repo, [new(id="t", command="true")])
    ticket = await settled(app, repo, "t")
    await until_gone(folder_of(tmp_path, ticket))
    after = (await app.tickets.get(repo, "t")).run

    assert ticket.status == "completed"
    assert git("branch", "--list", "tremaux/*") == ""
    assert after
    assert after.worktree == ""


async def test_outside_git_a_ticket_runs_in_the_project_itself_and_says_so(app: App, project: Path) -> None:
    await app.tickets.spawn(project, [new(id="t", command="pwd >where")])
    ticket = await settled(app, project, "t")
    events = (await app.tickets.history(project, "t")).events

    assert (ticket.status, (project / "where").read_text().strip()) == ("completed", str(project))
    assert any("not in a git repository" in event.reason for event in events)
