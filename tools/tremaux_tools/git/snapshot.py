"""Keep all files of a work tree as a commit under a ref of ours, and bring them back.

HEAD, the index and the branches stay as they are, so a person's half-staged work does not notice. Ignored files are
neither kept nor touched.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import anyio
import anyio.to_thread

from tremaux_tools.errors import BadArgument, UnknownItem
from tremaux_tools.git import files
from tremaux_tools.git.command import WORK_TIMEOUT, plain, printable
from tremaux_tools.git.index import add_all, named, own_index, write_tree
from tremaux_tools.git.objects import OURS, Changed, changed, commit_tree, head_of, tree_of
from tremaux_tools.git.project import Project, ask, git
from tremaux_tools.git.refs import SNAPSHOTS, checked

MIN_ID = 7  # digits of a commit that name a snapshot
_FIELDS = "%(refname)%00%(objectname)%00%(creatordate:unix)"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All files of a work tree at one time."""

    commit: str
    ref: str
    files: int  #: how many differ from the commit that was checked out
    warnings: tuple[str, ...] = ()  #: what it does not hold


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot as it is listed."""

    commit: str
    ref: str
    taken_at: float  #: Unix seconds; where its reflog has expired, those of its commit

    @property
    def name(self) -> str:
        """The ref without what all of them begin with."""
        return self.ref.removeprefix(SNAPSHOTS)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    written: tuple[str, ...]
    deleted: tuple[str, ...]
    blocked: tuple[str, ...]  #: not written: something that no snapshot holds is in the way
    safety: Snapshot  #: how all was before
    warnings: tuple[str, ...] = ()


async def take_snapshot(project: Project, *, ref: str, message: str) -> Snapshot:
    """Keep all files, untracked ones too, under `ref`; where nothing differs from HEAD its own commit is kept.

    What `ref` named before can be found in its reflog.

    Raises:
        GitError: the project is in no git repository, git refused or took longer than `WORK_TIMEOUT`.
    """
    await checked(project, ref, under=SNAPSHOTS)
    async with own_index(project) as index:
        return await _keep(project, index, message, ref=lambda _: ref)


async def list_snapshots(project: Project) -> list[Kept]:
    """The snapshots of the repository, the newest first."""
    listed = await git(project, "for-each-ref", "--sort=-creatordate", f"--format={_FIELDS}", SNAPSHOTS)
    taken = await _taken(project) if listed else {}
    rows = (line.split("\0") for line in listed.splitlines())
    kept = [Kept(commit, ref, taken.get(ref, float(at or 0))) for ref, commit, at in rows]
    return sorted(kept, key=lambda one: -one.taken_at)


async def _taken(project: Project) -> dict[str, float]:
    """When each ref was set last, by its reflog: one that differed from HEAD in nothing names an older commit."""
    logged = await git(
        project, "log", "-g", f"--glob={SNAPSHOTS}*", "--format=%gD", "--date=unix", "--no-show-signature"
    )
    taken: dict[str, float] = {}
    for line in logged.splitlines():
        ref, _, at = line.rstrip("}").rpartition("@{")
        if at.isdigit():
            taken[ref] = max(float(at), taken.get(ref, 0.0))
    return taken


async def find_snapshot(project: Project, name: str) -> Kept:
    """The snapshot that a ref, the end of one, or its commit's first digits name.

    Raises:
        UnknownItem: there is none.
        BadArgument: several differ in more than their names.
    """
    kept = await list_snapshots(project)
    found = [one for one in kept if name in (one.ref, one.name)] or [
        one for one in kept if len(name) >= MIN_ID and one.commit.startswith(name)
    ]
    if not found:
        raise UnknownItem(f"there is no snapshot {printable(name)[:200]!r}", "List them with `tremaux snapshot list`.")
    if len({one.commit for one in found}) > 1:
        raise BadArgument(f"snapshot {name!r} may be one of {len(found)}", "Give more digits, or the ref.")
    return found[0]


async def restore_snapshot(project: Project, snapshot: str, *, paths: Sequence[str] | None = None) -> Restored:
    """Make the files, or those at `paths`, what they were; HEAD and the index stay.

    A snapshot of how all is now comes first, and holds every file that is overwritten or deleted. A file that is not
    in `snapshot` is deleted, but for ignored ones. `paths` are files or directories, relative to the project's root.

    Raises:
        UnknownItem: there is no such snapshot.
        BadArgument: a path lies outside the project, or neither now nor then there was anything.
        GitError: git refused or took longer than `WORK_TIMEOUT`.
    """
    kept = await find_snapshot(project, snapshot)
    wanted = None if paths is None else files.inside(project.root, paths)
    if wanted == []:
        raise BadArgument("paths is empty", "Leave it out to restore everything.")
    async with own_index(project) as index:
        left = await add_all(project, index, patience=WORK_TIMEOUT)
        now = await write_tree(project, index)
        await _refuse_unknown(project, wanted or (), (now, kept.commit))
        differing = [one for one in await changed(project, now, kept.commit, wanted or ()) if one.is_file]
        # What is not in `now` and yet there is ignored or large: it is to be overwritten, so it is kept as well.
        hidden = await _threaded(files.present, project, [one.path for one in differing if one.letter == "A"])
        await _add_by_force(project, index, hidden)
        safety = await _keep(
            project, index, f"tremaux: before restoring {kept.name}", ref=lambda commit: f"{SNAPSHOTS}restore/{commit}"
        )
    with anyio.CancelScope(shield=True):  # half a restore is what nobody wants; git's time is bounded
        written, deleted, blocked = await _apply(project, kept.commit, differing)
    return Restored(tuple(written), tuple(deleted), tuple(blocked), safety, left.warnings() + _told(blocked))


async def _keep(project: Project, index: Mapping[str, str], message: str, *, ref: Callable[[str], str]) -> Snapshot:
    """Commit an index with all files of the work tree in it, and name the commit."""
    message = plain(message)
    left = await add_all(project, index, patience=WORK_TIMEOUT)
    tree, head = await write_tree(project, index), await head_of(project)
    differing = len(await changed(project, head, tree))
    if head is not None and await tree_of(project, head) == tree:
        commit = head
    else:
        commit = await commit_tree(project, tree, [head] if head else [], message, env=OURS)
    name = ref(commit)
    await git(project, "update-ref", "--create-reflog", "-m", message, name, commit, env=OURS)
    return Snapshot(commit, name, differing, left.warnings())


async def _apply(project: Project, commit: str, differing: Sequence[Changed]) -> tuple[list[str], list[str], list[str]]:
    """Delete and write files; return what was written, what deleted, and what was in the way of something."""
    doomed = [one.path for one in differing if one.letter == "D"]
    wanted = [one.path for one in differing if one.letter != "D"]
    deleted = await _threaded(files.delete, project, doomed)
    blocked = await _threaded(files.obstacles, project, wanted)
    written = [name for name in wanted if name not in set(blocked)]
    async with own_index(project, is_empty=True) as index:
        await git(project, "read-tree", commit, env=index)
        # How a file is written depends on the attributes beside it, so these come first.
        for group in (_attributes(written), [name for name in written if name not in set(_attributes(written))]):
            if group:
                names = "".join(f"{name}\0" for name in group)
                asked = ("checkout-index", "--force", "-z", "--stdin")
                await ask(project, *asked, env=index, said=names, patience=WORK_TIMEOUT)
    return written, deleted, blocked


def _attributes(names: Iterable[str]) -> list[str]:
    return [name for name in names if PurePosixPath(name).name == ".gitattributes"]


async def _add_by_force(project: Project, index: Mapping[str, str], names: Sequence[str]) -> None:
    if names:
        said = "".join(f":(literal,top){name}\0" for name in names)
        asked = ("add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
        await ask(project, *asked, env=index, said=said, patience=WORK_TIMEOUT)


async def _refuse_unknown(project: Project, paths: Sequence[str], trees: Sequence[str]) -> None:
    """Refuse a path that none of the trees has: it is a slip, and nothing would be restored."""
    for name in paths:
        if name == ".":
            continue
        found = [await git(project, "--literal-pathspecs", "ls-tree", "-z", tree, "--", name) for tree in trees]
        if not any(found):
            raise BadArgument(
                f"path {name[:200]!r} is neither in the project nor in the snapshot", "Name it from the project's root."
            )


async def _threaded(
    work: Callable[[Path, Iterable[str]], list[str]], project: Project, names: Sequence[str]
) -> list[str]:
    return await anyio.to_thread.run_sync(work, project.root, names)


def _told(blocked: Sequence[str]) -> tuple[str, ...]:
    return (f"Not written, for something that no snapshot holds is in the way: {named(blocked)}.",) if blocked else ()
