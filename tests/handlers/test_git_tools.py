import subprocess
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent
from tests.conftest import GIT

pytestmark = pytest.mark.anyio
Connect = Callable[..., AbstractAsyncContextManager[Client]]
Git = Callable[..., str]


def told(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, text(result)
    assert result.structured_content is not None
    return result.structured_content


def text(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


async def test_what_was_lost_comes_back_and_can_be_taken_away_again(connect: Connect, repo: Path, git: Git) -> None:
    (repo / "new file").write_text("precious")
    async with connect(toolsets="tickets", project=repo) as client:
        snapshot = told(await client.call_tool("take_snapshot", {"label": "before: the risky edit"}))
        (repo / "new file").unlink()
        (repo / "later\n").write_text("later")
        restored = await client.call_tool("restore_snapshot", {"snapshot": snapshot["snapshot"]})
        undone = told(await client.call_tool("restore_snapshot", {"snapshot": told(restored)["safety_snapshot"]}))

    assert snapshot["files"] == 1
    assert snapshot["ref"].startswith("refs/tremaux/snap/by-hand/")
    assert git("rev-parse", snapshot["ref"]).strip() == snapshot["snapshot"]
    assert (told(restored)["restored"], told(restored)["deleted"]) == (["new file"], ["later\\n"])
    assert text(restored).startswith(f"RESTORED {snapshot['snapshot'][:12]}: 1 file written, 1 deleted.")
    assert (undone["restored"], undone["deleted"]) == (["later\\n"], ["new file"])


async def test_only_the_named_paths_are_restored(connect: Connect, repo: Path) -> None:
    (repo / "b.txt").write_text("b\n")
    async with connect(project=repo) as client:
        snapshot = told(await client.call_tool("take_snapshot", {"label": "x"}))["snapshot"]
        for name in ("a.txt", "b.txt"):
            (repo / name).write_text("changed\n")
        result = await client.call_tool("restore_snapshot", {"snapshot": snapshot[:10], "paths": ["b.txt"]})

    assert told(result)["restored"] == ["b.txt"]
    assert (repo / "a.txt").read_text() == "changed\n"


async def test_a_finished_task_is_a_commit_that_names_its_ticket(connect: Connect, repo: Path, git: Git) -> None:
    (repo / "a.txt").write_text("two\n")
    ticket = {"id": "T-3", "description": "login", "command": "true", "place": "process", "step_mode": True}
    async with connect(project=repo) as client:
        await client.call_tool("spawn_ticket", ticket)
        finished = await client.call_tool("finish_task", {"message": "Fix the login", "ticket_id": "T-3"})
        again = await client.call_tool("finish_task", {"message": "Fix the login", "ticket_id": "T-3"})

    assert told(finished)["commit"] == git("rev-parse", "HEAD").strip()
    assert (told(finished)["files"], told(finished)["branch"]) == (1, "main")
    assert told(finished)["message"] == "Fix the login\n\nTremaux-Ticket: T-3\n"
    assert git("log", "-1", "--format=%(trailers:key=Tremaux-Ticket,valueonly)").strip() == "T-3"
    assert told(again)["commit"] is None
    assert text(again).startswith("NOTHING TO COMMIT")


WRONG_CALLS = [
    pytest.param("take_snapshot", {}, "'label' is missing", id="no label"),
    pytest.param("take_snapshot", {"label": " "}, "Label is blank", id="a blank label"),
    pytest.param("restore_snapshot", {"snapshot": "HEAD"}, "There is no snapshot 'HEAD'", id="no snapshot"),
    pytest.param("restore_snapshot", {"snapshot": "by-hand", "paths": []}, "'paths'", id="no path"),
    pytest.param("finish_task", {"message": " "}, "Message is blank", id="a blank message"),
    pytest.param(
        "finish_task", {"message": "m", "ticket_id": "T-9"}, "There is no ticket 'T-9'", id="a ticket that is not there"
    ),
]


@pytest.mark.parametrize(("tool", "arguments", "said"), WRONG_CALLS)
async def test_a_mistake_gets_a_sentence_and_changes_nothing(
    connect: Connect, repo: Path, git: Git, tool: str, arguments: dict[str, object], said: str
) -> None:
    (repo / "a.txt").write_text("two\n")
    refs = git("for-each-ref")
    async with connect(project=repo) as client:
        result = await client.call_tool(tool, arguments)

    assert result.is_error
    assert said in text(result)
    assert git("for-each-ref") == refs
    assert (repo / "a.txt").read_text() == "two\n"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a\0", "a.txt/../../x"])
async def test_a_path_outside_is_refused(connect: Connect, repo: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "x").write_text("outside")
    async with connect(project=repo) as client:
        snapshot = told(await client.call_tool("take_snapshot", {"label": "x"}))["snapshot"]
        result = await client.call_tool("restore_snapshot", {"snapshot": snapshot, "paths": [path]})

    assert result.is_error
    assert "is not inside the project" in text(result)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("take_snapshot", {"label": "x"}), ("restore_snapshot", {"snapshot": "x"}), ("finish_task", {"message": "x"})],
)
async def test_outside_git_it_is_told(connect: Connect, tmp_path: Path, tool: str, arguments: dict[str, str]) -> None:
    (tmp_path / "plain").mkdir()
    async with connect(project=tmp_path / "plain") as client:
        result = await client.call_tool(tool, arguments)

    assert result.is_error
    assert "is in no git repository. Run `git init` there first." in text(result)


async def test_conflicts_are_told_and_not_committed(connect: Connect, repo: Path, git: Git) -> None:
    git("checkout", "-q", "-b", "other")
    (repo / "a.txt").write_text("other\n")
    git("commit", "-qam", "other")
    git("checkout", "-q", "main")
    (repo / "a.txt").write_text("main\n")
    git("commit", "-qam", "main")
    subprocess.run([*GIT, "merge", "-q", "other"], cwd=repo, check=False, capture_output=True)
    async with connect(project=repo) as client:
        result = await client.call_tool("finish_task", {"message": "x"})

    assert result.is_error
    assert "Files are in conflict: a.txt" in text(result)
