import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import GIT

from tremaux_tools.errors import GitError
from tremaux_tools.git import (
    MAX_UNTRACKED_BYTES,
    Project,
    add_worktree,
    commit_work,
    find_project,
    finish,
    remove_worktree,
)

pytestmark = pytest.mark.anyio
Git = Callable[..., str]
BRANCH = "tremaux/T-3/1"
TRAILERS = {"Tremaux-Ticket": "T-3", "Tremaux-Report": "12"}


def run(where: Path, *arguments: str) -> str:
    return subprocess.run([*GIT, *arguments], cwd=where, check=True, capture_output=True, text=True).stdout


async def test_all_that_is_not_ignored_is_committed_with_trailers(repo: Path, git: Git) -> None:
    (repo / "a.txt").write_text("two\n")
    (repo / "new\nname").write_text("new")
    (repo / "ignored").mkdir()
    (repo / "ignored/x").write_text("x")
    made = await commit_work(repo, message="Do it\n\nIn two ways.", trailers=TRAILERS)

    assert made is not None
    assert git("log", "-1", "--format=%B").strip() == (
        "Do it\n\nIn two ways.\n\nTremaux-Ticket: T-3\nTremaux-Report: 12"
    )
    assert git("rev-parse", "HEAD").strip() == made.commit
    assert (made.branch, made.files) == ("main", 2)
    assert git("status", "--porcelain") == ""
    assert git("log", "-1", "--format=%an <%ae>").strip() == "tremaux <tremaux@localhost>"
    assert await commit_work(repo, message="Do it", trailers=TRAILERS) is None


@pytest.mark.parametrize(
    ("message", "whole"),
    [
        ("#1 fix", "#1 fix\n\nTremaux-Ticket: T-3"),
        ("one\n---\ntwo", "one\n---\ntwo\n\nTremaux-Ticket: T-3"),
        ("one\n\nCo-authored-by: A <a@b>", "one\n\nCo-authored-by: A <a@b>\nTremaux-Ticket: T-3"),
        ("one\n\nTremaux-Ticket: T-3", "one\n\nTremaux-Ticket: T-3"),
        ("fix: ü\0\udcff\ud800", "fix: ü??\n\nTremaux-Ticket: T-3"),
    ],
)
async def test_any_message_keeps_its_words_and_gets_its_trailer(repo: Path, git: Git, message: str, whole: str) -> None:
    (repo / "a.txt").write_text("two\n")
    made = await commit_work(repo, message=message, trailers={"Tremaux-Ticket": "T-3"})

    assert made is not None
    assert git("log", "-1", "--format=%B").strip() == whole
    assert git("log", "-1", "--format=%(trailers:key=Tremaux-Ticket,valueonly)").strip() == "T-3"


async def test_a_trailer_cannot_add_another(repo: Path, git: Git) -> None:
    (repo / "a.txt").write_text("two\n")
    await commit_work(repo, message="m", trailers={"Tremaux-Ticket": "T-3\nSigned-off-by: Boss <b@b>"})

    assert git("log", "-1", "--format=%(trailers:key=Signed-off-by)").strip() == ""


@pytest.mark.parametrize("message", ["", "  \n"])
async def test_an_empty_message_is_refused(repo: Path, message: str) -> None:
    with pytest.raises(GitError, match="is empty"):
        await commit_work(repo, message=message, trailers=TRAILERS)


async def test_the_name_that_git_was_told_is_used(repo: Path, git: Git) -> None:
    git("config", "user.name", "Ada")
    git("config", "user.email", "ada@example.org")
    (repo / "a.txt").write_text("two\n")
    await commit_work(repo, message="m", trailers={})

    assert git("log", "-1", "--format=%an <%ae> %cn").strip() == "Ada <ada@example.org> Ada"


async def test_only_the_rest_is_committed_where_the_agent_has_committed(
    project: Project, git: Git, tmp_path: Path
) -> None:
    place = tmp_path / "T-3"
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    (place / "one").write_text("1")
    run(place, "add", ".")
    run(place, "commit", "-qm", "by the agent")
    assert await commit_work(place, message="rest", trailers=TRAILERS, project=project) is None
    (place / "two").write_text("2")
    made = await commit_work(place, message="rest", trailers=TRAILERS, project=project)

    assert made is not None
    assert (made.branch, made.files) == (BRANCH, 1)
    assert git("log", "-2", "--format=%s", BRANCH) == "rest\nby the agent\n"


async def test_the_first_commit_can_be_made(tmp_path: Path) -> None:
    root = tmp_path / "new"
    root.mkdir()
    run(root, "init", "-q")
    (root / "x").write_text("x")
    made = await commit_work(root, message="m", trailers={})

    assert made is not None
    assert made.files == 1


async def test_an_index_of_another_git_is_not_used(
    repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "a.txt").write_text("two\n")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other-index"))
    await commit_work(repo, message="m", trailers={})
    monkeypatch.delenv("GIT_INDEX_FILE")

    assert git("status", "--porcelain") == ""
    assert not (tmp_path / "other-index").exists()


async def test_mixed_line_ends_are_no_reason_to_refuse(repo: Path, git: Git) -> None:
    git("config", "core.autocrlf", "input")
    git("config", "core.safecrlf", "true")
    (repo / "mixed").write_bytes(b"a\r\nb\n")

    assert await commit_work(repo, message="m", trailers={})


async def test_no_hook_runs_and_no_key_is_asked_for(repo: Path, git: Git, tmp_path: Path) -> None:
    git("config", "commit.gpgsign", "true")
    git("config", "gpg.program", "false")
    (repo / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit"):
        (repo / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (repo / ".git/hooks" / hook).chmod(0o755)
    (repo / "a.txt").write_text("two\n")

    assert await commit_work(repo, message="m", trailers={})
    assert not (tmp_path / "ran").exists()


async def test_files_in_conflict_are_not_committed_with_their_marks(repo: Path, git: Git) -> None:
    git("checkout", "-q", "-b", "other")
    (repo / "a.txt").write_text("other\n")
    git("commit", "-qam", "other")
    git("checkout", "-q", "main")
    (repo / "a.txt").write_text("main\n")
    git("commit", "-qam", "main")
    subprocess.run([*GIT, "merge", "-q", "other"], cwd=repo, check=False, capture_output=True)
    head = git("rev-parse", "HEAD")

    with pytest.raises(GitError, match=r"files are in conflict: a\.txt"):
        await commit_work(repo, message="m", trailers={})
    assert git("rev-parse", "HEAD") == head


async def test_a_repository_inside_is_left_out_and_told_and_large_files_are_in(repo: Path, git: Git) -> None:
    (repo / "nested").mkdir()
    run(repo / "nested", "init", "-q")
    run(repo / "nested", "commit", "-q", "--allow-empty", "-m", "x")
    with (repo / "huge.bin").open("wb") as file:
        file.truncate(MAX_UNTRACKED_BYTES + 1)
    made = await commit_work(repo, message="m", trailers={})

    assert made is not None
    assert git("ls-tree", "--name-only", "HEAD").split() == [".gitignore", "a.txt", "huge.bin"]
    assert len(made.warnings) == 1
    assert "nested" in made.warnings[0]


async def test_a_lock_that_a_killed_worker_left_is_cleared(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finish, "STALE_LOCK", 0.2)
    place = tmp_path / "T-3"
    worktree = await add_worktree(project, place, branch=BRANCH, base="HEAD")
    assert worktree.project.git_dir is not None
    (worktree.project.git_dir / "index.lock").touch()
    (place / "a.txt").write_text("two\n")

    assert await commit_work(place, message="m", trailers={}, project=project)
    assert not (await remove_worktree(project, place, branch=BRANCH)).is_removed


async def test_a_persons_lock_is_respected(repo: Path) -> None:
    (repo / ".git/index.lock").touch()
    (repo / "a.txt").write_text("two\n")

    with pytest.raises(GitError, match="`git add` failed"):
        await commit_work(repo, message="m", trailers={})
    assert (repo / ".git/index.lock").exists()


async def test_outside_git_nothing_is_committed(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is in no git repository"):
        await commit_work(tmp_path, message="m", trailers={})


async def test_a_commit_goes_into_the_work_tree_at_hand(repo: Path, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-q", "-b", "persons", str(tmp_path / "linked"))
    (tmp_path / "linked/new").write_text("x")
    made = await commit_work(tmp_path / "linked", message="m", trailers={})

    assert made is not None
    assert made.branch == "persons"
    assert (await find_project(tmp_path / "linked")).path == repo
