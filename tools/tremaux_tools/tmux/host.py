"""The host as the machine that programs in panes run on: their files, their processes, their terminal devices."""

import contextlib
import os
import shutil
import signal
import stat
import tempfile
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from tremaux_tools.errors import PlaceUnavailable
from tremaux_tools.machine import Foreground

PROC = Path("/proc")  # Linux; elsewhere nobody can be told to be in front
KILL_ROUNDS = 100  # looks for what a session still runs: one it started meanwhile, one that takes its time to die
KILL_PAUSE = 0.01  # seconds between them
COOKED_LINE = 4_095  # bytes the kernel keeps of one line for a program that reads whole lines


@dataclass(frozen=True, slots=True)
class _Process:
    """One line of the process table."""

    pid: int
    name: str
    state: str
    parent: int
    session: int
    front: int  #: the process group in front on its terminal


class Host:
    """Files and processes of this host, for the user that runs Tremaux."""

    def __init__(self, label: str) -> None:
        """`label` tells apart what belongs to which database."""
        self._folder = Path(tempfile.gettempdir()) / f"tremaux-{os.getuid()}-{label}"

    async def private_directory(self) -> str:
        """A directory that no other user can read.

        Raises:
            PlaceUnavailable: somebody else's file has its name.
        """
        return await anyio.to_thread.run_sync(_private, self._folder)

    async def write(self, path: str, data: bytes) -> None:
        """Create or replace a file that only its owner can read; parent directories are made.

        Raises:
            PlaceUnavailable: the file belongs into the private directory, whose name is now somebody else's.
        """
        await anyio.to_thread.run_sync(_write, Path(path), data, self._folder)

    async def read(self, path: str, limit: int) -> bytes | None:
        """The first `limit` bytes of a file; None where there is none."""
        return await anyio.to_thread.run_sync(_read, Path(path), limit)

    async def remove(self, path: str) -> None:
        """Remove a directory and what is in it; no error where there is none."""
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(path, ignore_errors=True))

    async def foreground(self, pid: int) -> Foreground | None:
        """Who is in front on the terminal of process `pid`; None when `pid` is gone or it cannot be told."""
        return await anyio.to_thread.run_sync(_foreground, pid)

    async def kill_session(self, pid: int) -> None:
        """Kill every process of the session that `pid` leads and every descendant of it, at once and for good."""
        await anyio.to_thread.run_sync(_kill_session, pid)

    async def aclose(self) -> None:
        """Leave no empty directory behind; one in use, by another process too, stays."""
        with contextlib.suppress(OSError):
            await anyio.to_thread.run_sync(self._folder.rmdir)


async def longest_line(pid: int) -> int | None:
    """How many bytes of one line the program that reads the terminal of `pid` can take; None: any number."""
    flags = await anyio.to_thread.run_sync(_local_flags, pid)
    return COOKED_LINE if flags is not None and flags & termios.ICANON else None


async def shows_typing(pid: int) -> bool:
    """Whether what is typed at the terminal of `pid` may appear on it: not where a password is asked for."""
    flags = await anyio.to_thread.run_sync(_local_flags, pid)
    return flags is None or not flags & termios.ICANON or bool(flags & termios.ECHO)


def _private(folder: Path) -> str:
    with contextlib.suppress(FileExistsError):  # of whatever kind it is
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PlaceUnavailable(f"{folder} is not a directory of yours alone", "Remove it, or set TMPDIR to another.")
    return str(folder)


def _write(path: Path, data: bytes, private: Path) -> None:
    if private in path.parents:
        _private(private)  # another process of ours may have left since, and removed it as empty
    _make(path.parent)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)


def _make(folder: Path) -> None:
    """Make a directory, and those above it that are missing, for our user alone; `mkdir(parents=True)` opens those."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _read(path: Path, limit: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except FileNotFoundError:
        return None


def _foreground(pid: int) -> Foreground | None:
    process = _process(pid)
    leader = _process(process.front) if process and process.front > 0 else None
    if process is None or leader is None:
        return None
    flags = _local_flags(pid)
    raw = None if flags is None else not flags & termios.ICANON
    return Foreground(leader=leader.pid, program=leader.name, sleeping=leader.state == "S", raw=raw)


def _local_flags(pid: int) -> int | None:
    """The local flags of the terminal that process `pid` reads; None when it reads none."""
    try:
        device = os.open(PROC / str(pid) / "fd/0", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return int(termios.tcgetattr(device)[3])
    except termios.error:
        return None
    finally:
        os.close(device)


def _kill_session(pid: int) -> None:
    for _ in range(KILL_ROUNDS):
        family = _family(pid)
        for member in family:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(member, signal.SIGKILL)
        if not family:
            return
        time.sleep(KILL_PAUSE)


def _family(pid: int) -> list[int]:
    """The living processes of the session that `pid` leads, and all their descendants."""
    table = [process for process in _processes() if process.state not in "ZX"]
    family = {process.pid for process in table if process.session == pid}
    while grown := {process.pid for process in table if process.parent in family} - family:
        family |= grown
    return sorted(family)


def _processes() -> Iterator[_Process]:
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        if entry.name.isdigit() and (process := _process(int(entry.name))):
            yield process


def _process(pid: int) -> _Process | None:
    """Read `/proc/PID/stat`, proc(5); the name may hold spaces and parentheses."""
    try:
        text = (PROC / str(pid) / "stat").read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    state, parent, _group, session, _terminal, front = rest.split()[:6]
    return _Process(pid, name, state, int(parent), int(session), int(front))
