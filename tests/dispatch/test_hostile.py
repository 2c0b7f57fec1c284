"""What a worker, or the repository it works in, cannot bring Tremaux to do."""

import json
from pathlib import Path

import anyio
import pytest
from tests.conftest import Git
from tests.dispatch.conftest import PATIENCE, Process, Ran, new, settled, trusted_workers

from tremaux_server.app import App
from tremaux_tools.core.tickets.flat import parse
from tremaux_tools.core.tickets.lifecycle import SETTLED
from tremaux_tools.core.tickets.ticket import Usage
from tremaux_tools.errors import BadArgument, NotAllowed

pytestmark = pytest.mark.anyio

PRINTS_FILE = """[workers.agent]
command = ["cat", {path!r}]
prompt = "none"
output = "{form}"
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
    await trusted_workers(app, project, PRINTS_FILE.format(path=str(project / "told"), form="claude"))
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


async def test_a_secret_is_neither_in_the_result_nor_the_reason_nor_a_commit(
    process: Process, repo: Path, tmp_path: Path, git: Git
) -> None:
    pieces = [{"type": "message", "role": "assistant", "content": text} for text in ("BLOCKED: sesame-", "open-4711")]
    (tmp_path / "told").write_text("\n".join(map(json.dumps, pieces)))
    async with process(MY_TOKEN="sesame-open-4711") as app:
        await trusted_workers(app, repo, PRINTS_FILE.format(path=str(tmp_path / "told"), form="gemini"))
        await app.tickets.spawn(repo, [new(id="a", runner="agent")])
        await app.tickets.spawn(repo, [new(id="b", description="Use sesame-open-4711", command="echo >new")])
        blocked, done = await settled(app, repo, "a"), await settled(app, repo, "b")
        assert blocked.run
        assert done.run
        messages = git("log", "-1", "--format=%B", done.run.branch)
        await app.tickets.merge(repo, "b")
        messages += git("log", "-1", "--format=%B")
        cancelled = await app.tickets.decide(repo, "a", "cancel", reason="it says sesame-open-4711\x1b[31m\ud800")

    texts = [blocked.run.result, blocked.reason, blocked.run.reason, messages, cancelled.reason]
    assert not [text for text in texts if "sesame-open" in text or "\x1b" in text]
    assert all("[redacted:env]" in text for text in texts)


async def test_a_worker_approves_nothing_neither_by_its_word_nor_by_a_decision_that_leads_past_the_question(
    process: Process, project: Path
) -> None:
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="a", command="true"), new(id="s", command="true", step_mode=True)])
        await app.tickets.spawn(project, [new(id="b", command="true", depends_on=("a",), step_mode=True)])
        with pytest.raises(NotAllowed):
            await app.tickets.decide(project, "s", "approve", caller="1:1")
        await app.tickets.decide(project, "b", "block", caller="1:1")
        await app.tickets.decide(project, "b", "retry", caller="1:1")
        await app.tickets.decide(project, "a", "complete", caller="1:1")
        stand = [(await app.tickets.get(project, name)).status for name in ("s", "b")]

    assert stand == ["awaiting_approval", "awaiting_approval"]


@pytest.mark.parametrize("caller", ["1:\u00b2", f"1:{2**70}", "1:-1", "x"])
async def test_a_forged_name_of_a_run_is_refused_in_words(ran: Ran, app: App, project: Path, caller: str) -> None:
    ticket = await ran(command="true")
    with pytest.raises(NotAllowed):
        await app.tickets.report_usage(project, ticket.name, Usage(1), caller=caller)


@pytest.mark.parametrize("prompt", ["", "\0", "\ud800", "x" * 100_001], ids=["empty", "NUL", "half", "too long"])
async def test_a_prompt_that_no_worker_can_be_given_is_refused_as_it_is_edited(
    process: Process, project: Path, prompt: str
) -> None:
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="t", command="true", step_mode=True)])
        with pytest.raises(BadArgument):
            await app.tickets.decide(project, "t", "approve", prompt=prompt)
        with pytest.raises(BadArgument):
            await app.tickets.spawn(project, [new(command="true", step_mode=True)], approved=True, edited=prompt)
        status = (await app.tickets.get(project, "t")).status

    assert status == "awaiting_approval"


async def test_no_text_of_a_ticket_moves_a_persons_cursor_or_closes_a_paste(process: Process, project: Path) -> None:
    text = "a\x1b]0;title\x07 b\x1b[201~ c\u202e\x9b2J\r d"
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="a", command="true", description=text)])
        listed = [{"id": "b", "description": text, "status": "blocked", "reason": text, "command": "true"}]
        await app.tickets.take_in(project, parse(json.dumps(listed), runners=()))
        await app.tickets.spawn(project, [new(id="c", command="true", step_mode=True)])
        approved = await app.tickets.decide(project, "c", "approve", prompt=text)
        found = [await app.tickets.get(project, name) for name in ("a", "b")]

    texts = [*(ticket.description for ticket in found), found[1].reason, approved.prompt or ""]
    assert [each for each in texts if not each.replace("\n", "").isprintable()] == []
    assert found[0].description == "a b c\n d"


async def test_no_other_user_can_look_into_the_folders_of_runs(ran: Ran, app: App) -> None:
    ticket = await ran(
        command='stat -c %a "$TREMAUX_PROMPT_FILE" "${TREMAUX_PROMPT_FILE%/*}" "${TREMAUX_PROMPT_FILE%/*/*}"'
    )
    assert ticket.run

    assert ticket.run.result.split() == ["600", "700", "700"]


async def test_nothing_runs_from_a_folder_that_other_users_can_write_to(
    process: Process, project: Path, tmp_path: Path
) -> None:
    async with process(dispatches=False):
        folder = tmp_path / "state" / "t.db-tickets"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    async with process() as app:
        await app.tickets.spawn(project, [new(id="t", command="touch ran")])
        with anyio.fail_after(PATIENCE):
            told = await anext(event.reason async for event in app.tickets.news(0) if "open to other" in event.reason)

    assert "t.db-tickets is open to other users" in told
    assert not (project / "ran").exists()


@pytest.mark.parametrize("move", ["git checkout -q mine", "git symbolic-ref HEAD refs/heads/mine"])
async def test_the_work_of_a_worker_that_left_its_branch_is_kept_and_committed_to_no_branch_of_a_person(
    app: App, repo: Path, git: Git, move: str
) -> None:
    git("branch", "mine")
    before = git("rev-parse", "mine")
    await app.tickets.spawn(repo, [new(id="t", command=f"{move}; echo new >new.txt")])
    ticket = await settled(app, repo, "t")
    assert ticket.run

    assert (ticket.status, git("rev-parse", "mine")) == ("blocked", before)
    assert "has mine checked out, not tremaux/t/1" in ticket.reason
    assert Path(ticket.run.worktree, "new.txt").exists()


async def test_the_work_of_a_worker_that_left_all_branches_is_not_taken_for_nothing(app: App, repo: Path) -> None:
    await app.tickets.spawn(repo, [new(id="t", command="git checkout -q --detach; echo new >new.txt")])
    ticket = await settled(app, repo, "t")

    assert ticket.status == "blocked"
    assert "no branch checked out" in ticket.reason


async def test_an_id_that_is_made_up_differs_from_those_there_by_more_than_case(
    process: Process, project: Path
) -> None:
    async with process(dispatches=False) as app:
        await app.tickets.spawn(project, [new(id="t-2", command="true")])
        made = await app.tickets.spawn(project, [new(command="true")])

    assert [ticket.name for ticket in made.tickets] == ["T-3"]
