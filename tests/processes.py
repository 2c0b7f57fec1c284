"""Look at processes and open files as the kernel lists them."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import anyio

PROC = Path("/proc")


def _fields(pid: int) -> list[str] | None:
    """State, parent, group, session ... of a process, proc(5); None where there is none."""
    try:
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def is_alive(pid: int) -> bool:
    """Whether a process runs: one that only waits to be reaped does not."""
    fields = _fields(pid)
    return fields is not None and fields[0] not in "ZX"


def living() -> list[int]:
    return [pid for entry in PROC.iterdir() if entry.name.isdigit() and is_alive(pid := int(entry.name))]


def of_session(leader: int) -> set[int]:
    """The living processes of a session."""
    return {pid for pid in living() if (fields := _fields(pid)) and int(fields[3]) == leader}


def children(parent: int) -> set[int]:
    return {pid for pid in living() if (fields := _fields(pid)) and int(fields[1]) == parent}


def open_files(pid: int | None = None) -> int:
    """How many files a process holds open; this one by default."""
    return len(list((PROC / str(pid or os.getpid()) / "fd").iterdir()))


def kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def until_dead(pid: int) -> None:
    """Wait for the kernel to bury a process that was killed; the caller sets the deadline."""
    while is_alive(pid):
        await anyio.sleep(0.01)


def freeze(pid: int) -> None:
    """Stop a process until `thaw`; it does not know that it was."""
    os.kill(pid, signal.SIGSTOP)


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
