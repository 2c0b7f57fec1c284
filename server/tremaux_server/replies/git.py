"""The answers about snapshots and commits."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self

from tremaux_server.replies.base import LINE, Part, Reply, listed
from tremaux_server.shape import cut_end, timestamp

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.git import Committed, Restored, Snapshot
    from tremaux_tools.git_safety import ListedSnapshot

SHORT = 12  # digits of a commit in a text


class SnapshotReply(Reply):
    """The answer of take_snapshot."""

    snapshot: str
    files: int
    ref: str
    warnings: list[str]

    @classmethod
    def of(cls, snapshot: "Snapshot") -> Self:
        """Translate a snapshot."""
        return cls(snapshot=snapshot.commit, files=snapshot.files, ref=snapshot.ref, warnings=list(snapshot.warnings))

    def lines(self) -> Iterator[str]:
        """What was kept, then what was not."""
        yield f"KEPT {_counted(self.files)} changed since HEAD as snapshot {self.snapshot[:SHORT]}."
        yield f"Bring it back with restore_snapshot({self.snapshot[:SHORT]!r}); its ref is {self.ref}."
        yield from listed("Warnings", self.warnings)


class RestoreReply(Reply):
    """The answer of restore_snapshot."""

    snapshot: str
    restored: list[str]
    deleted: list[str]
    blocked: list[str]
    safety_snapshot: str
    warnings: list[str]

    @classmethod
    def of(cls, commit: str, restored: "Restored") -> Self:
        """Translate what a restore did."""
        return cls(
            snapshot=commit,
            restored=list(restored.written),
            deleted=list(restored.deleted),
            blocked=list(restored.blocked),
            safety_snapshot=restored.safety.commit,
            warnings=list(restored.warnings),
        )

    def lines(self) -> Iterator[str]:
        """What was done, how to undo it, then the files."""
        done = f"{_counted(len(self.restored))} written, {len(self.deleted)} deleted"
        blocked = f", {len(self.blocked)} NOT WRITTEN" if self.blocked else ""
        yield f"RESTORED {self.snapshot[:SHORT]}: {done}{blocked}."
        yield f"Undo it with restore_snapshot({self.safety_snapshot[:SHORT]!r})."
        yield from listed("Warnings", self.warnings)
        yield from listed("Written", self.restored)
        yield from listed("Deleted", self.deleted)


class FinishReply(Reply):
    """The answer of finish_task."""

    commit: str | None
    files: int
    branch: str | None
    message: str
    warnings: list[str]

    @classmethod
    def of(cls, committed: "Committed | None") -> Self:
        """Translate a commit, or that none was needed."""
        if committed is None:
            return cls(commit=None, files=0, branch=None, message="", warnings=[])
        return cls(
            commit=committed.commit,
            files=committed.files,
            branch=committed.branch,
            message=committed.message,
            warnings=list(committed.warnings),
        )

    def lines(self) -> Iterator[str]:
        """What was committed where."""
        if self.commit is None:
            yield "NOTHING TO COMMIT: no file has changed since the last commit."
            return
        yield f"COMMITTED {_counted(self.files)} as {self.commit[:SHORT]} on {self.branch or 'no branch'}."
        yield f"Message: {cut_end(self.message.splitlines()[0], LINE)}"
        yield from listed("Warnings", self.warnings)


class SnapshotPart(Part):
    """A snapshot as it is listed."""

    snapshot: str
    ref: str
    label: str
    taken_at: str


class SnapshotsReply(Reply):
    """The snapshots of a repository."""

    snapshots: list[SnapshotPart]

    @classmethod
    def of(cls, snapshots: "Iterable[ListedSnapshot]") -> Self:
        """Translate what is kept."""
        return cls(
            snapshots=[
                SnapshotPart(snapshot=one.commit, ref=one.ref, label=one.label, taken_at=timestamp(one.taken_at))
                for one in snapshots
            ]
        )

    def lines(self) -> Iterator[str]:
        """One line a snapshot."""
        yield f"{len(self.snapshots)} snapshot{'' if len(self.snapshots) == 1 else 's'}."
        yield from (f"- {one.snapshot[:SHORT]} {one.taken_at} {one.label}" for one in self.snapshots)


def _counted(files: int) -> str:
    return f"{files} file{'' if files == 1 else 's'}"
