"""The processes of a job: who descends from whom, who inherited its mark, who still lives.

The supervisor loads it before the command may begin, so it imports next to nothing.

On Linux `/proc` tells; elsewhere `ps` is asked, and a family is not known.
"""

import os
from collections.abc import Iterable

MARK = "TREMAUX_JOB"  # environment variable that all processes of a job inherit
PROC = "/proc"  # Linux
_BOOT = f"{PROC}/sys/kernel/random/boot_id"


def has_proc() -> bool:
    """Whether the kernel lists its processes as files."""
    return os.path.exists(_BOOT)


def born(pid: int) -> str:
    """When a process began, as the system tells it; empty where it is no more. With the pid it names one process."""
    if not has_proc():
        return _told_by_ps(pid)
    fields = _fields(pid)
    if not _lives(fields):
        return ""
    with open(_BOOT) as file:
        return f"{file.read().strip()}:{fields[19].decode()}"  # ticks since the start of the machine


def is_alive(pid: int, birth: str) -> bool:
    """Whether a process still runs, and not another one by its number."""
    return bool(birth) and born(pid) == birth


def family(root: int, mark: str) -> set[int]:
    """The living processes that descend from `root` or inherited `mark`; `root` is not among them."""
    parents = {pid: int(fields[1]) for pid in _pids() if _lives(fields := _fields(pid))}
    found = {pid for pid in parents if pid == root or (mark and _has_mark(pid, mark))}
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {root, os.getpid()}


def kill(pids: Iterable[int], number: int) -> None:
    """Send a signal to each of these processes that there still is."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def has_open(pid: int, path: str) -> bool:
    """Whether a process has a file open."""
    folder = f"{PROC}/{pid}/fd"
    try:
        return any(os.path.samefile(f"{folder}/{name}", path) for name in os.listdir(folder))
    except OSError:  # it has ended, or closed a file meanwhile: the next look tells
        return False


def _pids() -> list[int]:
    return [int(name) for name in os.listdir(PROC) if name.isdigit()] if has_proc() else []


def _fields(pid: int) -> list[bytes]:
    """State, parent ... start time of a process, proc(5); the name before the last parenthesis may hold anything."""
    try:
        with open(f"{PROC}/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _lives(fields: list[bytes]) -> bool:
    """Whether a process is more than a child that nobody has taken leave of."""
    return bool(fields) and fields[0] not in (b"Z", b"X")


def _has_mark(pid: int, mark: str) -> bool:
    try:
        with open(f"{PROC}/{pid}/environ", "rb") as file:
            return f"{MARK}={mark}".encode() in file.read().split(b"\0")
    except OSError:
        return False


def _told_by_ps(pid: int) -> str:
    import subprocess  # noqa: PLC0415 - as much again as all the supervisor needs, and never on Linux

    asked = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(asked, check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603
