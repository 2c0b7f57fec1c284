"""Tickets in a repository: each run has a work tree and a branch of its own, and nothing of it is ever lost."""

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from tests.conftest import Git
from tests.dispatch.conftest import PATIENCE, Process, new, obedient, settled, trusted_workers

from tremaux_server.app import App

pytestmark = pytest.mark.anyio


def first_run(app: App) -> Path:
    """The folder of the first run of the first ticket."""
    return Path(f"{app.settings.database}-tickets", "1.1")


async def until_gone(folder: Path) -> None:
    """Wait for the folder of a run to be removed, which follows its settlement."""
    with anyio.fail_after(PATIENCE):
        while folder.exists():
            await anyio.sleep(0.02)


async def test_what_a_killed_process_left_of_an_ended_run_is_removed_by_the_next_one(
    process: Process, repo: Path
) -> None:
    async with process() as app:
        await app.tickets.spawn(repo, [new(id="t", command="true")])
        ticket = await settled(app, repo, "t")
        assert ticket.run
        folder = first_run(app)
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
    tree = Path(ticket.run.worktree)
    there = (tree / "b.txt").exists()
    await app.tickets.merge(repo, "t")

    merged = await app.tickets.get(repo, "t")
    assert merged.run

    assert (there, tree.exists(), merged.run.worktree) == (True, False, "")
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
    app: App, repo: Path, git: Git
) -> None:
    await app.tickets.spawn(repo, [new(id="t", command="echo half >b.txt; exit 1", max_retries=0)])
    ticket = await settled(app, repo, "t")
    assert ticket.run
    await until_gone(first_run(app))

    assert ticket.status == "failed"
    assert git("show", "refs/tremaux/snap/t/1/post:b.txt") == "half\n"


async def test_a_ticket_that_changed_nothing_leaves_no_branch_and_no_work_tree(app: App, repo: Path, git: Git) -> None:
    await app.tickets.spawn(repo, [new(id="t", command="true")])
    ticket = await settled(app, repo, "t")
    assert ticket.run
    await until_gone(first_run(app))

    assert ticket.status == "completed"
    assert git("branch", "--list", "tremaux/*") == ""


async def test_outside_git_a_ticket_runs_in_the_project_itself_and_says_so(app: App, project: Path) -> None:
    await app.tickets.spawn(project, [new(id="t", command="pwd >where")])
    ticket = await settled(app, project, "t")
    events = (await app.tickets.history(project, "t")).events

    assert (ticket.status, (project / "where").read_text().strip()) == ("completed", str(project))
    assert any("not in a git repository" in event.reason for event in events)


async def test_a_run_that_cannot_begin_leaves_no_branch_and_no_work_tree(app: App, repo: Path, git: Git) -> None:
    await trusted_workers(app, repo, obedient("argument"))
    await app.tickets.spawn(repo, [new(id="t", description="ü" * 90_000, runner="obedient")])
    ticket = await settled(app, repo, "t")
    assert ticket.run
    await until_gone(first_run(app))

    assert ticket.status == "blocked"
    assert (git("branch", "--list", "tremaux/*"), len(git("worktree", "list").splitlines())) == ("", 1)


async def test_a_run_whose_process_died_in_its_preparation_leaves_no_branch_and_no_work_tree(
    process: Process, repo: Path, git: Git
) -> None:
    async with process(dispatches=False) as app:
        await app.tickets.spawn(repo, [new(id="t", command="true")])
        tree = Path(f"{app.settings.database}-tickets", "1.1", "tree")
        head = git("rev-parse", "HEAD").strip()
        with closing(sqlite3.connect(app.settings.database)) as connection, connection:
            connection.execute(
                """INSERT INTO run (ticket_id, epoch, nonce, state, place, owner, lease_until, worktree, branch, base)
                VALUES (1, 1, 'never', 'starting', 'process', '4194304@dead', 0, ?, 'tremaux/t/1', ?)""",
                (str(tree), head),
            )
            connection.execute("UPDATE ticket SET status = 'in_progress', run_id = 1")
        git("worktree", "add", "-q", "-b", "tremaux/t/1", str(tree), head)
    async with process() as app:
        await app.tickets.list(repo)
        ticket = await settled(app, repo, "t")
        await until_gone(tree.parent)
        await until_gone(tree.parent.with_name("1.2"))

    assert (ticket.status, ticket.run and ticket.run.epoch) == ("completed", 2)
    assert (git("branch", "--list", "tremaux/*"), len(git("worktree", "list").splitlines())) == ("", 1)
