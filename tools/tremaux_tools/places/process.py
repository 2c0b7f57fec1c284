"""Run a command as a plain process that outlives whoever began it, and that any process of Tremaux can see to its end.

The command has no terminal, its standard input is empty, and it writes its output straight to `output.log` in a
directory of the job's own. A small supervisor beside it ends it when its time is up and writes down its exit code.
"""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from tremaux_tools.core.job import Cause
from tremaux_tools.errors import BadArgument, PlaceUnavailable
from tremaux_tools.places import supervisor

STOPPING = supervisor.GRACE + supervisor.STUBBORN + 5.0  # seconds for a supervisor to end its job; then we do
KILLING = 5.0  # seconds for processes to die of SIGKILL
_OWN_FILES = {supervisor.LOG, *supervisor.WRITTEN}
POLL = 0.2  # seconds between two looks at a process, where the kernel cannot tell of its end


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    exit_code: int | None  #: 128 + n for signal n; None: it did not die in spite of all
    cause: Cause
    at: float  #: Unix seconds


@dataclass(frozen=True, slots=True)
class Process:
    """A command under way, or ended, by what is known of it in any process."""

    directory: Path  #: of its files
    mark: str  #: in the environment of all its processes
    pid: int  #: of its supervisor
    born: str  #: with the pid it names the supervisor, also when the pid is another's by now

    async def is_alive(self) -> bool:
        """Whether somebody sees it through."""
        return await anyio.to_thread.run_sync(supervisor.is_alive, self.pid, self.born)

    async def wait(self) -> Ended | None:
        """Wait for its end; None when the supervisor died and left no word. Cancelling leaves it running."""
        with _watched(self.pid) as watch:
            while await self.is_alive():
                if watch is None:
                    await anyio.sleep(POLL)
                else:
                    await anyio.wait_readable(watch)
        return await self.ended()

    async def ended(self) -> Ended | None:
        """How it ended, as its supervisor wrote down; None where it did not."""
        return await anyio.to_thread.run_sync(_ended, self.directory)

    async def stop(self) -> None:
        """End it with all its descendants: SIGTERM, after `supervisor.GRACE` SIGKILL.

        Once begun it goes on to its end, whether cancelled or not.
        """
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(_terminate, self.pid, self.born)
            with anyio.move_on_after(STOPPING):
                await self.wait()
            await self.kill()

    async def kill(self) -> None:
        """Kill what is left of it at once; also what its supervisor left behind when it was killed itself."""
        await anyio.to_thread.run_sync(_kill, self.pid, self.born, self.mark)

    async def remove(self) -> None:
        """Remove its files."""
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(self.directory, ignore_errors=True))


async def prepare(directory: Path) -> None:
    """Make the directory of a job, for our user alone.

    Raises:
        PlaceUnavailable: it cannot be made.
    """
    await anyio.to_thread.run_sync(_make, directory)


async def start(
    argv: Sequence[str], *, directory: Path, cwd: Path, environment: Mapping[str, str], mark: str, timeout: float | None
) -> Process:
    """Start a command; its files go to `directory`, which `prepare` has made. It ends after `timeout` seconds.

    A cancelled call has either started it or not; its `meta.json` tells.

    Raises:
        BadArgument: there is no directory `cwd`.
        PlaceUnavailable: no process can be started.
    """
    meta = {"argv": list(argv), "cwd": str(cwd), "started_at": time.time(), "timeout_s": timeout}
    await anyio.to_thread.run_sync(supervisor.write, directory / supervisor.META, meta)
    if not await anyio.Path(cwd).is_dir():
        raise BadArgument(f"{cwd} is no directory", "Name one that is there.")
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(_launch, directory, cwd, dict(environment) | {supervisor.MARK: mark})
        found = await find(directory, mark)
    if found is None:
        raise PlaceUnavailable("no process can be started", "See that this machine has memory and processes left.")
    return found


async def find(directory: Path, mark: str) -> Process | None:
    """The process that was started with this directory; None where none came to be."""
    meta = await anyio.to_thread.run_sync(_read, directory / supervisor.META)
    match meta:
        case {"pid": int(pid), "born": str(born)}:
            return Process(directory, mark, pid, born)
    return None


async def here(directory: Path, mark: str) -> Process:
    """The process that asks, as one that sees a job through."""
    return Process(directory, mark, os.getpid(), await anyio.to_thread.run_sync(supervisor.born, os.getpid()))


async def clear(folder: Path, *, keep: Collection[str], before: float) -> None:
    """Remove the job directories in `folder` but for those to `keep` and those changed after `before`, in Unix seconds.

    Whoever died between keeping a job's end and removing its files has left one. What holds anything but a job's own
    files is somebody else's and stays.
    """
    await anyio.to_thread.run_sync(_clear, folder, frozenset(keep), before)


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[int | None]:
    """A descriptor that can be read once the process has ended; None where the kernel has none to give."""
    try:
        watch = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield None
        return
    try:
        yield watch
    finally:
        os.close(watch)


def _make(directory: Path) -> None:
    folder = directory.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & stat.S_IWOTH:
            raise PlaceUnavailable(f"the directory {folder} is open to other users", f"Run `chmod 700 {folder}`.")
        directory.mkdir(mode=0o700)
    except OSError as error:
        raise PlaceUnavailable(
            f"the directory {directory} cannot be made: {error.strerror or error}", "Look at its disk and permissions."
        ) from error


def _clear(folder: Path, keep: Collection[str], before: float) -> None:
    with contextlib.suppress(OSError):
        for directory in folder.iterdir():
            with contextlib.suppress(OSError):
                if directory.name not in keep and directory.lstat().st_mtime < before and _is_of_a_job(directory):
                    shutil.rmtree(directory, ignore_errors=True)


def _is_of_a_job(directory: Path) -> bool:
    return _OWN_FILES.issuperset(file.name for file in directory.iterdir())


def _launch(directory: Path, cwd: Path, environment: Mapping[str, str]) -> None:
    log = os.open(directory / supervisor.LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-I", "-S", "-X", "utf8", supervisor.__file__, str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=cwd,
            env=environment,
            check=False,
            start_new_session=True,
        )
    except OSError as error:
        raise PlaceUnavailable(
            f"no process can be started: {error.strerror or error}", "See that this machine has processes left."
        ) from error
    finally:
        os.close(log)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _ended(directory: Path) -> Ended | None:
    match _read(directory / supervisor.EXIT):
        case {
            "exit_code": int() | None as code,
            "cause": "" | "timeout" | "cancel" | "size" as cause,
            "ended_at": float(at),
        } if isfinite(at):
            return Ended(code, cause, at)
    return None  # also where the command itself has written something else there


def _terminate(pid: int, born: str) -> None:
    if supervisor.is_alive(pid, born):
        supervisor.kill({pid}, signal.SIGTERM)


def _kill(pid: int, born: str, mark: str) -> None:
    deadline = time.monotonic() + KILLING
    while time.monotonic() < deadline:
        root = pid if supervisor.is_alive(pid, born) else 0
        members = supervisor.family(root, mark) | ({root} if root else set())
        if not members:
            return
        supervisor.kill(members, signal.SIGKILL)
        time.sleep(supervisor.SOON)
