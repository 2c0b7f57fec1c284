import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tremaux_tools.errors import BadArgument, GitError, UnknownItem
from tremaux_tools.git import (
    MAX_UNTRACKED_BYTES,
    Project,
    Snapshot,
    changes,
    commit_work,
    find_project,
    list_snapshots,
    restore_snapshot,
    state,
    take_snapshot,
)

pytestmark = pytest.mark.anyio
Git = Callable[..., str]
Seen = Callable[[], dict[str, object]]
REF = "refs/tremaux/snap/T-1/1/pre"


async def taken(project: Project, ref: str = REF) -> Snapshot:
    return await take_snapshot(project, ref=ref, message="tremaux T-1 pre")


def names(git: Git, commit: str) -> set[str]:
    return set(git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")) - {""}


async def test_a_snapshot_holds_untracked_files_and_touches_nothing(
    project: Project, repo: Path, git: Git, seen: Seen
) -> None:
    (repo / "a.txt").write_text("staged\n")
    git("add", "a.txt")
    (repo / "a.txt").write_text("worked on\n")
    (repo / "new.txt").write_text("new\n")
    (repo / "ignored").mkdir()
    (repo / "ignored/x").write_text("x")
    before = seen()

    snapshot = await taken(project)
    assert seen() == before
    assert names(git, snapshot.commit) == {".gitignore", "a.txt", "new.txt"}
    assert git("show", f"{snapshot.commit}:a.txt") == "worked on\n"
    assert git("rev-parse", REF, f"{snapshot.commit}^").split() == [snapshot.commit, git("rev-parse", "HEAD").strip()]
    assert (snapshot.files, snapshot.warnings) == (2, ())
    assert git("log", "-1", "--format=%an <%ae> %cn", snapshot.commit).strip() == "tremaux <tremaux@localhost> tremaux"


async def test_a_clean_work_tree_is_its_own_commit(project: Project, git: Git) -> None:
    snapshot = await taken(project)

    assert snapshot.commit == git("rev-parse", "HEAD").strip() == git("rev-parse", REF).strip()
    assert snapshot.files == 0


async def test_before_the_first_commit_a_snapshot_has_no_parent(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "x").write_text("x")
    (tmp_path / "home").rename(tmp_path.parent / f"{tmp_path.name}-home")
    project = await find_project(tmp_path)

    snapshot = await taken(project)
    (tmp_path / "x").write_text("y")
    await restore_snapshot(project, snapshot.ref)
    assert snapshot.files == 1
    assert (tmp_path / "x").read_text() == "x"


async def test_odd_names_links_and_modes_come_back_as_they_were(project: Project, repo: Path, seen: Seen) -> None:
    odd = [repo / name for name in ("with space", "line\nend", os.fsdecode(b"by\xff\xfete"), "-dash", ":(top)x", "é")]
    for path in odd:
        path.write_bytes(b"\0\r\n" + os.fsencode(path.name))
    (repo / "run.sh").write_text("#!/bin/sh\n")
    (repo / "run.sh").chmod(0o755)
    (repo / "link").symlink_to("no such\nplace")
    (repo / "deep/er").mkdir(parents=True)
    (repo / "deep/er/file").write_text("deep")
    before = seen()
    snapshot = await taken(project)
    for path in (*odd, repo / "run.sh", repo / "link", repo / "deep/er/file"):
        path.unlink()
    (repo / "deep/er").rmdir()
    (repo / "deep").rmdir()
    (repo / "deep").write_text("a file now")
    (repo / "link").mkdir()
    (repo / "link/inner").write_text("a directory now")

    restored = await restore_snapshot(project, snapshot.commit)
    assert seen() == before
    assert restored.deleted == ("deep", "link/inner")
    assert (len(restored.written), restored.blocked) == (9, ())


async def test_a_restore_can_be_undone(project: Project, repo: Path, git: Git, seen: Seen) -> None:
    snapshot = await taken(project)
    (repo / "a.txt").write_text("two\n")
    (repo / "new.txt").write_text("precious\n")
    git("rm", "-q", "--cached", ".gitignore")
    worked_on = seen()

    restored = await restore_snapshot(project, REF)
    assert not (repo / "new.txt").exists()
    assert (repo / "a.txt").read_text() == "one\n"
    assert restored.deleted == ("new.txt",)
    assert seen()["//index"] == worked_on["//index"]
    assert git("rev-parse", "HEAD").strip() == snapshot.commit
    await restore_snapshot(project, restored.safety.ref)
    assert seen() == worked_on


async def test_only_the_named_paths_are_restored(project: Project, repo: Path) -> None:
    (repo / "src").mkdir()
    (repo / "src/one").write_text("1")
    await taken(project)
    (repo / "src/one").write_text("changed")
    (repo / "src/two").write_text("new")
    (repo / "a.txt").write_text("changed")

    restored = await restore_snapshot(project, REF, paths=["src"])
    assert (restored.written, restored.deleted) == (("src/one",), ("src/two",))
    assert (repo / "a.txt").read_text() == "changed"


@pytest.mark.parametrize(
    "path", ["../outside", "src/../../outside", "/etc/passwd", "", "a\0b", "a\ud800", "no/such/file"]
)
async def test_a_path_outside_or_unknown_is_refused_and_nothing_changes(
    project: Project, repo: Path, seen: Seen, path: str
) -> None:
    await taken(project)
    (repo / "a.txt").write_text("changed")
    before = seen()

    with pytest.raises(BadArgument, match="path"):
        await restore_snapshot(project, REF, paths=["a.txt", path])
    assert seen() == before


async def test_a_restore_writes_through_no_link(project: Project, repo: Path, tmp_path: Path) -> None:
    (repo / "out").mkdir()
    (repo / "out/file").write_text("in the snapshot")
    await taken(project)
    (repo / "out/file").unlink()
    (repo / "out").rmdir()
    (tmp_path / "victim").mkdir()
    (repo / "out").symlink_to(tmp_path / "victim")
    (repo / ".git/info/exclude").write_text("out\n")

    restored = await restore_snapshot(project, REF)
    assert list((tmp_path / "victim").iterdir()) == []
    assert restored.blocked == ("out/file",)
    assert "in the way" in restored.warnings[0]


async def test_ignored_files_stay_and_those_overwritten_are_kept(project: Project, repo: Path, git: Git) -> None:
    (repo / "notes.log").write_text("old")
    await taken(project)
    (repo / ".git/info/exclude").write_text("*.log\n")
    (repo / "notes.log").write_text("newer, and ignored since")
    (repo / "other.log").write_text("ignored")

    restored = await restore_snapshot(project, REF)
    assert (repo / "notes.log").read_text() == "old"
    assert (repo / "other.log").read_text() == "ignored"
    assert git("show", f"{restored.safety.ref}:notes.log") == "newer, and ignored since"


async def test_what_is_not_saved_is_told(project: Project, repo: Path) -> None:
    for name in ("nested", "empty"):
        (repo / name).mkdir()
        subprocess.run(["git", "init", "-q"], cwd=repo / name, check=True)
    (repo / "nested/f").write_text("f")
    subprocess.run(["git", "add", "."], cwd=repo / "nested", check=True)
    identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
    subprocess.run(["git", *identity, "commit", "-qm", "x"], cwd=repo / "nested", check=True)
    with (repo / "huge.bin").open("wb") as file:
        file.truncate(MAX_UNTRACKED_BYTES + 1)

    snapshot = await taken(project)
    assert snapshot.files == 0
    assert "empty, nested" in snapshot.warnings[0]
    assert "huge.bin" in snapshot.warnings[1]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "y"], cwd=repo / "nested", check=True)
    (repo / "nested/f").write_text("mine")
    restored = await restore_snapshot(project, REF)
    assert (restored.written, restored.deleted) == ((), ())
    assert (repo / "nested/f").read_text() == "mine"
    assert (repo / "huge.bin").exists()


async def test_no_program_of_a_nested_repository_is_run(project: Project, repo: Path, git: Git, tmp_path: Path) -> None:
    nested = repo / "nested"
    nested.mkdir()
    for words in (["init", "-q"], ["config", "filter.evil.clean", f"touch {tmp_path}/ran; cat"]):
        subprocess.run(["git", *words], cwd=nested, check=True)
    (nested / ".gitattributes").write_text("*.txt filter=evil\n")
    (nested / "f.txt").write_text("hi\n")
    subprocess.run(["git", "add", "."], cwd=nested, check=True)
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"], cwd=nested, check=True)
    git("add", "nested")
    git("commit", "-qm", "with a nested repository")
    (tmp_path / "ran").unlink()
    os.utime(nested / "f.txt", (1, 1))  # git would have to read the file to know it is the same

    await taken(project)
    await restore_snapshot(project, REF)
    await changes(project, await state(project))
    await commit_work(repo, message="m", trailers={})
    assert not (tmp_path / "ran").exists()


async def test_no_hook_runs_and_no_foreign_variable_redirects(
    project: Project, repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hook in ("reference-transaction", "post-index-change", "post-checkout"):
        (repo / ".git/hooks").mkdir(exist_ok=True)
        (repo / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (repo / ".git/hooks" / hook).chmod(0o755)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other-index"))
    (repo / "a.txt").write_text("two\n")

    await taken(project)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert git("show", f"{REF}:a.txt") == "two\n"
    assert not (tmp_path / "ran").exists()


async def test_a_snapshot_taken_again_keeps_the_first_in_its_reflog(project: Project, repo: Path, git: Git) -> None:
    (repo / "a.txt").write_text("two\n")
    first = await taken(project)
    (repo / "a.txt").write_text("three\n")
    second = await taken(project)

    assert git("rev-parse", REF, f"{REF}@{{1}}").split() == [second.commit, first.commit]


async def test_snapshots_are_found_by_ref_name_and_digits(project: Project, repo: Path) -> None:
    (repo / "a.txt").write_text("two\n")
    first = await taken(project)
    (repo / "a.txt").write_text("three\n")
    await taken(project, "refs/tremaux/snap/T-1/1/post")

    assert {kept.name for kept in await list_snapshots(project)} == {"T-1/1/pre", "T-1/1/post"}
    for name in (REF, "T-1/1/pre", first.commit[:7]):
        await restore_snapshot(project, name, paths=["a.txt"])
        assert (repo / "a.txt").read_text() == "two\n"
    for name in ("main", "HEAD", first.commit[:6], "--output=x", "", "T-1"):
        with pytest.raises(UnknownItem):
            await restore_snapshot(project, name)


async def test_a_snapshot_is_as_old_as_its_taking_and_not_as_the_commit_it_equals(
    project: Project, repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as past:
        past.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
        git("commit", "-q", "--allow-empty", "-m", "old")
    (repo / "new").write_text("x")
    await take_snapshot(project, ref="refs/tremaux/snap/T-1/1/post", message="differs")
    (repo / "new").unlink()
    await take_snapshot(project, ref=REF, message="differs in nothing")
    kept = {one.name: one.taken_at for one in await list_snapshots(project)}

    assert kept["T-1/1/pre"] >= kept["T-1/1/post"]


@pytest.mark.parametrize(
    "ref",
    ["refs/heads/main", "refs/tremaux/snap/a..b", "refs/tremaux/snap/", "--all", "refs/tremaux/snap/../../heads/x"],
)
async def test_a_snapshot_is_kept_under_our_refs_alone(project: Project, ref: str) -> None:
    with pytest.raises(GitError, match="no name of a ref"):
        await taken(project, ref)


async def test_outside_git_there_are_no_snapshots(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is in no git repository"):
        await taken(await find_project(tmp_path))
