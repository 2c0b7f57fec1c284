"""Keep a job to some cores of this machine, by a control group of its own. Blocks on the kernel's file systems.

A group lies below the one that this process is in, so what that one may not do its jobs may not either. In the second
version of control groups one that has processes cannot share out processors below it; then the job's group lies beside
ours, unless ours is limited itself: a job must not leave what was to hold it.

Whether any of that can be done is found by trying.
"""

import errno
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tremaux_tools.core import cgroup
from tremaux_tools.core.cgroup import Hierarchy
from tremaux_tools.places import group

SELF = Path("/proc/self")  # where the kernel describes this process
CONTROLLER = "cpu"
_LIMITS = ("cpu.max", "memory.max", "memory.high")  # of a group that no job may leave


class CannotLimit(Exception):
    """Why no group can be made for a job, as a part of a sentence."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How limits are kept here."""

    version: int  #: of control groups
    parent: str  #: the group that those of jobs lie in


class CpuLimits:
    """Makes the groups of the jobs whose directories lie in `folder`. `proc` describes the process that begins them."""

    def __init__(self, folder: Path, proc: Path = SELF) -> None:
        self._folder = folder
        self._proc = proc
        self._prefix = f"tremaux-{zlib.crc32(os.fsencode(folder)):08x}-"  # other databases have jobs as well

    def make(self, nonce: str, cpus: float) -> str:
        """Make the group of a job, limited to some cores; the directory that it is.

        Raises:
            CannotLimit: this machine does not let us.
        """
        return self._make(f"{self._prefix}{nonce}", cpus)[1]

    def probe(self) -> Kept:
        """How the limit of a job would be kept here.

        Raises:
            CannotLimit: it could not.
        """
        version, made = self._make(f"tremaux-probe-{os.getpid()}", 1.0)
        group.remove(made)
        return Kept(version, os.path.dirname(made))

    def sweep(self) -> None:
        """Remove the groups of jobs that are no more; one that somebody is in stays: a daemon outlived its job."""
        with suppress(CannotLimit):
            for parent in self._hierarchy().groups:
                self._sweep(parent)

    def _make(self, name: str, cpus: float) -> tuple[int, str]:
        found = self._hierarchy()
        make = _make_first if found.version == 1 else _make_second
        problem = ""
        for parent in _parents(found):
            self._sweep(parent)
            made = f"{parent}/{name}"
            try:
                make(made, _allowed(found, cpus))
            except OSError as error:
                group.remove(made)
                problem = f"{parent}: {_told(error)}"
            else:
                return found.version, made
        raise CannotLimit(problem)

    def _sweep(self, parent: str) -> None:
        """Remove the groups there whose job has no directory; a job has one before it gets a group."""
        with suppress(OSError):
            for name in os.listdir(parent):
                if name.startswith(self._prefix) and not (self._folder / name.removeprefix(self._prefix)).exists():
                    with suppress(OSError):
                        os.rmdir(f"{parent}/{name}")

    def _hierarchy(self) -> Hierarchy:
        try:
            told, mounts = ((self._proc / name).read_text() for name in ("cgroup", "mountinfo"))
        except OSError as error:
            raise CannotLimit("only Linux has control groups") from error
        found = cgroup.hierarchy(told, mounts, CONTROLLER) or cgroup.hierarchy(told, mounts, cgroup.UNIFIED)
        if found is None:
            raise CannotLimit("no control groups are mounted")
        return found


def _parents(found: Hierarchy) -> Iterator[str]:
    """Where the group of a job may lie, the best place first."""
    for own in found.groups:
        yield own
        if found.version == 1 or any(_read(f"{own}/{name}").split(" ")[0] not in ("", "max") for name in _LIMITS):
            return


def _allowed(found: Hierarchy, cpus: float) -> float:
    """At most the cores that those above have: the first version refuses a group that would have more."""
    above = [
        cgroup.cores(_read(f"{each}/cpu.cfs_quota_us"), _read(f"{each}/cpu.cfs_period_us")) for each in found.groups
    ]
    return min([cpus, *(each for each in above if each is not None)])


def _make_first(made: str, cpus: float) -> None:
    _make_directory(made)
    _write(f"{made}/cpu.cfs_period_us", str(cgroup.PERIOD))
    _write(f"{made}/cpu.cfs_quota_us", str(cgroup.quota(cpus)))
    _check_writable(f"{made}/{group.PROCS}")


def _make_second(made: str, cpus: float) -> None:
    parent = os.path.dirname(made)
    if CONTROLLER not in _read(f"{parent}/cgroup.controllers").split():
        raise OSError(errno.ENODEV, f"it has no {CONTROLLER} controller")
    if CONTROLLER not in _read(f"{parent}/cgroup.subtree_control").split():
        _write(f"{parent}/cgroup.subtree_control", f"+{CONTROLLER}")
    _make_directory(made)
    _write(f"{made}/cpu.max", f"{cgroup.quota(cpus)} {cgroup.PERIOD}")
    _check_writable(f"{parent}/{group.PROCS}")  # of what holds the old group and the new one: cgroups(7)
    _check_writable(f"{made}/{group.PROCS}")


def _make_directory(path: str) -> None:
    with suppress(FileExistsError):  # whoever else submits the same job makes the same
        os.mkdir(path)


def _check_writable(path: str) -> None:
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _told(error: OSError) -> str:
    if error.errno == errno.EBUSY:
        return "it has processes, so none below it can be limited"
    return error.strerror or str(error)
