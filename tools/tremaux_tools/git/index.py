"""An index of our own: all that a work tree holds as a git tree, the user's index untouched."""

import shutil
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools.errors import GitError
from tremaux_tools.git.command import printable, split
from tremaux_tools.git.project import Project, ask, git

MAX_UNTRACKED_BYTES = 16 * 1024 * 1024  # a larger untracked file is named by size and time, not read
GITLINK = "160000"  # mode of another repository in a tree
NAMED = 5  # files named in one warning
_NOT_ALL = (1,)  # exit code of `git add --ignore-errors` that left something out
_NO_COMMIT = (128,)  # exit code of `git update-index` where a nested repository lost its commits


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a tree does not hold of its work tree, beside ignored files."""

    large: Mapping[str, str] = field(default_factory=dict)  #: untracked files too large to read: what tells versions
    nested: tuple[str, ...] = ()  #: other repositories inside: git keeps the name of their commit, no file
    unread: tuple[str, ...] = ()  #: files that may not be read

    def warnings(self) -> tuple[str, ...]:
        """One sentence a kind."""
        kinds = (
            (self.nested, "A repository inside this one keeps its files to itself; they are not saved"),
            (tuple(self.large), f"Untracked files of more than {MAX_UNTRACKED_BYTES >> 20} MiB are not saved"),
            (self.unread, "Files that may not be read are not saved"),
        )
        return tuple(f"{text}: {named(names)}." for names, text in kinds if names)


def named(names: Sequence[str]) -> str:
    """The first few of some files, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(printable(name) for name in names[:NAMED]) + more


@asynccontextmanager
async def own_index(project: Project, *, is_empty: bool = False) -> AsyncIterator[Mapping[str, str]]:
    """The variables that make git use an index of our own: a copy of the user's, or an empty one.

    Raises:
        GitError: it cannot be made.
    """
    async with AsyncExitStack() as stack:
        try:
            scratch = await stack.enter_async_context(anyio.TemporaryDirectory(prefix="tremaux-index-"))
            index = Path(scratch) / "index"
            if project.git_dir and not is_empty:
                await anyio.to_thread.run_sync(_copy_if_there, project.git_dir / "index", index)
        except OSError as error:
            problem = f"the git index cannot be copied: {error.strerror or error}"
            raise GitError(problem, "Look at TMPDIR's disk.") from error
        yield {"GIT_INDEX_FILE": str(index)}


async def add_all(
    project: Project,
    index: Mapping[str, str],
    *,
    has_large: bool = False,
    has_nested: bool = False,
    patience: float | None = None,
) -> LeftOut:
    """Put all files of the work tree into an index, and tell what is left out.

    Untracked files that are large are put in with `has_large`. With `has_nested` the index names the commits of
    repositories inside this one that it does not know: that tells states apart, but no commit should carry it to where
    nobody has those. Nothing that a repository inside this one configures is run.

    Raises:
        GitError: git refused, or took longer than `patience` seconds, by default `GIT_TIMEOUT`.
    """
    listed = split(await git(project, "ls-files", "--others", "--exclude-standard", "-z", ":/", env=index))
    nested = [name.rstrip("/") for name in listed if name.endswith("/")]
    large = {} if has_large else await anyio.to_thread.run_sync(_too_large, project.root, listed)
    known = await _nested(project, index)
    # `git add` asks a nested repository it knows for its state, and so runs the filters which that one configures.
    excluded = (*large, *known, *(() if has_nested else nested))
    paths = "".join(f":(exclude,literal,top){name}\0" for name in excluded)
    asked = ("add", "--all", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul")
    added = await ask(project, *asked, env=index, failing=_NOT_ALL, said=f":/\0{paths}", patience=patience)
    if known:  # this looks at their HEAD alone
        names = "".join(f"{name}\0" for name in known)
        await ask(project, "update-index", "-z", "--stdin", env=index, failing=_NO_COMMIT, said=names)
    unread: set[str] = set()
    if added.code:
        missed = await git(project, "ls-files", "--others", "--modified", "--exclude-standard", "-z", ":/", env=index)
        unread = {name for name in split(missed) if name.rstrip("/") not in (*large, *known, *nested)}
    return LeftOut(large, tuple(sorted({*nested, *known})), tuple(sorted(unread)))


async def write_tree(project: Project, index: Mapping[str, str]) -> str:
    """The id of the tree that an index describes."""
    return (await git(project, "write-tree", env=index)).strip()


async def _nested(project: Project, index: Mapping[str, str]) -> list[str]:
    """The repositories that an index knows inside this one, and that are there with their files."""
    listed = await git(project, "ls-files", "--stage", "-z", ":/", env=index)
    names = [row.split("\t", 1)[1] for row in split(listed) if row.startswith(GITLINK)]
    return await anyio.to_thread.run_sync(_populated, project.root, names) if names else []


def _populated(root: Path, names: Iterable[str]) -> list[str]:
    return [name for name in names if (root / name / ".git").exists()]


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


def _copy_if_there(source: Path, target: Path) -> None:
    if source.exists():
        # With it git need not read every file again, but those as young as the index: so it keeps its time
        # (git's Documentation/technical/racy-git.txt).
        shutil.copy2(source, target)
