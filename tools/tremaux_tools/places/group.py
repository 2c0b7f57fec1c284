"""The control group of a job, by the directory it is: who is in it, and its end.

The job's supervisor loads it where there is one. It removes the group before it tells how the job ended.
"""

import errno
import os
import time

PROCS = "cgroup.procs"  # names the processes of a group; who is written there joins it
BURIAL = 1.0  # seconds for the kernel to forget of a group's last process
SOON = 0.005  # seconds between two looks


def members(group: str) -> set[int]:
    """The processes of a group and of those below it; none where it is no more."""
    found: set[int] = set()
    for each in _groups(group):
        try:
            with open(f"{each}/{PROCS}", "rb") as file:
                found |= set(map(int, file.read().split()))
        except OSError:
            continue
    return found - {0, os.getpid()}  # 0: one that cannot be seen from here


def remove(group: str) -> None:
    """Remove a group that nobody is in any more, with those below it. One that somebody is in stays, and its limit."""
    deadline = time.monotonic() + BURIAL
    for each in _groups(group):
        while not _removed(each) and not members(each) and time.monotonic() < deadline:
            time.sleep(SOON)


def _groups(group: str) -> list[str]:
    """A group and all below it, the lowest first: a job may have begun jobs of its own."""
    return [folder for folder, _, _ in os.walk(group, topdown=False)]


def _removed(group: str) -> bool:
    """Whether a group could be removed, or never can be; the kernel may still be about to bury its last process."""
    try:
        os.rmdir(group)
    except OSError as error:
        return error.errno != errno.EBUSY
    return True
