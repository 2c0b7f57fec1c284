import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import GIT

from tremaux_tools.errors import GitError
from tremaux_tools.git import (
    Project,
    add_worktree,
    commit_work,
    find_project,
    open_worktree,
    remove_worktree,
    take_snapshot,
    worktree_state,
)

pytestmark = pytest.mark.anyio
Git = Callable[..., str]
BRANCH = "tremaux/T-1/1"
POST = "refs/tremaux/snap/T-1/1/post"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "work trees" / "T-1"


def run(where: Path, *arguments: str) -> str:
    return subprocess.run([*GIT, *arguments], cwd=where, check=True, capture_output=True, text=True).stdout


async def test_a_work_tree_begins_at_its_base_on_a_branch_of_its_own(
    project: Project, repo: Path, git: Git, place: Path
) -> None:
    (repo / "new.txt").write_text("not committed")
    pre = await take_snapshot(project, ref="refs/tremaux/snap/T-1/1/pre", message="pre")

    worktree = await add_worktree(project, place, branch=BRANCH, base=pre.commit)
    assert (place / "new.txt").read_text() == "not committed"
    assert run(place, "rev-parse", "--abbrev-ref", "HEAD").strip() == BRANCH
    assert (worktree.commit, worktree.directory) == (pre.commit, place)
    assert (await find_project(place)).path == project.path
    assert git("status", "--porcelain") == "?? new.txt\n"


async def test_before_the_first_commit_a_work_tree_begins_at_a_snapshot(tmp_path: Path, place: Path) -> None:
    root = tmp_path / "new"
    root.mkdir()
    run(root, "init", "-q")
    (root / "x").write_text("x")
    project = await find_project(root)
    pre = await take_snapshot(project, ref="refs/tremaux/snap/T-1/1/pre", message="pre")
    await add_worktree(project, place, branch=BRANCH, base=pre.commit)

    assert (place / "x").read_text() == "x"


async def test_many_workers_can_begin_and_end_at_once(project: Project, git: Git, place: Path) -> None:
    removals = []

    async def live(n: int) -> None:
        there, branch = place / str(n) / "work", f"tremaux/T-{n}/1"
        await add_worktree(project, there, branch=branch, base="HEAD")
        removals.append(await remove_worktree(project, there, branch=branch))

    async with anyio.create_task_group() as group:
        for n in range(8):
            group.start_soon(live, n)

    assert [removal.is_branch_deleted for removal in removals] == [True] * 8
    assert git("worktree", "list").count("\n") == 1
    assert git("for-each-ref", "refs/heads/tremaux") == ""


async def test_adding_again_takes_the_work_tree_as_it_is(project: Project, place: Path) -> None:
    first = await add_worktree(project, place, branch=BRANCH, base="HEAD")
    (place / "a.txt").write_text("work")
    run(place, "commit", "-qam", "work")
    (place / "b.txt").write_text("more")
    again = await add_worktree(project, place, branch=BRANCH, base="HEAD")

    assert (place / "b.txt").read_text() == "more"
    assert again.commit != first.commit


async def test_a_branch_left_by_a_killed_process_begins_at_the_new_base(
    project: Project, repo: Path, git: Git, place: Path
) -> None:
    git("branch", BRANCH)
    (repo / "a.txt").write_text("two\n")
    git("commit", "-qam", "second")
    worktree = await add_worktree(project, place, branch=BRANCH, base="HEAD")

    assert worktree.commit == git("rev-parse", "HEAD").strip()


async def test_a_branch_with_work_is_never_reset(project: Project, repo: Path, git: Git, place: Path) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    (place / "a.txt").write_text("work")
    run(place, "commit", "-qam", "work")
    shutil.rmtree(place)
    await add_worktree(project, place, branch=BRANCH, base="HEAD")

    assert (place / "a.txt").read_text() == "work"


async def test_what_a_killed_git_left_half_done_is_done_again(
    project: Project, repo: Path, git: Git, place: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    git("config", "filter.slow.smudge", f"echo > {ready}; exec sleep 60")
    (repo / ".gitattributes").write_text("z.txt filter=slow\n")
    (repo / "z.txt").write_text("z")
    git("add", ".")
    git("commit", "-qm", "slow to check out")
    command = [*GIT, "worktree", "add", "-q", "-b", BRANCH, str(place)]
    adding = subprocess.Popen(command, cwd=repo, start_new_session=True, stderr=subprocess.DEVNULL)
    with anyio.fail_after(20):
        await anyio.Path(ready).read_bytes()  # it is in the middle of the checkout
    os.killpg(adding.pid, 9)
    adding.wait()
    git("config", "--unset", "filter.slow.smudge")
    assert (place / "a.txt").exists()
    assert not (place / "z.txt").exists()

    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    assert (place / "z.txt").read_text() == "z"
    assert run(place, "status", "--porcelain") == ""
    assert (await remove_worktree(project, place, branch=BRANCH)).is_removed


async def test_what_a_killed_git_left_half_done_can_be_removed(project: Project, git: Git, place: Path) -> None:
    worktree = await add_worktree(project, place, branch=BRANCH, base="HEAD")
    assert worktree.project.git_dir is not None
    (worktree.project.git_dir / "locked").write_text("initializing\n")
    (worktree.project.git_dir / "index").unlink()
    (place / "a.txt").unlink()

    assert (await remove_worktree(project, place, branch=BRANCH)).is_removed
    assert not place.exists()
    assert git("worktree", "list").count("\n") == 1


async def test_a_finished_work_tree_that_is_still_locked_keeps_its_changes(project: Project, place: Path) -> None:
    worktree = await add_worktree(project, place, branch=BRANCH, base="HEAD")
    assert worktree.project.git_dir is not None
    (worktree.project.git_dir / "locked").write_text("initializing\n")
    (place / "a.txt").write_text("work")
    await add_worktree(project, place, branch=BRANCH, base="HEAD")

    assert (place / "a.txt").read_text() == "work"
    assert not (worktree.project.git_dir / "locked").exists()


async def test_a_work_tree_of_a_person_stays(project: Project, git: Git, place: Path) -> None:
    git("worktree", "add", "-q", "-b", "persons", str(place))
    removal = await remove_worktree(project, place, branch=BRANCH)

    assert (removal.is_removed, "has persons checked out" in removal.why_not) == (False, True)
    assert place.exists()


async def test_what_was_never_finished_and_holds_a_strange_file_stays(
    project: Project, repo: Path, place: Path
) -> None:
    worktree = await add_worktree(project, place, branch=BRANCH, base="HEAD")
    assert worktree.project.git_dir is not None
    (worktree.project.git_dir / "locked").write_text("initializing\n")
    (worktree.project.git_dir / "index").unlink()
    (place / "strange").write_text("whose?")

    with pytest.raises(GitError, match="never finished and holds strange"):
        await add_worktree(project, place, branch=BRANCH, base="HEAD")
    assert (place / "strange").exists()


async def test_a_directory_with_files_of_others_is_refused(project: Project, place: Path) -> None:
    place.mkdir(parents=True)
    (place / "mine").write_text("mine")

    with pytest.raises(GitError, match="holds files and is no work tree of ours"):
        await add_worktree(project, place, branch=BRANCH, base="HEAD")
    assert (place / "mine").exists()
    removal = await remove_worktree(project, place, branch=BRANCH)
    assert not removal.is_removed
    assert (place / "mine").exists()


async def test_a_work_tree_with_another_branch_is_refused(project: Project, place: Path) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")

    with pytest.raises(GitError, match="has tremaux/T-1/1 checked out"):
        await add_worktree(project, place, branch="tremaux/T-1/2", base="HEAD")


@pytest.mark.parametrize("branch", ["main", "tremaux/../main", "tremaux/", "-f"])
async def test_only_branches_of_ours_are_made_or_removed(project: Project, git: Git, place: Path, branch: str) -> None:
    with pytest.raises(GitError, match="no name of a ref"):
        await add_worktree(project, place, branch=branch, base="HEAD")
    with pytest.raises(GitError, match="no name of a ref"):
        await remove_worktree(project, place, branch=branch)
    assert git("branch", "--list").split() == ["*", "main"]


async def test_a_clean_work_tree_without_work_goes_with_its_branch(project: Project, git: Git, place: Path) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    (place / "ignored").mkdir()
    (place / "ignored/x").write_text("x")
    removal = await remove_worktree(project, place, branch=BRANCH)

    assert (removal.is_removed, removal.is_branch_deleted) == (True, True)
    assert list(place.parent.iterdir()) == []
    assert git("worktree", "list").count("\n") == 1
    assert git("branch", "--list", "tremaux/*") == ""
    assert (await remove_worktree(project, place, branch=BRANCH)).is_removed


async def test_a_tracked_file_that_is_ignored_is_no_dirt(project: Project, repo: Path, git: Git, place: Path) -> None:
    (repo / "ignored").mkdir()
    (repo / "ignored/tracked").write_text("x")
    git("add", "--force", "ignored/tracked")
    git("commit", "-qm", "tracked all the same")
    await add_worktree(project, place, branch=BRANCH, base="HEAD")

    assert (await remove_worktree(project, place, branch=BRANCH)).is_removed


async def test_a_branch_that_a_person_looks_at_is_neither_moved_nor_deleted(
    project: Project, repo: Path, git: Git, place: Path
) -> None:
    git("branch", "later")
    git("checkout", "-q", "-b", BRANCH)
    removal = await remove_worktree(project, place, branch=BRANCH)
    git("update-ref", "refs/heads/later", git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "later").strip())
    with pytest.raises(GitError, match="already"):
        await add_worktree(project, place, branch=BRANCH, base="later")

    assert (removal.is_removed, removal.is_branch_deleted) == (True, False)
    assert git("rev-parse", BRANCH) == git("rev-parse", "main")


DIRT = {
    "a modified file": lambda place: (place / "a.txt").write_text("two\n"),
    "an untracked file": lambda place: (place / "new").write_text("new"),
    "a deleted file": lambda place: (place / "a.txt").unlink(),
    "a staged file that is gone": lambda place: (
        (place / "new").write_text("new"),
        run(place, "add", "new"),
        (place / "new").unlink(),
    ),
    "a change git was told to overlook": lambda place: (
        run(place, "update-index", "--assume-unchanged", "a.txt"),
        (place / "a.txt").write_text("two\n"),
    ),
    "a mode": lambda place: (place / "a.txt").chmod(0o755),
    "a repository inside": lambda place: (
        (place / "nested").mkdir(),
        run(place / "nested", "init", "-q"),
    ),
    "a merge in the middle": lambda place: (
        run(place, "checkout", "-q", "--detach"),
        run(place, "commit", "-q", "--allow-empty", "-m", "other"),
        run(place, "checkout", "-q", BRANCH),
        run(place, "merge", "-q", "--no-ff", "--no-commit", "HEAD@{1}"),
    ),
}


@pytest.mark.parametrize("kind", DIRT)
async def test_a_dirty_work_tree_is_never_removed(project: Project, place: Path, kind: str) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    DIRT[kind](place)
    state = await worktree_state(project, place, branch=BRANCH)
    removal = await remove_worktree(project, place, branch=BRANCH)

    assert state.is_dirty
    assert (removal.is_removed, removal.why_not) == (False, state.dirt)
    assert (place / ".git").exists()


async def test_a_branch_with_work_keeps_its_work_tree_until_a_snapshot_or_branch_has_it(
    project: Project, git: Git, place: Path
) -> None:
    worktree = await add_worktree(project, place, branch=BRANCH, base="HEAD")
    (place / "a.txt").write_text("work")
    committed = await commit_work(place, message="work", trailers={}, project=project)
    assert committed is not None
    git("branch", "tremaux/T-2/1", BRANCH)  # a branch of ours may go at the same time
    git("tag", "v1", BRANCH)

    kept = await remove_worktree(project, place, branch=BRANCH)
    assert (kept.is_removed, kept.why_not) == (False, "1 of its commits are neither merged nor in a snapshot")
    await take_snapshot(worktree.project, ref=POST, message="post")
    gone = await remove_worktree(project, place, branch=BRANCH)
    assert (gone.is_removed, gone.is_branch_deleted) == (True, False)
    assert git("rev-parse", BRANCH).strip() == committed.commit
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    git("branch", "persons", BRANCH)
    assert (await remove_worktree(project, place, branch=BRANCH)).is_branch_deleted
    assert git("branch", "--list", BRANCH) == ""


async def test_commits_on_no_branch_keep_the_work_tree(project: Project, place: Path) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    run(place, "checkout", "-q", "--detach")
    run(place, "commit", "-q", "--allow-empty", "-m", "lonely")
    kept = await remove_worktree(project, place, branch=BRANCH)
    shutil.rmtree(place)
    still_known = await remove_worktree(project, place, branch=BRANCH)
    with pytest.raises(GitError, match="has vanished, and 1 of its commits"):
        await add_worktree(project, place, branch=BRANCH, base="HEAD")

    assert not kept.is_removed
    assert not still_known.is_removed


async def test_a_locked_work_tree_stays(project: Project, git: Git, place: Path) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    git("worktree", "lock", str(place))

    assert "is locked" in (await remove_worktree(project, place, branch=BRANCH)).why_not
    assert place.exists()


async def test_what_a_killed_process_left_half_removed_goes(project: Project, git: Git, place: Path) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    place.rename(place.with_name(f".{place.name}.tremaux-removed"))
    removal = await remove_worktree(project, place, branch=BRANCH)

    assert removal.is_removed
    assert list(place.parent.iterdir()) == []
    assert git("worktree", "list").count("\n") == 1


def evil(where: Path, ran: Path) -> Path:
    """A repository whose configuration runs a program at nearly every git command."""
    run(where, "init", "-q", "evil")
    for key in ("filter.x.clean", "filter.x.smudge", "core.fsmonitor", "diff.external", "gpg.program"):
        run(where / "evil", "config", key, f"touch {ran}; cat")
    return where / "evil/.git"


@pytest.mark.parametrize("kind", ["file", "link", "directory", "link to what was there"])
async def test_a_work_tree_that_points_elsewhere_is_refused_and_runs_nothing(
    project: Project, place: Path, tmp_path: Path, kind: str
) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    (place / ".gitattributes").write_text("* filter=x\n")
    there = evil(place, tmp_path / "ran")
    (place / ".git").rename(tmp_path / "was there")
    if kind == "file":
        (place / ".git").write_text(f"gitdir: {there}\n")
    elif kind == "link to what was there":  # it can be changed later
        (place / ".git").symlink_to(tmp_path / "was there")
    elif kind == "link":
        (place / ".git").symlink_to(there)
    else:
        there.rename(place / ".git")

    with pytest.raises(GitError, match="does not point at its repository"):
        await open_worktree(project, place)
    with pytest.raises(GitError, match="does not point at its repository"):
        await commit_work(place, message="x", trailers={}, project=project)
    removal = await remove_worktree(project, place, branch=BRANCH)
    assert "does not point at its repository" in removal.why_not
    assert place.exists()
    assert not (tmp_path / "ran").exists()


async def test_a_work_tree_replaced_by_a_link_is_refused(project: Project, place: Path, tmp_path: Path) -> None:
    await add_worktree(project, place, branch=BRANCH, base="HEAD")
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")

    removal = await remove_worktree(project, place, branch=BRANCH)
    assert (removal.is_removed, "does not point at its repository" in removal.why_not) == (False, True)
    assert (tmp_path / "moved/a.txt").exists()


STEPS = {
    "write": lambda place, n: (place / f"f{n % 3}").write_text(str(n)),
    "delete": lambda place, n: (place / f"f{n % 3}").unlink(missing_ok=True),
    "stage": lambda place, _: run(place, "add", "-A"),
    "commit": lambda place, n: run(place, "commit", "-q", "--allow-empty", "-m", str(n)),
    "commit all": lambda place, n: (run(place, "add", "-A"), run(place, "commit", "-q", "--allow-empty", "-m", str(n))),
    "detach": lambda place, _: run(place, "checkout", "-q", "--detach"),
    "branch": lambda place, _: run(place, "checkout", "-q", "-f", BRANCH),
    "merge": lambda place, _: run(place, "branch", "-f", "persons", "HEAD"),
    "reset": lambda place, _: run(place, "reset", "-q", "--hard", "main"),
}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=6))
def test_whatever_was_done_in_it_removing_a_work_tree_loses_no_work(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "repo"
        root.mkdir()
        run(root, "init", "-q", "-b", "main")
        (root / "f0").write_text("0")
        run(root, "add", ".")
        run(root, "commit", "-q", "-m", "first")
        place = root.parent / "T-1"

        async def removed() -> bool:
            project = await find_project(root)
            await add_worktree(project, place, branch=BRANCH, base="main")
            for n, step in enumerate(steps, 1):
                await anyio.to_thread.run_sync(STEPS[step], place, n)
            before = await anyio.to_thread.run_sync(held)
            is_removed = (await remove_worktree(project, place, branch=BRANCH)).is_removed
            assert is_removed or place.exists()
            if is_removed:
                files, commits = before
                safe = run(root, "rev-list", "--exclude=refs/heads/tremaux/*", "--all").split()
                assert files == ""
                assert commits <= set(safe)
            return is_removed

        def held() -> tuple[str, set[str]]:
            return run(place, "status", "--porcelain"), set(run(place, "rev-list", "HEAD", BRANCH).split())

        anyio.run(removed)
