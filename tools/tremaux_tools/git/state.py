"""In what state a work tree is, and what changed since.

Only ever reads, but for loose objects: the state of a work tree is written as a git tree through an index of our own,
so the user's index, HEAD and files stay untouched. Git drops such objects by itself after two weeks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from tremaux_tools.core.changes import MAX_FILES, Changes, FileChange, describe
from tremaux_tools.errors import GitError
from tremaux_tools.git.command import printable, split
from tremaux_tools.git.index import add_all, own_index, write_tree
from tremaux_tools.git.objects import head_of
from tremaux_tools.git.project import Project, git

_OBJECT = re.compile(r"[0-9a-f]{4,64}")  # the name of a commit or tree, whole or short
_STATUS = {"A": "added", "M": "modified", "D": "deleted", "T": "type-changed", "U": "unmerged"}


@dataclass(frozen=True, slots=True)
class State:
    """What a work tree holds: equal states have equal files."""

    commit: str | None  #: None before the first commit
    tree: str | None  #: git tree id of all files not ignored; `+digest` names untracked files too large to read


async def state(project: Project, *, with_tree: bool = True) -> State:
    """Read the commit and the state id of the work tree, untracked files included, ignored ones not.

    The tree is None outside git and where it was not asked for.

    Raises:
        GitError: git refused or took longer than `GIT_TIMEOUT`.
    """
    if project.git_dir is None:
        return State(commit=None, tree=None)
    commit = await head_of(project)
    if not with_tree:
        return State(commit, None)
    async with own_index(project) as index:
        left = await add_all(project, index, has_nested=True)
        tree = await write_tree(project, index)
    return State(commit, f"{tree}+{_digest(left.large)}" if left.large else tree)


async def changes(project: Project, base: State) -> Changes | None:
    """What changed since `base`; None outside git.

    Compares trees when git still has the base's tree, else commits, and says which.

    Raises:
        GitError: git refused or took longer than `GIT_TIMEOUT`.
    """
    if project.git_dir is None:
        return None
    now = await state(project)
    # "dirty": a nested repository is not asked for its state, for its filters would be run.
    options = ("--porcelain=v1", "--untracked-files=normal", "--ignore-submodules=dirty", "-z")
    working_tree = [printable(entry) for entry in split(await git(project, "status", *options))]
    # An agent or an imported journal chose the base: what is no object's name could be an option to git.
    commit, tree = _object(base.commit), _object(_plain(base.tree))
    known = [name for name in (tree, commit) if name and await _has(project, name)]
    if not known or now.tree is None:
        unknown = "the recorded state is unknown to git" if base.tree else "no state was recorded yet"
        return Changes(None, now.commit, (), "", tuple(working_tree[:MAX_FILES]), f"nothing to compare with: {unknown}")
    files = await _diff(project, known[0], _plain(now.tree) or "")
    commits = await _commits_between(project, commit, now.commit)
    return describe(commit or known[0], now.commit, files, working_tree, commits=commits)


async def changed_between(project: Project, base: str | None, head: str | None) -> list[FileChange]:
    """The files that differ between two recorded work trees; none where git does not have both any more.

    Raises:
        GitError: git refused or took longer than `GIT_TIMEOUT`.
    """
    old, new = _object(_plain(base)), _object(_plain(head))
    if project.git_dir is None or old is None or new is None or old == new:
        return []
    if not (await _has(project, old) and await _has(project, new)):
        return []
    return await _diff(project, old, new)


async def _has(project: Project, name: str) -> bool:
    try:
        await git(project, "cat-file", "-e", name)
    except GitError:
        return False
    return True


async def _commits_between(project: Project, base: str | None, head: str | None) -> int:
    if not base or not head or base == head:
        return 0
    try:
        return int(await git(project, "rev-list", "--count", f"{base}..{head}"))
    except GitError:
        return 0  # the old commit was rewritten and dropped


async def _diff(project: Project, base: str, head: str) -> list[FileChange]:
    """Changed files between two trees or commits, without their content."""
    common = ("--no-ext-diff", "--no-textconv", "--no-renames", "-z", base, head, "--")
    names = (await git(project, "diff", "--name-status", *common)).split("\0")
    counts: dict[str, tuple[int | None, int | None]] = {}
    for row in (await git(project, "diff", "--numstat", *common)).split("\0"):
        if row.count("\t") >= 2:
            added, deleted, path = row.split("\t", 2)
            counts[path] = (_count(added), _count(deleted))
    return [
        FileChange(printable(path), _STATUS.get(letter[:1], "modified"), *counts.get(path, (None, None)))
        for letter, path in zip(names[::2], names[1::2], strict=False)
    ]


def _count(field: str) -> int | None:
    return None if field == "-" else int(field)


def _digest(large: Mapping[str, str]) -> str:
    return sha256(repr(sorted(large.items())).encode()).hexdigest()[:12]


def _object(name: str | None) -> str | None:
    """The name, if it can be one of a git object."""
    return name if name and _OBJECT.fullmatch(name) else None


def _plain(tree: str | None) -> str | None:
    """The git tree inside a state id."""
    return tree.partition("+")[0] if tree else None
