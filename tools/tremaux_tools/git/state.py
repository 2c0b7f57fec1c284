"""Ask git where a project is, in what state its work tree is, and what changed since.

Only ever reads, but for loose objects: the state of a work tree is written as a git tree through an index of our own,
so the user's index, HEAD and files stay untouched. Git drops such objects by itself after two weeks.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools.core.changes import MAX_FILES, Changes, FileChange, describe
from tremaux_tools.errors import BadArgument, GitError

GIT_TIMEOUT = 10.0  # seconds for one question; a monorepo's first status takes some of it
MAX_SHOWN = 200  # characters of a path in a message
MAX_UNTRACKED_BYTES = 16 * 1024 * 1024  # a larger untracked file is named by size and time, not read
_SILENT = {
    "GIT_OPTIONAL_LOCKS": "0",  # `git status` would otherwise refresh the user's index
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# A repository's own configuration may name programs that git starts; these we can do without. Its clean filters we
# cannot: without them equal files would have other trees than in the user's own commits.
_UNHOOKED = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_NOT_ALL = (1,)  # exit code of `git add --ignore-errors` that left something out
_MISSING_GIT = "git is not installed"
_OBJECT = re.compile(r"[0-9a-f]{4,64}")  # the name of a commit or tree, whole or short


@dataclass(frozen=True, slots=True)
class Project:
    """Where work happens."""

    path: Path  #: names the project: the main work tree of a repository, or a plain directory
    root: Path  #: the work tree at hand; differs from `path` in a linked work tree
    git_dir: Path | None  #: None outside git

    @property
    def name(self) -> str:
        """The path as text that can be stored."""
        return printable(str(self.path))


@dataclass(frozen=True, slots=True)
class State:
    """What a work tree holds: equal states have equal files."""

    commit: str | None  #: None before the first commit
    tree: str | None  #: git tree id of all files not ignored; `+digest` names untracked files too large to read


async def find_project(directory: Path) -> Project:
    """Name the project that `directory` belongs to; all work trees of one repository are one project.

    Outside git, without git, or in a broken repository the directory itself is the project.

    Raises:
        BadArgument: there is no such directory.
    """
    real, is_inside = await anyio.to_thread.run_sync(_look_around, directory)
    if not is_inside:
        return Project(path=real, root=real, git_dir=None)
    try:
        out = await _git(
            real, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir", "--git-dir"
        )
        root, common, git_dir = (Path(line) for line in out.splitlines())
    except (GitError, ValueError):
        return Project(path=real, root=real, git_dir=None)
    return Project(path=common.parent if common.name == ".git" else common, root=root, git_dir=git_dir)


def _look_around(directory: Path) -> tuple[Path, bool]:
    """The real directory, and whether it may be in a repository: far cheaper than asking git in vain."""
    try:
        real = directory.resolve()
        if real.is_dir():
            return real, any((folder / ".git").exists() for folder in (real, *real.parents))
    except (OSError, RuntimeError, ValueError):
        pass  # a name too long, a loop of links: no directory either
    raise BadArgument(f"project {str(directory)[:MAX_SHOWN]!r} is no directory", "Name a directory inside the project.")


async def state(project: Project, *, with_tree: bool = True) -> State:
    """Read the commit and the state id of the work tree, untracked files included, ignored ones not.

    The tree is None outside git and where it was not asked for.

    Raises:
        GitError: git refused or took longer than `GIT_TIMEOUT`.
    """
    if project.git_dir is None:
        return State(commit=None, tree=None)
    commit = await _commit(project)
    if not with_tree:
        return State(commit, None)
    large = await _large_untracked(project)
    try:
        tree = await _tree(project.root, project.git_dir / "index", without=large)
    except OSError as error:
        raise GitError(
            f"the git index cannot be copied: {error.strerror or error}", "Look at TMPDIR's disk."
        ) from error
    return State(commit, f"{tree}+{_digest(large)}" if large else tree)


async def _tree(root: Path, users_index: Path, *, without: Iterable[str]) -> str:
    """Write the work tree as a git tree through a copy of the user's index."""
    async with anyio.TemporaryDirectory(prefix="tremaux-index-") as scratch:
        index = Path(scratch) / "index"
        await anyio.to_thread.run_sync(_copy_if_there, users_index, index)
        own = {"GIT_INDEX_FILE": str(index)}
        excluded = [f":(exclude,literal,top){name}" for name in without]
        # What git cannot add, an unreadable file or a nested repository without commits, does not hide the rest.
        await _git(root, "add", "--all", "--ignore-errors", "--", ":/", *excluded, env=own, failing=_NOT_ALL)
        return (await _git(root, "write-tree", env=own)).strip()


async def changes(project: Project, base: State) -> Changes | None:
    """What changed since `base`; None outside git.

    Compares trees when git still has the base's tree, else commits, and says which.

    Raises:
        GitError: git refused or took longer than `GIT_TIMEOUT`.
    """
    if project.git_dir is None:
        return None
    now = await state(project)
    status = await _git(project.root, "status", "--porcelain=v1", "--untracked-files=normal", "-z")
    working_tree = [printable(entry) for entry in status.split("\0") if entry]
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


async def _commit(project: Project) -> str | None:
    try:
        return (await _git(project.root, "rev-parse", "--verify", "--quiet", "HEAD")).strip()
    except GitError:
        return None  # no commit yet


async def _has(project: Project, name: str) -> bool:
    try:
        await _git(project.root, "cat-file", "-e", name)
    except GitError:
        return False
    return True


async def _commits_between(project: Project, base: str | None, head: str | None) -> int:
    if not base or not head or base == head:
        return 0
    try:
        return int(await _git(project.root, "rev-list", "--count", f"{base}..{head}"))
    except GitError:
        return 0  # the old commit was rewritten and dropped


async def _diff(project: Project, base: str, head: str) -> list[FileChange]:
    """Changed files between two trees or commits, without their content."""
    common = ("--no-ext-diff", "--no-textconv", "--no-renames", "-z", base, head, "--")
    names = (await _git(project.root, "diff", "--name-status", *common)).split("\0")
    counts: dict[str, tuple[int | None, int | None]] = {}
    for row in (await _git(project.root, "diff", "--numstat", *common)).split("\0"):
        if row.count("\t") >= 2:
            added, deleted, path = row.split("\t", 2)
            counts[path] = (_count(added), _count(deleted))
    return [
        FileChange(printable(path), _STATUS.get(letter[:1], "modified"), *counts.get(path, (None, None)))
        for letter, path in zip(names[::2], names[1::2], strict=False)
    ]


_STATUS = {"A": "added", "M": "modified", "D": "deleted", "T": "type-changed", "U": "unmerged"}


def _count(field: str) -> int | None:
    return None if field == "-" else int(field)


async def _large_untracked(project: Project) -> dict[str, str]:
    """Untracked files too large to read, with what tells two versions of them apart."""
    listed = await _git(project.root, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", ":/")
    return await anyio.to_thread.run_sync(_too_large, project.root, [n for n in listed.split("\0") if n])


def _too_large(root: Path, names: Sequence[str]) -> dict[str, str]:
    large = {}
    for name in names:
        try:
            status = (root / name).lstat()
        except OSError:
            continue  # gone since git listed it
        if status.st_size > MAX_UNTRACKED_BYTES:
            large[name] = f"{status.st_size}:{status.st_mtime_ns}"
    return large


def _digest(large: Mapping[str, str]) -> str:
    return sha256(repr(sorted(large.items())).encode()).hexdigest()[:12]


def printable(name: str) -> str:
    """A file's name with line ends, control characters and bytes that are no UTF-8 as escapes."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)


def _object(name: str | None) -> str | None:
    """The name, if it can be one of a git object."""
    return name if name and _OBJECT.fullmatch(name) else None


def _plain(tree: str | None) -> str | None:
    """The git tree inside a state id."""
    return tree.partition("+")[0] if tree else None


def _copy_if_there(source: Path, target: Path) -> None:
    if source.exists():
        # With it git need not read every file again, but those as young as the index: so it keeps its time
        # (git's Documentation/technical/racy-git.txt).
        shutil.copy2(source, target)


async def _git(
    directory: Path, *arguments: str, env: Mapping[str, str] | None = None, failing: Container[int] = ()
) -> str:
    """Run git in `directory` and return what it prints; exit codes in `failing` are taken for success.

    Raises:
        GitError: it failed, is missing, or took longer than `GIT_TIMEOUT`.
    """
    # A hook or another git may have started us: its GIT_DIR and the like must not redirect ours.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        with anyio.fail_after(GIT_TIMEOUT):
            done = await anyio.run_process(
                ["git", *_UNHOOKED, *arguments],
                cwd=directory,
                env=clean | _SILENT | dict(env or {}),
                stdin=subprocess.DEVNULL,
                check=False,
            )
    except FileNotFoundError as error:
        raise GitError(_MISSING_GIT, "Install git, or go on without change tracking.") from error
    except TimeoutError as error:
        raise GitError(
            f"`git {arguments[0]}` took longer than {GIT_TIMEOUT:.0f} s in {printable(str(directory))}",
            "List large untracked files in .gitignore, or pass `tree` yourself.",
        ) from error
    if done.returncode != 0 and done.returncode not in failing:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(
            f"`git {arguments[0]}` failed in {printable(str(directory))}: {said[-1] if said else done.returncode}"
        )
    return done.stdout.decode("utf-8", "surrogateescape")
