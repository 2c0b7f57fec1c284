import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import GIT

from tremaux_tools.errors import GitConflict, GitError
from tremaux_tools.git import (
    Project,
    add_worktree,
    commit_work,
    find_project,
    merge_branch,
    merged_base,
    restore_snapshot,
    take_snapshot,
)

pytestmark = pytest.mark.anyio
Git = Callable[..., str]
Seen = Callable[[], dict[str, object]]
BRANCH = "tremaux/T-1/1"


@pytest.fixture
def worked(project: Project, tmp_path: Path) -> Callable[..., object]:
    """Let a worker of ours change files on a branch of its own; None as text deletes a file."""

    async def work(files: dict[str, str | None], *, branch: str = BRANCH, base: str = "HEAD") -> None:
        place = tmp_path / branch.replace("/", "-")
        await add_worktree(project, place, branch=branch, base=base)
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                (place / name).unlink()
            else:
                (place / name).write_text(text)
        await commit_work(place, message="work", trailers={}, project=project)

    return work


def show(repo: Path, name: str) -> str:
    return subprocess.run([*GIT, "show", name], cwd=repo, check=True, capture_output=True, text=True).stdout


async def test_finished_work_is_combined_without_a_work_tree(
    project: Project, repo: Path, git: Git, worked: Callable, seen: Seen
) -> None:
    await worked({"one.txt": "1"})
    await worked({"two.txt": "2"}, branch="tremaux/T-2/1")
    await worked({"two.txt": "2", "three.txt": "3"}, branch="tremaux/T-3/1", base="tremaux/T-2/1")
    branches = [BRANCH, "tremaux/T-2/1", "tremaux/T-3/1"]
    before = seen()

    commit = await merged_base(project, "HEAD", branches)
    assert seen() == before
    assert {"one.txt", "two.txt", "three.txt", "a.txt"} <= set(git("ls-tree", "--name-only", commit).split())
    assert all(git("merge-base", commit, branch) == git("rev-parse", branch) for branch in branches)
    assert await merged_base(project, "HEAD", branches) == commit


async def test_one_finished_dependency_needs_no_merge(project: Project, git: Git, worked: Callable) -> None:
    await worked({"one.txt": "1"})

    assert await merged_base(project, "HEAD", [BRANCH]) == git("rev-parse", BRANCH).strip()
    assert await merged_base(project, BRANCH, ["HEAD"]) == git("rev-parse", BRANCH).strip()
    assert await merged_base(project, "HEAD", []) == git("rev-parse", "HEAD").strip()


async def test_dependencies_that_conflict_are_told_by_their_files(project: Project, worked: Callable) -> None:
    odd = os.fsdecode(b"\xff\n.txt")
    await worked({"a.txt": "mine\n", odd: "1"})
    await worked({"a.txt": "yours\n", odd: "2"}, branch="tremaux/T-2/1")

    with pytest.raises(GitConflict, match=r"tremaux/T-2/1 conflicts in") as caught:
        await merged_base(project, "HEAD", [BRANCH, "tremaux/T-2/1"])
    assert set(caught.value.files) == {"a.txt", odd}
    assert str(caught.value).isprintable()


async def test_a_branch_is_merged_with_a_trailer_and_can_be_taken_back(
    project: Project, repo: Path, git: Git, worked: Callable, seen: Seen
) -> None:
    await worked({"one.txt": "1", "a.txt": None})
    before = seen()
    head = git("rev-parse", "HEAD").strip()
    merged = await merge_branch(project, BRANCH, message="Bring T-1 in", trailers={"Tremaux-Ticket": "T-1"})

    assert git("rev-parse", "HEAD").strip() == merged.commit
    assert git("log", "-1", "--format=%P").split() == [head, git("rev-parse", BRANCH).strip()]
    assert git("log", "-1", "--format=%B").strip() == f"Bring T-1 in\n\nTremaux-Ticket: T-1\nTremaux-Branch: {BRANCH}"
    assert (repo / "one.txt").read_text() == "1"
    assert not (repo / "a.txt").exists()
    assert git("status", "--porcelain") == ""
    assert (merged.files, merged.conflicts) == (2, ())
    assert git("reflog", "-1", "--format=%gs").strip() == f"tremaux: merge {BRANCH}"
    assert merged.before is not None
    await restore_snapshot(project, merged.before.ref)
    assert {name: what for name, what in seen().items() if not name.startswith("//")} == {
        name: what for name, what in before.items() if not name.startswith("//")
    }


async def test_merging_again_does_nothing(project: Project, worked: Callable, seen: Seen) -> None:
    await worked({"one.txt": "1"})
    first = await merge_branch(project, BRANCH, message="m")
    before = seen()
    again = await merge_branch(project, BRANCH, message="m")

    assert seen() == before
    assert (again.commit, again.files) == (first.commit, 0)


async def test_conflicts_are_listed_and_nothing_changes(
    project: Project, repo: Path, git: Git, worked: Callable, seen: Seen
) -> None:
    await worked({"a.txt": "theirs\n", "fine.txt": "x"})
    (repo / "a.txt").write_text("ours\n")
    git("commit", "-qam", "ours")
    before = seen()
    merged = await merge_branch(project, BRANCH, message="m")

    assert seen() == before
    assert (merged.commit, merged.conflicts) == (None, ("a.txt",))


async def test_changes_elsewhere_stay_as_they_are(project: Project, repo: Path, git: Git, worked: Callable) -> None:
    (repo / "b.txt").write_text("b\n")
    git("add", ".")
    git("commit", "-qm", "b")
    await worked({"one.txt": "1"})
    (repo / "a.txt").write_text("staged\n")
    git("add", "a.txt")
    (repo / "a.txt").write_text("staged and more\n")
    (repo / "b.txt").unlink()
    (repo / "new.txt").write_text("untracked")
    merged = await merge_branch(project, BRANCH, message="m")

    assert merged.commit
    assert git("status", "--porcelain") == "MM a.txt\n D b.txt\n?? new.txt\n"
    assert git("show", ":a.txt") == "staged\n"


async def test_work_that_began_with_what_is_not_committed_merges_over_it(
    project: Project, repo: Path, git: Git, worked: Callable
) -> None:
    (repo / "b.txt").write_text("b\n")
    git("add", ".")
    git("commit", "-qm", "b")
    (repo / "a.txt").write_text("not committed\n")
    (repo / "new.txt").write_text("untracked\n")
    git("rm", "-q", "b.txt")
    pre = await take_snapshot(project, ref="refs/tremaux/snap/T-1/1/pre", message="pre")
    await worked({"one.txt": "1"}, base=pre.commit)
    merged = await merge_branch(project, BRANCH, message="m")

    assert merged.commit
    assert git("status", "--porcelain") == ""
    assert (repo / "new.txt").read_text() == "untracked\n"
    assert git("show", "HEAD:a.txt") == "not committed\n"


OVERWRITTEN = {
    "a modified file": ("a.txt", lambda repo, _: (repo / "a.txt").write_text("mine\n")),
    "an untracked file": ("one.txt", lambda repo, _: (repo / "one.txt").write_text("mine")),
    "a deleted file": ("a.txt", lambda repo, _: (repo / "a.txt").unlink()),
    "an ignored file": (
        "one.txt",
        lambda repo, _: (
            (repo / ".git/info/exclude").write_text("one.txt\n"),
            (repo / "one.txt").write_text("mine"),
        ),
    ),
    "an ignored directory": (
        "one.txt",
        lambda repo, _: (
            (repo / ".git/info/exclude").write_text("one.txt\n"),
            (repo / "one.txt").mkdir(),
            (repo / "one.txt/x").write_text("mine"),
        ),
    ),
    "an ignored file in place of a directory": (
        "deep/er.txt",
        lambda repo, _: ((repo / ".git/info/exclude").write_text("deep\n"), (repo / "deep").write_text("mine")),
    ),
    "a staged file": (
        "a.txt",
        lambda repo, git: (
            (repo / "a.txt").write_text("mine\n"),
            git("add", "a.txt"),
            (repo / "a.txt").write_text("theirs\n"),
        ),
    ),
}


@pytest.mark.parametrize("kind", OVERWRITTEN)
async def test_what_is_not_committed_is_never_overwritten(
    project: Project, repo: Path, git: Git, worked: Callable, seen: Seen, kind: str
) -> None:
    name, dirty = OVERWRITTEN[kind]
    await worked({"a.txt": "theirs\n", "one.txt": "1", "deep/er.txt": "2"})
    dirty(repo, git)
    before = seen()

    with pytest.raises(GitError, match=f"would overwrite changes that are not committed: {name}$"):
        await merge_branch(project, BRANCH, message="m")
    assert seen() == before


async def test_a_directory_may_become_a_file_and_a_file_a_directory(
    project: Project, repo: Path, git: Git, worked: Callable
) -> None:
    (repo / "dir").mkdir()
    (repo / "dir/x").write_text("x")
    (repo / "file").write_text("f")
    git("add", ".")
    git("commit", "-qm", "both")
    await worked({"dir/x": None, "file": None})
    place = repo.parent / BRANCH.replace("/", "-")
    (place / "dir").rmdir() if (place / "dir").exists() else None
    (place / "dir").write_text("a file now")
    (place / "file").mkdir()
    (place / "file/y").write_text("y")
    await commit_work(place, message="swap", trailers={}, project=project)
    await merge_branch(project, BRANCH, message="m")

    assert (repo / "dir").read_text() == "a file now"
    assert (repo / "file/y").read_text() == "y"


async def test_without_a_branch_to_merge_into_it_is_refused(
    project: Project, repo: Path, git: Git, worked: Callable, seen: Seen
) -> None:
    await worked({"one.txt": "1"})
    git("checkout", "-q", "--detach")
    before = seen()

    with pytest.raises(GitError, match="detached HEAD"):
        await merge_branch(project, BRANCH, message="m")
    git("checkout", "-q", "--orphan", "empty")
    with pytest.raises(GitError, match="no commit yet"):
        await merge_branch(project, BRANCH, message="m")
    assert {**seen(), "//HEAD": 0} == {**before, "//HEAD": 0}


async def test_in_the_middle_of_a_merge_it_is_refused(
    project: Project, repo: Path, git: Git, worked: Callable, seen: Seen
) -> None:
    await worked({"one.txt": "1"})
    git("branch", "other")
    git("checkout", "-q", "other")
    git("commit", "-q", "--allow-empty", "-m", "other")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "--no-commit", "other")
    before = seen()

    with pytest.raises(GitError, match="in the middle of a merge"):
        await merge_branch(project, BRANCH, message="m")
    assert seen() == before


async def test_an_unknown_branch_is_told(project: Project) -> None:
    for name in ("no-such", "--help", "a..b"):
        with pytest.raises(GitError, match="git knows no commit"):
            await merge_branch(project, name, message="m")


async def test_no_hook_of_the_repository_runs(project: Project, repo: Path, worked: Callable, tmp_path: Path) -> None:
    hooks = repo / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for hook in (
        "post-checkout",
        "post-merge",
        "pre-merge-commit",
        "commit-msg",
        "pre-commit",
        "reference-transaction",
    ):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (hooks / hook).chmod(0o755)
    await worked({"one.txt": "1"})

    assert (await merge_branch(project, BRANCH, message="m")).commit
    assert not (tmp_path / "ran").exists()


async def test_a_merge_goes_into_the_work_tree_at_hand(
    project: Project, repo: Path, git: Git, worked: Callable
) -> None:
    git("worktree", "add", "-q", "-b", "persons", str(repo.parent / "linked"))
    await worked({"one.txt": "1"})
    await merge_branch(await find_project(repo.parent / "linked"), BRANCH, message="m")

    assert (repo.parent / "linked/one.txt").exists()
    assert not (repo / "one.txt").exists()
    assert git("rev-parse", "main") != git("rev-parse", "persons")
