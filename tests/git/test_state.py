import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import GIT

from tremaux_tools.errors import GitError
from tremaux_tools.git import MAX_UNTRACKED_BYTES, State, changes, command, find_project, state

pytestmark = pytest.mark.anyio
Git = Callable[..., str]


async def tree_of(root: Path) -> str | None:
    return (await state(await find_project(root))).tree


async def test_all_work_trees_of_a_repository_are_one_project(repo: Path, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-q", str(tmp_path / "linked"))
    (repo / "deep").mkdir()

    found = [await find_project(path) for path in (repo, repo / "deep", tmp_path / "linked")]
    assert {project.path for project in found} == {repo}
    assert [project.root for project in found] == [repo, repo, tmp_path / "linked"]


async def test_outside_git_the_directory_is_the_project(tmp_path: Path) -> None:
    project = await find_project(tmp_path)

    assert (project.path, project.git_dir) == (tmp_path, None)
    assert await state(project) == State(None, None)
    assert await changes(project, State(None, None)) is None


async def test_equal_files_have_equal_states(repo: Path) -> None:
    before = await tree_of(repo)
    (repo / "a.txt").write_text("two\n")
    changed = await tree_of(repo)
    (repo / "a.txt").write_text("one\n")

    assert changed != before
    assert await tree_of(repo) == before


async def test_a_change_of_equal_size_in_the_second_of_the_last_commit_is_seen(repo: Path, git: Git) -> None:
    git("config", "core.trustctime", "false")
    long_ago = (1_700_000_000, 1_700_000_000)
    os.utime(repo / "a.txt", long_ago)
    git("add", "a.txt")
    os.utime(repo / ".git" / "index", long_ago)
    before = await tree_of(repo)
    (repo / "a.txt").write_text("two\n")
    os.utime(repo / "a.txt", long_ago)

    assert await tree_of(repo) != before


async def test_untracked_files_count_and_ignored_ones_do_not(repo: Path) -> None:
    before = await tree_of(repo)
    (repo / "ignored").mkdir()
    (repo / "ignored" / "x").write_text("x")
    assert await tree_of(repo) == before

    (repo / "new.txt").write_text("new")
    assert await tree_of(repo) != before


async def test_index_and_head_stay_untouched(repo: Path, git: Git) -> None:
    (repo / "a.txt").write_text("staged\n")
    git("add", "a.txt")
    (repo / "a.txt").write_text("worked on\n")
    (repo / "new.txt").write_text("new")
    index, head, status = (repo / ".git/index").read_bytes(), git("rev-parse", "HEAD"), git("status", "--porcelain")
    await tree_of(repo)

    assert (repo / ".git/index").read_bytes() == index
    assert git("rev-parse", "HEAD") == head
    assert git("status", "--porcelain") == status


async def test_a_huge_untracked_file_is_named_without_being_read(repo: Path, git: Git) -> None:
    plain = await tree_of(repo)
    with (repo / "huge.bin").open("wb") as file:
        file.truncate(MAX_UNTRACKED_BYTES + 1)
    large = await tree_of(repo)

    assert plain is not None
    assert large is not None
    assert large.startswith(f"{plain}+")
    with (repo / "huge.bin").open("ab") as file:
        file.write(b"x")
    assert await tree_of(repo) not in (plain, large)
    assert "huge.bin" not in git("ls-tree", "-r", "--name-only", plain)


async def test_a_repository_without_commits_has_a_state(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "x").write_text("x")
    found = await state(await find_project(tmp_path))

    assert found.commit is None
    assert found.tree


async def test_a_git_that_started_us_does_not_redirect_ours(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other-index"))

    assert (await find_project(repo)).path == repo
    assert await tree_of(repo)


async def test_changes_name_every_file_committed_or_not(repo: Path, git: Git) -> None:
    project = await find_project(repo)
    (repo / "gone.txt").write_text("x\n")
    base = await state(project)
    (repo / "a.txt").write_text("one\ntwo\n")
    git("commit", "-qam", "second")
    (repo / "naïve name.txt").write_text("1\n2\n")
    (repo / "gone.txt").unlink()
    (repo / "data.bin").write_bytes(b"\0\1\2")
    found = await changes(project, base)

    assert found is not None
    assert {(file.path, file.status, file.added, file.deleted) for file in found.files} == {
        ("a.txt", "modified", 1, 0),
        ("naïve name.txt", "added", 2, 0),
        ("gone.txt", "deleted", 0, 1),
        ("data.bin", "added", None, None),
    }
    assert found.base == base.commit
    assert "1 new commit" in found.summary
    assert any("data.bin" in line for line in found.working_tree)


async def test_nothing_changed_says_so(repo: Path) -> None:
    project = await find_project(repo)
    found = await changes(project, await state(project))

    assert found is not None
    assert (found.files, found.summary) == ((), "nothing changed")


async def test_a_state_git_has_forgotten_is_told(repo: Path) -> None:
    found = await changes(await find_project(repo), State("1" * 40, "2" * 40))

    assert found is not None
    assert "unknown to git" in found.summary


async def test_what_git_cannot_add_does_not_hide_the_rest(repo: Path, tmp_path: Path) -> None:
    (repo / "nested").mkdir()
    subprocess.run(["git", "init", "-q"], cwd=repo / "nested", check=True)
    before = await tree_of(repo)
    (repo / "new.txt").write_text("new\n")

    assert before
    assert await tree_of(repo) not in (None, before)


async def test_a_slow_git_is_given_up(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = await find_project(repo)
    monkeypatch.setattr(command, "GIT_TIMEOUT", 0.0)

    with pytest.raises(GitError, match="took longer"):
        await state(project)


@pytest.mark.parametrize("commit", ["--output=written", "HEAD:a.txt", "HEAD", "-"])
async def test_a_base_that_is_no_objects_name_never_reaches_git(repo: Path, git: Git, commit: str) -> None:
    tree = git("rev-parse", "HEAD^{tree}").strip()

    found = await changes(await find_project(repo), State(commit, tree))
    assert found is not None
    assert found.base == tree
    assert not list(repo.glob("written*"))


async def test_a_base_tree_that_names_a_file_is_unknown(repo: Path) -> None:
    found = await changes(await find_project(repo), State(None, "HEAD:a.txt"))

    assert found is not None
    assert found.summary == "nothing to compare with: the recorded state is unknown to git"


async def test_names_that_are_no_text_are_shown_as_escapes(repo: Path) -> None:
    before = await state(await find_project(repo))
    (repo / os.fsdecode(b"f\xff\n\x1b[31m.txt")).write_text("x")

    found = await changes(await find_project(repo), before)
    assert found is not None
    assert [file.path for file in found.files] == [r"f\udcff\n\x1b[31m.txt"]
    assert found.working_tree == (r"?? f\udcff\n\x1b[31m.txt",)


async def test_an_index_that_cannot_be_copied_is_trouble_with_git(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(GitError, match="cannot be copied"):
        await state(await find_project(repo))


@pytest.mark.parametrize("is_known", [False, True])
async def test_a_commit_in_a_repository_inside_is_another_state(repo: Path, git: Git, is_known: bool) -> None:
    (repo / "nested").mkdir()
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*GIT, *words], cwd=repo / "nested", check=True)
    if is_known:
        git("add", "nested")
    before = await tree_of(repo)
    subprocess.run([*GIT, "commit", "-q", "--allow-empty", "-m", "y"], cwd=repo / "nested", check=True)

    assert await tree_of(repo) not in (None, before)
