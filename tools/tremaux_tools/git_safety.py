"""The git safety service: keep the files of a work tree, bring them back, commit a finished task."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import anyio

from tremaux_tools import git
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.errors import BadArgument, GitError
from tremaux_tools.git import Committed, Project, Restored, Snapshot

LONGEST = 45.0  # seconds for a call; some clients cut one at 60. What may not stop half-way is brought to its end
MAX_LABEL = 200  # characters
MAX_MESSAGE = 10_000  # characters
BY_HAND = "by-hand"  # where snapshots lie that no ticket took
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_TAKEN = re.compile(rf"{BY_HAND}/(?P<at>\d{{8}}T\d{{6}}\.\d{{6}}Z)/(?P<label>.+)")


@dataclass(frozen=True, slots=True)
class ListedSnapshot:
    """A snapshot as it is listed."""

    commit: str
    ref: str
    label: str
    taken_at: float  #: Unix seconds


class GitSafety:
    """Keeps, restores and commits the files of the work tree that a directory lies in."""

    def __init__(self, *, clock: Callable[[], float], redactor: Redactor = PUBLISHED) -> None:
        self._clock = clock
        self._redactor = redactor

    async def take_snapshot(self, directory: Path, label: str) -> Snapshot:
        """Keep all files, untracked ones too and ignored ones not; HEAD, index and files stay untouched.

        Raises:
            BadArgument: the label makes no sense, or the directory is in no git repository.
            GitError: git refused or took too long; nothing was kept.
        """
        if not label.strip() or len(label) > MAX_LABEL:
            raise BadArgument("label is blank or too long", f"Say in at most {MAX_LABEL} characters what it is for.")
        project = await _repository(directory)
        stamp = datetime.fromtimestamp(self._clock(), UTC).strftime(_STAMP)
        ref = f"{git.SNAPSHOTS}{BY_HAND}/{stamp}/{git.ref_part(label.strip())}"
        async with _bounded("the snapshot"):
            return await git.take_snapshot(project, ref=ref, message=f"tremaux: {label.strip()}")

    async def list_snapshots(self, directory: Path) -> list[ListedSnapshot]:
        """The snapshots of the repository, those of tickets too, the newest first.

        Raises:
            BadArgument: the directory is in no git repository.
            GitError: git refused.
        """
        kept = await git.list_snapshots(await _repository(directory))
        return sorted((_listed(one) for one in kept), key=lambda one: -one.taken_at)

    async def restore_snapshot(
        self, directory: Path, snapshot: str, paths: Sequence[str] | None = None
    ) -> tuple[str, Restored]:
        """Make files what they were in a snapshot, after one of how they are now; tell its commit and what was done.

        Names with bytes that are no text, or control characters, are told with escapes.

        Raises:
            UnknownItem: there is no such snapshot.
            BadArgument: a path is outside or unknown, or the directory is in no git repository.
            GitError: git refused or took too long.
        """
        project = await _repository(directory)
        async with _bounded("the restore"):
            found = await git.find_snapshot(project, snapshot)
            restored = await git.restore_snapshot(project, found.ref, paths=paths)
        return found.commit, replace(
            restored,
            written=_shown(restored.written),
            deleted=_shown(restored.deleted),
            blocked=_shown(restored.blocked),
        )

    async def finish_task(
        self, directory: Path, message: str, *, ticket: str | None = None, report: int | None = None
    ) -> Committed | None:
        """Commit all that is not ignored, with what it was for in its trailers; None where nothing has changed.

        Raises:
            BadArgument: the message is empty or too long, or the directory is in no git repository.
            GitError: files are in conflict, or git refused; nothing was committed.
        """
        if not message.strip() or len(message) > MAX_MESSAGE:
            raise BadArgument("message is blank or too long", f"Say in at most {MAX_MESSAGE} characters what was done.")
        project = await _repository(directory)
        named = {"Tremaux-Ticket": ticket, "Tremaux-Report": None if report is None else str(report)}
        trailers = {key: value for key, value in named.items() if value and value.strip()}
        async with _bounded("the commit"):
            text = self._redactor.redact(message).text
            return await git.commit_work(project.root, message=text, trailers=trailers)


@asynccontextmanager
async def _bounded(what: str) -> AsyncIterator[None]:
    try:
        with anyio.fail_after(LONGEST):
            yield
    except TimeoutError as error:
        hint = "List large untracked files in .gitignore."
        raise GitError(f"{what} took longer than {LONGEST:.0f} s", hint) from error


async def _repository(directory: Path) -> Project:
    project = await git.find_project(directory)
    if project.git_dir is None:
        raise BadArgument(f"project {project.name[:MAX_LABEL]} is in no git repository", "Run `git init` there first.")
    return project


def _shown(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(git.printable(name) for name in names)


def _listed(kept: git.Kept) -> ListedSnapshot:
    """A snapshot with its label; the ref of one that was taken by hand tells its time more exactly."""
    by_hand = _TAKEN.fullmatch(kept.name)
    if by_hand is None:
        return ListedSnapshot(kept.commit, kept.ref, kept.name, kept.taken_at)
    at = datetime.strptime(by_hand["at"], _STAMP).replace(tzinfo=UTC).timestamp()
    return ListedSnapshot(kept.commit, kept.ref, by_hand["label"], at)
