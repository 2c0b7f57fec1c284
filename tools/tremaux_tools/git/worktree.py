"""A work tree and a branch for each ticket's run: a crash does no harm to them, and removing one loses no work.

The invariant: a work tree is never removed while it holds a change that is not committed, or while its branch holds a
commit that neither a person's branch nor a snapshot has.
"""

import os
import shutil
from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools.errors import GitError
from tremaux_tools.git import files
from tremaux_tools.git.command import WORK_TIMEOUT, printable, split
from tremaux_tools.git.index import add_all, named, own_index, write_tree
from tremaux_tools.git.objects import commit_named, contains, head_of, resolve, tree_of
from tremaux_tools.git.project import Project, ask, common_dir, git
from tremaux_tools.git.refs import BRANCHES, SNAPSHOTS, checked, full

_MAKING = "initializing"  # the reason of git's lock on a work tree that `git worktree add` has not finished
_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "BISECT_LOG")


@dataclass(frozen=True, slots=True)
class Worktree:
    """A work tree of ours."""

    project: Project  #: to ask git in it; it holds where the repository keeps this work tree's own data
    branch: str
    commit: str  #: what the branch points at

    @property
    def directory(self) -> Path:
        """Where its files are."""
        return self.project.root


@dataclass(frozen=True, slots=True)
class WorktreeState:
    """What would be lost with a work tree. Each is a reason in words, or empty."""

    dirt: str = ""  #: what is not committed
    unmerged: str = ""  #: what is committed here alone

    @property
    def is_dirty(self) -> bool:
        """Whether it holds changes that are not committed."""
        return bool(self.dirt)

    @property
    def has_unmerged(self) -> bool:
        """Whether it has commits that no branch of a person and no snapshot holds."""
        return bool(self.unmerged)


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of a work tree that was to be removed."""

    is_removed: bool
    why_not: str = ""
    is_branch_deleted: bool = False  #: only once a person's branch has all of it


async def add_worktree(project: Project, directory: Path, *, branch: str, base: str) -> Worktree:
    """Make a work tree in `directory` with `branch`, which begins at the commit `base`.

    A work tree that is there with this branch is taken as it is, and so is a branch with commits of its own. What a
    killed process left half done is cleared and done again.

    Raises:
        GitError: the directory or the branch is in use for something else, git refused, or took longer than
            `WORK_TIMEOUT`.
    """
    await checked(project, full(branch), under=full(BRANCHES))
    start = await commit_named(project, base)
    place = await anyio.to_thread.run_sync(_settled, directory)
    data = await _whole_data_of(project, place, branch)
    if data is not None:
        if await anyio.Path(place).exists():
            return await _taken_as_it_is(project, place, branch)
        if why_not := await _why_keep(project, place, data, branch):
            raise GitError(f"{_shown(place)} has vanished, and {why_not}", "Look at it with `git worktree list`.")
        await _forget(project, place)
    if await anyio.to_thread.run_sync(_is_occupied, place):
        raise GitError(f"{_shown(place)} holds files and is no work tree of ours", "Name another directory.")
    tip = await resolve(project, full(branch))
    if tip not in (None, start) and await contains(project, start, tip) and not await _is_checked_out(project, branch):
        # Made by a process that died before anybody worked in it, and the base has moved on since.
        await git(project, "update-ref", full(branch), start, tip)
    wanted = (str(place), branch) if tip else ("--no-track", "-b", branch, str(place), start)
    await ask(project, "worktree", "add", "--quiet", *wanted, patience=WORK_TIMEOUT)
    return await _taken_as_it_is(project, place, branch)


async def open_worktree(project: Project, directory: Path) -> Project:
    """The work tree in `directory`, which must be one of the repository's, as a project to ask git in.

    Raises:
        GitError: it is none, or its `.git` file was tampered with.
    """
    place = await anyio.to_thread.run_sync(_settled, directory)
    data = await _data_of(project, place)
    if data is None:
        raise GitError(f"{_shown(place)} is no work tree of {project.name}", "List them with `git worktree list`.")
    if not await anyio.to_thread.run_sync(_points_at, place, data):
        raise GitError(
            f"the .git file of the work tree {_shown(place)} does not point at its repository",
            f"Something changed it. Look at it; it should say `gitdir: {data}`.",
        )
    return replace(project, root=place, git_dir=data)


async def check_branch(there: Project, branch: str) -> None:
    """Do nothing where a work tree has this branch checked out.

    Raises:
        GitError: it has another one, or none.
    """
    found = await _head_ref(there)
    if found != full(branch):
        other = found.removeprefix(full("")) or "no branch"
        raise GitError(
            f"the work tree {_shown(there.root)} has {other} checked out, not {branch}",
            "Look at it there, and at where its commits went.",
        )


async def list_worktrees(project: Project) -> list[Worktree]:
    """The work trees of ours that the repository knows, vanished ones too."""
    found = []
    for record in (await git(project, "worktree", "list", "--porcelain", "-z")).split("\0\0"):
        told = dict(line.partition(" ")[::2] for line in record.split("\0") if line)
        place, ref = Path(told.get("worktree", "")), told.get("branch", "")
        data = await _data_of(project, place) if ref.startswith(full(BRANCHES)) else None
        if data is not None:
            there = replace(project, root=place, git_dir=data)
            found.append(Worktree(there, ref.removeprefix(full("")), told["HEAD"]))
    return found


async def worktree_state(project: Project, directory: Path, *, branch: str) -> WorktreeState:
    """What would be lost with the work tree in `directory`.

    Files count whatever its index says of them: `git update-index --assume-unchanged` hides nothing.

    Raises:
        GitError: as of `open_worktree`; git refused or took longer than `WORK_TIMEOUT`.
    """
    there = await open_worktree(project, directory)
    return WorktreeState(await _dirt(there), await _unmerged(there, full(branch), "HEAD"))


async def remove_worktree(project: Project, directory: Path, *, branch: str) -> Removal:
    """Remove the work tree in `directory`, unless work would be lost with it; then tell why not.

    The branch goes too once a person's branch holds all of it. One that is not there any more is forgotten. What a
    killed process left half removed is removed.

    Raises:
        GitError: git failed; what was begun goes on when this is called again.
    """
    await checked(project, full(branch), under=full(BRANCHES))
    place = await anyio.to_thread.run_sync(_settled, directory)
    data = await _whole_data_of(project, place, branch)
    if data is None and await anyio.to_thread.run_sync(_is_occupied, place):
        return Removal(is_removed=False, why_not=f"{_shown(place)} is no work tree of this repository")
    if data is not None and (why_not := await _why_keep(project, place, data, branch)):
        return Removal(is_removed=False, why_not=why_not)
    with anyio.CancelScope(shield=True):
        # It goes at one stroke: a tree half deleted would look like one in which somebody deleted files.
        rest = place.with_name(f".{place.name}.tremaux-removed")
        await anyio.to_thread.run_sync(_set_aside, place, rest)
        if data is not None:
            await _forget(project, place)
        is_merged = await _delete_merged_branch(project, branch)
        await anyio.to_thread.run_sync(_clear, rest)
    return Removal(is_removed=True, is_branch_deleted=is_merged)


async def drop_branch(project: Project, branch: str, *, at: str) -> bool:
    """Delete a branch of ours on which nothing was done: it still points at the commit it began `at`, in no work tree.

    Raises:
        GitError: git failed.
    """
    await checked(project, full(branch), under=full(BRANCHES))
    if await resolve(project, full(branch)) != at or await _is_checked_out(project, branch):
        return False
    await git(project, "update-ref", "-d", full(branch), at)
    return True


async def _why_keep(project: Project, place: Path, data: Path, branch: str) -> str:
    """Why a work tree that the repository knows must stay; empty if it need not."""
    there = replace(project, root=place, git_dir=data)
    if await anyio.Path(_lock(there)).exists():
        return f"the work tree {_shown(place)} is locked"
    if not await anyio.Path(place).exists():
        ghost = replace(project, git_dir=data)  # to ask for its HEAD, which may be on no branch
        return await _unmerged(ghost, "HEAD", but_for=branch)
    try:
        found = await worktree_state(project, place, branch=branch)
        other = await _head_ref(there)
    except GitError as error:
        return str(error)
    if other not in ("", full(branch)):
        return f"the work tree {_shown(place)} has {other.removeprefix(full(''))} checked out"
    return found.dirt or found.unmerged


async def _dirt(there: Project) -> str:
    """What of a work tree is not committed; an empty text if nothing is."""
    under_way = await anyio.to_thread.run_sync(_under_way, there.git_dir)
    if under_way:
        return f"git is in the middle of something there ({under_way})"
    head = await head_of(there)
    if head is None:
        return "nothing is committed there yet"
    if (await ask(there, "diff-index", "--cached", "--quiet", head, failing=(1,))).code:
        return "changes are staged there and not committed"
    async with own_index(there, is_empty=True) as index:
        await git(there, "read-tree", head, env=index)
        left = await add_all(there, index, patience=WORK_TIMEOUT)
        tree = await write_tree(there, index)
    if tree != await tree_of(there, head):
        listed = await git(there, "diff-tree", "-r", "-z", "--name-only", "--no-renames", head, tree)
        return f"changes are not committed there: {named(split(listed))}"
    others = (*left.nested, *left.large, *left.unread)
    return f"files are there that git does not keep: {named(others)}" if others else ""


async def _unmerged(there: Project, *names: str, but_for: str | None = None) -> str:
    """How many commits have only names of ours, beside snapshots and the branch `but_for`; an empty text for none."""
    tips = sorted({tip for name in names if (tip := await resolve(there, name))})
    kept = await resolve(there, full(but_for)) if but_for else None
    snapshots = f"--glob={SNAPSHOTS}*"
    number = await _alone(there, *tips, "--not", *([kept] if kept else []), snapshots) if tips else 0
    return f"{number} of its commits are neither merged nor in a snapshot" if number else ""


async def _delete_merged_branch(project: Project, branch: str) -> bool:
    tip = await resolve(project, full(branch))
    if tip is None:
        return True
    if await _alone(project, tip, "--not") or await _is_checked_out(project, branch):
        return False
    await git(project, "update-ref", "-d", full(branch), tip)
    return True


async def _is_checked_out(project: Project, branch: str) -> bool:
    """Whether a work tree has the branch, maybe a person's, from under which it must be neither moved nor deleted."""
    return bool((await git(project, "for-each-ref", "--format=%(worktreepath)", full(branch))).strip())


async def _alone(project: Project, *commits: str) -> int:
    """How many commits of a range that ends in `--not` are in no branch of a person."""
    held = (f"--exclude={full(BRANCHES)}*", "--glob=refs/heads/*")
    return int(await git(project, "rev-list", "--count", *commits, *held))


async def _taken_as_it_is(project: Project, place: Path, branch: str) -> Worktree:
    there = await open_worktree(project, place)
    await check_branch(there, branch)
    return Worktree(there, branch, await commit_named(there, "HEAD"))


async def _head_ref(there: Project) -> str:
    """The ref that is checked out; empty where HEAD is detached."""
    return (await ask(there, "symbolic-ref", "--quiet", "HEAD", failing=(1,))).text.strip()


async def _whole_data_of(project: Project, place: Path, branch: str) -> Path | None:
    """As `_data_of`, once what a killed `git worktree add` left half made is cleared away."""
    data = await _data_of(project, place)
    if data is None or not await _is_half_made(data):
        return data
    await _clear_half_made(project, place, data, branch)
    return None


async def _clear_half_made(project: Project, place: Path, data: Path, branch: str) -> None:
    """Delete what was left half made: nobody was told of it, so nobody has worked there."""
    tip = await resolve(project, full(branch))
    asked = ("ls-tree", "-r", "-z", "--name-only", "--full-tree")
    known = split(await git(project, *asked, tip)) if tip else []
    if strange := await anyio.to_thread.run_sync(_strange, place, {".git", *known}):
        raise GitError(f"{_shown(place)} was never finished and holds {named(strange)}", "Look at it, then delete it.")
    await anyio.to_thread.run_sync(_clear, place)
    await anyio.to_thread.run_sync(_clear, data)


async def _is_half_made(data: Path) -> bool:
    """Whether a `git worktree add` was killed in the middle; one that had only its lock to remove is finished here."""
    lock = anyio.Path(data / "locked")
    try:
        if (await lock.read_text()).strip() != _MAKING:
            return False
    except FileNotFoundError:
        return False
    if not await anyio.Path(data / "index").exists():  # written once all files are
        return True
    await lock.unlink(missing_ok=True)
    return False


async def _forget(project: Project, place: Path) -> None:
    """Drop what the repository keeps of a work tree that is not there any more."""
    await git(project, "worktree", "remove", str(place))


async def _data_of(project: Project, place: Path) -> Path | None:
    """Where the repository keeps the data of the work tree in `place`, by its own word; None if it knows none."""
    shared = await common_dir(project)
    return await anyio.to_thread.run_sync(_find_data, shared, place)


def _find_data(shared: Path, place: Path) -> Path | None:
    for known in sorted((shared / "worktrees").glob("*/gitdir")):
        try:
            if Path(os.fsdecode(known.read_bytes()).rstrip("\n")) == place / ".git":
                return known.parent
        except OSError:
            continue  # removed meanwhile
    return None


def _points_at(place: Path, data: Path) -> bool:
    """Whether a work tree is a true directory, and its `.git` a file that names its data."""
    link = place / ".git"
    if place.is_symlink() or link.is_symlink():
        return False
    try:
        return Path(os.fsdecode(link.read_bytes()).removeprefix("gitdir: ").rstrip("\n")) == data
    except OSError:
        return False


def _settled(directory: Path) -> Path:
    """The true place of a directory, which need not be there; the last part may be no link."""
    return directory.parent.resolve() / directory.name


def _lock(there: Project) -> Path:
    assert there.git_dir is not None
    return there.git_dir / "locked"


def _under_way(data: Path | None) -> str:
    return next((name for name in _UNDER_WAY if data and (data / name).exists()), "")


def _is_occupied(place: Path) -> bool:
    return place.is_symlink() or (place.exists() and (not place.is_dir() or any(place.iterdir())))


def _set_aside(place: Path, rest: Path) -> None:
    _clear(rest)
    try:
        place.rename(rest)
    except FileNotFoundError:
        return  # an earlier process came as far as this
    except OSError as error:
        raise GitError(
            f"the work tree {_shown(place)} cannot be moved: {error.strerror}", "Look at its owner."
        ) from error


def _strange(place: Path, known: Container[str]) -> list[str]:
    """The files in a directory that are none of `known`."""
    return sorted(name for leaf in files.leaves(place) if (name := str(leaf.relative_to(place))) not in known)


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # what a container's root wrote may stay, out of everybody's way


def _shown(place: Path) -> str:
    return printable(str(place))
