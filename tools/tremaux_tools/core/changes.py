"""What differs between two states of a project, as values."""

from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.counted import counted

MAX_FILES = 500  # files listed in one change set
NAMED_FILES = 5  # files named in a summary


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file; line counts are None for a binary file."""

    path: str
    status: str  #: added, modified, deleted, renamed, type-changed, unmerged
    added: int | None
    deleted: int | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two states of a project."""

    base: str | None  #: commit or tree compared with
    head: str | None
    files: tuple[FileChange, ...]
    diffstat: str
    working_tree: tuple[str, ...]  #: `git status --porcelain` lines: what is not committed
    summary: str


def describe(
    base: str | None,
    head: str | None,
    files: Sequence[FileChange],
    working_tree: Sequence[str],
    *,
    commits: int,
) -> Changes:
    """Put a delta into words; `commits` is how many lie between base and head."""
    return Changes(
        base=base,
        head=head,
        files=tuple(files[:MAX_FILES]),
        diffstat=_diffstat(files),
        working_tree=tuple(working_tree[:MAX_FILES]),
        summary=_summary(files, commits),
    )


def _diffstat(files: Sequence[FileChange]) -> str:
    added = sum(file.added or 0 for file in files)
    deleted = sum(file.deleted or 0 for file in files)
    return f"{counted(len(files), 'file')}, +{added} -{deleted}"


def _summary(files: Sequence[FileChange], commits: int) -> str:
    since = f"{counted(commits, 'new commit')}" if commits else ""
    if not files:
        return f"no file differs, {since}" if since else "nothing changed"
    names = ", ".join(file.path for file in files[:NAMED_FILES]) + (" ..." if len(files) > NAMED_FILES else "")
    return ", ".join(part for part in (_diffstat(files), since) if part) + f": {names}"
