"""Bring branches together without a work tree, and into a person's branch without hurting what they work on."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools.errors import GitConflict, GitError
from tremaux_tools.git import files
from tremaux_tools.git.command import WORK_TIMEOUT, printable, split
from tremaux_tools.git.index import named, own_index
from tremaux_tools.git.objects import (
    OURS,
    changed,
    commit_named,
    commit_tree,
    contains,
    head_of,
    identity,
    resolve,
    with_trailers,
)
from tremaux_tools.git.project import Project, ask, git
from tremaux_tools.git.refs import SNAPSHOTS
from tremaux_tools.git.snapshot import Snapshot, take_snapshot

OLDEST_MERGING = (2, 38)  # the git that brought `merge-tree --write-tree`
TRAILER = "Tremaux-Branch"
_CONFLICTS = (1,)
_UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of a branch that was to be merged."""

    commit: str | None  #: what HEAD is now; None where conflicts stopped it
    files: int  #: how many the merge changed
    conflicts: tuple[str, ...] = ()  #: files that both sides changed; nothing was done then
    before: Snapshot | None = None  #: all files as they were; None where there was nothing to merge


async def merged_base(project: Project, base: str, branches: Sequence[str]) -> str:
    """A commit that holds `base` and all of `branches`, made without a work tree; the same for the same commits.

    Raises:
        GitConflict: two of them changed the same lines; it names the files.
        GitError: git knows one of them not, is older than `OLDEST_MERGING`, or took too long.
    """
    current = await commit_named(project, base)
    for branch in branches:
        tip = await commit_named(project, branch)
        if await contains(project, current, tip):
            continue
        if await contains(project, tip, current):
            current = tip
            continue
        tree, conflicts = await _merged_tree(project, current, tip)
        if conflicts:
            raise GitConflict(branch, conflicts)
        current = await commit_tree(
            project,
            tree,
            [current, tip],
            f"Merge {branch} into the base of a ticket\n",
            env=OURS | await _newest_time(project, current, tip),
        )
    return current


async def merge_branch(
    project: Project, branch: str, *, message: str, trailers: Mapping[str, str] | None = None
) -> Merged:
    """Merge a branch into the one that is checked out in the project, if nothing is lost by it.

    Conflicts are told, and then nothing was changed. Files with changes that are not committed stay as they are, and
    where the merge would overwrite one nothing is done. The commit's message ends in `trailers` and the branch's name.

    Raises:
        GitError: no branch is checked out, git is in the middle of something, a file would be overwritten, or git
            refused. Nothing was changed.
    """
    ref, head = await _checked_out(project)
    tip = await commit_named(project, branch)
    if await contains(project, head, tip):
        return Merged(head, files=0)
    tree, conflicts = await _merged_tree(project, head, tip)
    if conflicts:
        return Merged(None, 0, conflicts)
    text = await with_trailers(project, message, {**(trailers or {}), TRAILER: branch})
    commit = await commit_tree(project, tree, [head, tip], text, env=await identity(project))
    before = await take_snapshot(
        project, ref=f"{SNAPSHOTS}merge/{commit}", message=f"tremaux: before merging {printable(branch)}"
    )
    there_already = await _refuse_overwriting(project, head, tree, before)
    await _rehearse(project, head, tree, there_already)
    number = len(await changed(project, head, tree))
    with anyio.CancelScope(shield=True):  # files, index and branch move together; git's time is bounded
        await _add(project, there_already)
        await ask(project, "read-tree", "-m", "-u", head, tree, patience=WORK_TIMEOUT)
        said = f"tremaux: merge {printable(branch)}"
        await git(project, "update-ref", "-m", said, ref, commit, head, env=await identity(project))
    return Merged(commit, number, before=before)


async def is_within(project: Project, branch: str, commit: str) -> bool:
    """Whether all of a branch is among the ancestors of a commit; false for a branch that is not there."""
    tip = await resolve(project, branch)
    return tip is not None and await contains(project, commit, tip)


async def _checked_out(project: Project) -> tuple[str, str]:
    """The ref that is checked out and its commit."""
    ref = (await ask(project, "symbolic-ref", "--quiet", "HEAD", failing=(1,))).text.strip()
    if not ref:
        raise GitError("no branch is checked out (detached HEAD)", "Check out the branch to merge into.")
    head = await head_of(project)
    if head is None:
        raise GitError("the branch that is checked out has no commit yet", "Commit something first.")
    under_way = await anyio.to_thread.run_sync(_under_way, project.git_dir)
    if under_way or await git(project, "ls-files", "--unmerged"):
        raise GitError("git is in the middle of a merge, rebase or the like here", "Finish or abort that first.")
    return ref, head


async def _merged_tree(project: Project, ours: str, theirs: str) -> tuple[str, tuple[str, ...]]:
    """The tree of a merge, and the files that conflict."""
    asked = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs)
    try:
        answer = await ask(project, *asked, failing=_CONFLICTS, patience=WORK_TIMEOUT)
    except GitError as error:
        version = await git(project, "version")
        if tuple(int(part) for part in version.split()[2].split(".")[:2]) < OLDEST_MERGING:
            raise GitError(
                f"{version.strip()} cannot merge without a work tree", "Install git 2.38 or newer."
            ) from error
        raise
    tree, *conflicts = split(answer.text)
    return tree, tuple(dict.fromkeys(conflicts)) if answer.code else ()


async def _refuse_overwriting(project: Project, head: str, tree: str, before: Snapshot) -> list[str]:
    """Refuse a merge that would overwrite what is not committed; return the files that are as merged already.

    Those are common: a ticket begins with the uncommitted work of its time, and so its branch brings that back.
    """
    touched = {one.path: one for one in await changed(project, head, tree)}
    dirty = {one.path for one in await changed(project, head, before.commit)} & touched.keys()
    differing = {one.path for one in await changed(project, before.commit, tree)}
    new = [path for path, one in touched.items() if one.letter == "A" and path not in dirty]
    # Ignored files are in no snapshot, and git would overwrite them without a word.
    doomed = {path for path, one in touched.items() if one.letter == "D"}
    hidden = await anyio.to_thread.run_sync(_hidden, project.root, new, doomed)
    staged = await _staged(project, head) & await _staged(project, tree) & touched.keys()
    if lost := sorted({*(dirty & differing), *staged, *hidden}):
        raise GitError(
            f"the merge would overwrite changes that are not committed: {named(lost)}",
            "Commit them first, with finish_task or git; nothing was changed.",
        )
    return sorted(dirty - differing)


async def _rehearse(project: Project, head: str, tree: str, there_already: Sequence[str]) -> None:
    """Do all that could be refused with an index of our own, and write no file."""
    async with own_index(project) as index:
        await _add(project, there_already, index)
        await ask(project, "read-tree", "-m", "-u", "--dry-run", head, tree, env=index, patience=WORK_TIMEOUT)


async def _add(project: Project, names: Sequence[str], index: Mapping[str, str] | None = None) -> None:
    if names:
        said = "".join(f"{name}\0" for name in names)
        asked = ("update-index", "--add", "--remove", "-z", "--stdin")
        await ask(project, *asked, env=index, said=said, patience=WORK_TIMEOUT)


async def _newest_time(project: Project, *commits: str) -> dict[str, str]:
    """The variables that date a commit like the newest of its parents: the same merge is the same commit."""
    times = (await git(project, "show", "--no-patch", "--format=%ct", *commits)).split()
    date = f"@{max(int(time) for time in times)} +0000"
    return {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}


async def _staged(project: Project, commit: str) -> set[str]:
    """The files that the user's index holds otherwise than a commit or tree."""
    return set(split(await git(project, "diff-index", "--cached", "--name-only", "--no-renames", "-z", commit)))


def _hidden(root: Path, names: Sequence[str], doomed: Container[str]) -> list[str]:
    return [*files.present(root, names), *files.obstacles(root, names, doomed)]


def _under_way(data: Path | None) -> bool:
    return any(data and (data / name).exists() for name in _UNFINISHED)
