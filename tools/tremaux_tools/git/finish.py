"""Commit what a task changed, with trailers that say which ticket and report it was for."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools.errors import GitError
from tremaux_tools.git.command import WORK_TIMEOUT
from tremaux_tools.git.index import add_all, named
from tremaux_tools.git.objects import changed, head_of, identity, with_trailers
from tremaux_tools.git.project import Project, ask, find_project, git
from tremaux_tools.git.refs import BRANCHES, full
from tremaux_tools.git.worktree import check_branch, open_worktree

STALE_LOCK = 5.0  # seconds; a work tree of ours is committed once its worker is dead, so nobody else holds its index
POLL = 0.1  # seconds between looks at a lock
_TRAILER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit that was made of a work tree."""

    commit: str
    branch: str | None  #: None where no branch is checked out
    files: int  #: how many it changes
    message: str
    warnings: tuple[str, ...] = ()  #: what it does not hold


async def commit_work(
    root: Path,
    *,
    message: str,
    trailers: Mapping[str, str],
    project: Project | None = None,
    branch: str | None = None,
) -> Committed | None:
    """Commit all changes in the work tree `root`, but for ignored files; None where there is nothing to commit.

    `root` is the root of a project, or a work tree of `project`. Name `project` wherever somebody else could write to
    `root`: its `.git` file is not believed then; and `branch`, for a commit on no other. No hook runs. Whose commit it
    is git knows, or else it is ours.

    Raises:
        BadArgument: there is no directory `root`.
        GitError: `root` is in no git repository, not the work tree it should be or not on `branch`, its files are in
            conflict, another git holds its index, or git refused.
    """
    if any(not _TRAILER.fullmatch(key) for key in trailers):
        raise GitError(f"a trailer is named {' '.join(trailers)!r}", "Use letters, digits and dashes.")
    there = await find_project(root) if project is None else await _work_tree(project, root)
    if branch is not None:
        await check_branch(there, branch)
    text = await with_trailers(there, message, trailers)
    await _refuse_conflicts(there)
    ref = (await ask(there, "symbolic-ref", "--quiet", "HEAD", failing=(1,))).text.strip()
    if ref.startswith(full(BRANCHES)) and there.git_dir is not None:
        await _clear_lock(there.git_dir / "index.lock")
    with anyio.CancelScope(shield=True):  # what is staged is committed; git's time is bounded
        made = await _commit(there, text)
    return made and replace(made, branch=ref.removeprefix(full("")) or None)


async def _work_tree(project: Project, root: Path) -> Project:
    place = await anyio.to_thread.run_sync(root.resolve)
    return project if place == project.root else await open_worktree(project, root)


async def _commit(there: Project, text: str) -> Committed | None:
    head = await head_of(there)
    left = await add_all(there, {}, has_large=True, patience=WORK_TIMEOUT)
    tree = (await git(there, "write-tree")).strip()
    differing = await changed(there, head, tree)
    if not differing:
        return None
    asked = ("commit", "--quiet", "--no-verify", "--no-gpg-sign", "--cleanup=whitespace", "--file=-")
    encoded = ("-c", "i18n.commitEncoding=utf-8")
    await ask(there, *encoded, *asked, env=await identity(there), said=text, patience=WORK_TIMEOUT)
    made = await head_of(there)
    assert made is not None
    return Committed(made, None, len(differing), text, left.warnings())


async def _refuse_conflicts(there: Project) -> None:
    rows = (await git(there, "ls-files", "--unmerged", "-z")).split("\0")
    if names := sorted({row.split("\t", 1)[1] for row in rows if row}):
        raise GitError(f"files are in conflict: {named(names)}", "Mend them and `git add` each of them.")


async def _clear_lock(lock: Path) -> None:
    """Wait for a lock on the index of a work tree of ours; one that lasts was left by a git that was killed."""
    place, deadline = anyio.Path(lock), time.monotonic() + STALE_LOCK
    while await place.exists():
        if time.monotonic() > deadline:
            await place.unlink(missing_ok=True)
            return
        await anyio.sleep(POLL)
