"""What all places on this host have in common: every job has a supervisor here, and a directory of files.

So any process of Tremaux can tell how a job stands and end it, by its directory and its mark alone.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import stat
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import anyio
import anyio.to_thread

from tremaux_tools.errors import BadArgument, PlaceUnavailable
from tremaux_tools.place import Place, Resources, Standing, Work
from tremaux_tools.places import family, files, group, watch
from tremaux_tools.places.cpu_limit import CannotLimit, CpuLimits

STOPPING = watch.GRACE + watch.STUBBORN + 5.0  # seconds for a supervisor to end its job; then we do
KILLING = 5.0  # seconds for processes to die of SIGKILL
POLL = 0.2  # seconds between two looks at a process, where the kernel cannot tell of its end
PIECE = 65_536  # bytes of a log read at once
UNKNOWN = Standing("unknown")
_BEING_REMOVED = ".gone-"  # begins the name of a directory that is no job's any more

Kind = Literal["process", "tmux", "docker"]


@dataclass(frozen=True, slots=True)
class Container:
    """The container of a piece of work."""

    engine: str  #: its address
    id: str


class Supervised:
    """What a place does that has a supervisor for each job; the jobs' directories lie in `folder`, named by nonce."""

    kind: Kind

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._limits = CpuLimits(folder)

    async def poll(self, nonce: str) -> Standing:
        """How it stands. What had not begun by now never will, whoever submitted it."""
        return await anyio.to_thread.run_sync(standing, self._folder / nonce)

    async def wait(self, nonce: str) -> Standing:
        """Wait until it no longer runs. Cancelling leaves it running."""
        directory = self._folder / nonce
        while (now := await self.poll(nonce)).state == "running":
            pid, _ = await runner(directory) or (0, "")
            with _watched(pid) as end:
                if end is None:
                    await anyio.sleep(POLL)
                elif (now := await self.poll(nonce)).state == "running":  # and not another one by its number
                    await anyio.wait_readable(end)
        return now

    async def tail(self, nonce: str, offset: int) -> bytes:
        """What it printed from a byte offset on, at most a piece of it."""
        return await anyio.to_thread.run_sync(_read_from, self._folder / nonce / files.LOG, offset)

    async def stop(self, nonce: str) -> None:
        """End it with all its descendants: SIGTERM, after `watch.GRACE` SIGKILL. What had not begun never will.

        Once begun it goes on to its end, whether cancelled or not.
        """
        with anyio.CancelScope(shield=True):
            if await anyio.to_thread.run_sync(_terminate, self._folder / nonce):
                with anyio.move_on_after(STOPPING):
                    await self.wait(nonce)
            await anyio.to_thread.run_sync(_kill, self._folder / nonce, nonce)

    async def names(self) -> Sequence[str]:
        """The nonces of the work that may still run here."""
        return await anyio.to_thread.run_sync(_names, self._folder, self.kind)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to leave."""

    async def _prepare(self, work: Work, *, by: Work | None = None, container: Container | None = None) -> str | None:
        """Write down what is to run, in a container by means of another command; None where it has begun before.

        Returns what of the work cannot be kept, as a sentence for a person; empty for nothing.

        Raises:
            BadArgument: there is no directory `cwd`, or no file `stdin`, or a word that no program can be given.
            PlaceUnavailable: it cannot be written.
        """
        return await anyio.to_thread.run_sync(_prepare, work, self.kind, by or work, container, self._limits)

    async def _check_begun(self, work: Work) -> None:
        """Do nothing where the work has begun.

        Raises:
            PlaceUnavailable: it has not, and never will.
        """
        if (await self.poll(work.nonce)).state == "unknown":
            raise PlaceUnavailable(
                "the command did not begin: no process could be started, or somebody else took the run over",
                "Try again; see that this machine has memory and processes left.",
            )


async def make_directory(directory: Path) -> None:
    """Make the directory of a job, for our user alone.

    Raises:
        PlaceUnavailable: it cannot be made.
    """
    await anyio.to_thread.run_sync(_make, directory)


async def this_process() -> tuple[int, str]:
    """The pid of the process that asks, and when it began."""
    return await anyio.to_thread.run_sync(lambda: (os.getpid(), family.born(os.getpid())))


async def run_here(directory: Path) -> None:
    """Note that the process that asks runs a job itself."""
    pid, born = await this_process()
    await anyio.to_thread.run_sync(files.claim, str(directory), f"{pid} {born}")


async def has_begun(directory: Path) -> bool:
    """Whether it is decided who runs a job; where nobody may run it any more, or it is cleared, it is decided too."""
    return await anyio.to_thread.run_sync(lambda: files.runner(str(directory)) is not None or not directory.is_dir())


async def runner(directory: Path) -> tuple[int, str] | None:
    """The pid of the process that sees a job through, and when it began; None where there was never one."""
    return await anyio.to_thread.run_sync(_runner, directory)


async def remove(directory: Path) -> None:
    """Remove a job's directory, at one stroke: a supervisor that comes late finds none to begin in."""
    await anyio.to_thread.run_sync(_remove, directory)


async def clear_away(place: Place, directory: Path) -> None:
    """Leave nothing of a job that is no more; where its place cannot be reached, its files stay for the next try."""
    with contextlib.suppress(PlaceUnavailable):
        await place.clear(directory.name)
        await remove(directory)


async def clear(folder: Path, *, keep: Collection[str], before: float) -> None:
    """Remove the job directories in `folder` but for those to `keep` and those changed after `before`, in Unix seconds.

    Whoever died between keeping a job's end and removing its files has left one, or half of one. What holds anything
    but a job's own files is somebody else's and stays.
    """
    await anyio.to_thread.run_sync(_clear, folder, frozenset(keep), before)
    await anyio.to_thread.run_sync(CpuLimits(folder).sweep)


def standing(directory: Path) -> Standing:
    """How a job stands; nobody may begin it any more where nobody has. Blocks."""
    if ended := _ended(directory):
        return ended
    try:
        if files.claim(str(directory), files.REVOKED):
            return UNKNOWN
    except OSError:  # no directory: nobody can begin there
        return UNKNOWN
    match _runner(directory):
        case (pid, born):
            return Standing("running") if family.is_alive(pid, born) else _ended(directory) or Standing("lost")
    return UNKNOWN


def make_private(folder: Path) -> None:
    """Make a directory for our user alone, if there is none. Blocks.

    Raises:
        PlaceUnavailable: it cannot be made, or others could write to the one that is there.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise _unwritable(folder, error) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & stat.S_IWOTH:
        raise PlaceUnavailable(f"the directory {folder} is open to other users", f"Run `chmod 700 {folder}`.")


def describe(directory: Path) -> dict[str, Any]:
    """What `meta.json` says of a job; empty where there is none. Blocks."""
    return _read(directory / files.META)


def _runner(directory: Path) -> tuple[int, str] | None:
    pid, _, born = (files.runner(str(directory)) or "").partition(" ")
    return (int(pid), born) if pid.isdigit() else None


def check(work: Work) -> None:
    """Do nothing for work that can be begun, as far as can be told before. Blocks.

    Raises:
        BadArgument: there is no directory `cwd`, a file it reads is missing, or what is to be typed makes no sense.
    """
    if not work.cwd.is_dir():
        raise BadArgument(f"{work.cwd} is no directory", "Name one that is there.")
    if work.stdin is not None and not work.stdin.is_file():
        raise BadArgument(f"{work.stdin} is no file", "Name one that is there.")
    for path in work.readable:
        if not path.exists():
            raise BadArgument(f"{path} is not there to be read", "Leave it out, or name what is there.")
    if work.typed is not None:
        try:
            work.typed.text.encode()
            re.compile(work.typed.ready or "")
        except (UnicodeEncodeError, re.error) as error:
            raise BadArgument(
                f"what is to be typed cannot be: {error}", "Send whole characters; `ready` is a regular expression."
            ) from error


def _prepare(work: Work, kind: Kind, by: Work, container: Container | None, limits: CpuLimits) -> str | None:
    if files.runner(str(work.directory)) is not None:
        return None
    check(work)
    held, note = ("", "") if container else _limit(work, limits)
    meta = {
        "argv": list(work.argv),
        "cwd": str(work.cwd),
        "place": kind,
        "started_at": time.time(),
        "timeout_s": work.timeout,
        "terminal": work.terminal,
        "typed": asdict(work.typed) if work.typed else None,
        "container": asdict(container) if container else None,
        "group": held,
    }
    environment = {**by.environment, family.MARK: work.nonce, files.GROUP.decode(): held}
    stdin = str(by.stdin) if by.stdin else None
    try:
        files.write_meta(str(work.directory), json.dumps(meta))
        files.write_launch(str(work.directory), by.argv, environment, cwd=str(work.cwd), stdin=stdin)
    except (ValueError, OSError) as error:
        group.remove(held)
        if isinstance(error, OSError):
            raise _unwritable(work.directory, error) from error
        raise BadArgument(f"the command cannot be given to a program: {error}", "Use whole characters only.") from error
    return note


def _limit(work: Work, limits: CpuLimits) -> tuple[str, str]:
    """The control group that limits a piece of work, empty for none, and why it is not limited though it should be."""
    if work.cpus is None:
        return "", ""
    try:
        return limits.make(work.nonce, work.cpus), ""
    except CannotLimit as error:
        return "", f"not limited to {work.cpus:g} cores: this machine lets Tremaux make no control group ({error})"


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[int | None]:
    """A descriptor that can be read once the process has ended; None where the kernel has none to give."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _make(directory: Path) -> None:
    make_private(directory.parent)
    try:
        directory.mkdir(mode=0o700)
    except OSError as error:
        raise _unwritable(directory, error) from error


def _unwritable(directory: Path, error: OSError) -> PlaceUnavailable:
    return PlaceUnavailable(
        f"the directory {directory} cannot be made: {error.strerror or error}", "Look at its disk and permissions."
    )


def _remove(directory: Path) -> None:
    gone = directory if _is_going(directory) else directory.with_name(_BEING_REMOVED + directory.name)
    with contextlib.suppress(OSError):
        directory.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _clear(folder: Path, keep: Collection[str], before: float) -> None:
    with contextlib.suppress(OSError):
        for directory in folder.iterdir():
            with contextlib.suppress(OSError):
                is_left = _is_going(directory) or directory.lstat().st_mtime < before
                if is_left and directory.name not in keep and _is_of_a_job(directory):
                    _remove(directory)


def _is_going(directory: Path) -> bool:
    """Whether somebody has begun to remove it; who did may have died."""
    return directory.name.startswith(_BEING_REMOVED)


def _is_of_a_job(directory: Path) -> bool:
    return all(files.is_ours(file.name) for file in directory.iterdir())


def _names(folder: Path, kind: Kind) -> list[str]:
    try:
        found = sorted(directory for directory in folder.iterdir() if not _is_going(directory))
    except OSError:
        return []
    return [directory.name for directory in found if describe(directory).get("place") == kind]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _ended(directory: Path) -> Standing | None:
    match _read(directory / files.EXIT):
        case {
            "exit_code": int() | None as code,
            "cause": "" | "timeout" | "cancel" | "size" as cause,
            "ended_at": float(at),
            "cpu_s": float() | None as cpu,
            "memory_bytes": int() | None as memory,
        } if isfinite(at):
            return Standing("ended", code, cause, at, Resources(cpu, memory))
    return None  # also where the command itself has written something else there


def _read_from(log: Path, offset: int) -> bytes:
    try:
        with log.open("rb") as file:
            file.seek(offset)
            return file.read(PIECE)
    except FileNotFoundError:  # nothing printed yet, or its end is kept and its files are gone
        return b""


def _terminate(directory: Path) -> bool:
    """Ask a job's supervisor to end it; false where none lives."""
    if standing(directory).state != "running":
        return False
    match _runner(directory):
        case (pid, born) if family.is_alive(pid, born):
            family.kill({pid}, signal.SIGTERM)
    return True


def _kill(directory: Path, mark: str) -> None:
    """Kill what is left of a job at once; also what its supervisor left behind when it was killed itself."""
    pid, born = _runner(directory) or (0, "")
    held = str(describe(directory).get("group") or "")
    deadline = time.monotonic() + KILLING
    while time.monotonic() < deadline:
        root = pid if family.is_alive(pid, born) else 0
        members = family.family(root, mark) | ({root} if root else set()) | group.members(held)
        if not members:
            break
        family.kill(members, signal.SIGKILL)
        time.sleep(watch.SOON)
    group.remove(held)
