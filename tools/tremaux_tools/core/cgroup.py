"""Control groups of Linux: where those of a process are, and what their files say.

Source: cgroups(7), proc_pid_mountinfo(5), and cgroup-v2 in the kernel's administrator guide.
"""

import re
from dataclasses import dataclass
from typing import Literal

PERIOD = 100_000  # microseconds, in which a quota can be used up; what the kernel takes itself
LEAST_QUOTA = 1_000  # microseconds; the kernel refuses less
UNIFIED = ""  #: what stands for the second version, where one hierarchy has all controllers

_ESCAPED = re.compile(r"\\([0-7]{3})")  # a space and the like in a path of mountinfo
_SECOND = "cgroup2"  # type of its file system


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The groups of a process in one hierarchy, as far up as this process can see."""

    version: Literal[1, 2]
    groups: tuple[str, ...]  #: their directories, its own first, then the one that holds it, up to the mount point


def hierarchy(memberships: str, mounts: str, controller: str) -> Hierarchy | None:
    """The groups of a process that a controller works on; None where the controller has no hierarchy here.

    `memberships` is what `/proc/PID/cgroup` says, `mounts` what `/proc/PID/mountinfo` does. `UNIFIED` asks for the
    second version, whatever its controllers are.
    """
    member = _membership(memberships, controller)
    if member is None:
        return None
    for line in mounts.splitlines():
        place, _, kind = line.partition(" - ")
        fields, system = place.split(" "), kind.split(" ")
        if len(fields) > 4 and len(system) > 2 and _has(system, controller):
            top, point = _plain(fields[3]), _plain(fields[4])
            if (path := _within(member, top)) is not None:
                return Hierarchy(1 if controller else 2, _upwards(point, path))
    return None


def quota(cpus: float) -> int:
    """The microseconds in each `PERIOD` that a number of cores is."""
    return max(round(cpus * PERIOD), LEAST_QUOTA)


def cores(limit: str, period: str) -> float | None:
    """The number of cores that a quota in microseconds is; None for no limit, as `max` or -1 say, or nothing at all."""
    if not (limit.isdigit() and period.isdigit() and int(period)):
        return None
    return int(limit) / int(period)


def figure(text: str, name: str) -> int | None:
    """The number behind a name in a file of such lines, as cpu.stat and memory.stat are."""
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return None


def _membership(memberships: str, controller: str) -> str | None:
    for line in memberships.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if (controller in controllers.split(",")) if controller else (number == "0" and not controllers):
            return path
    return None


def _has(system: list[str], controller: str) -> bool:
    return controller in system[2].split(",") if controller else system[0] == _SECOND


def _within(member: str, top: str) -> str | None:
    """The path of a group below a mount whose root is the group `top`; None where it cannot be seen there."""
    if top == "/":
        return None if member.startswith("/..") else member.strip("/")
    if member == top or member.startswith(f"{top}/"):
        return member[len(top) :].strip("/")
    return None


def _upwards(point: str, path: str) -> tuple[str, ...]:
    names = path.split("/") if path else []
    return tuple("/".join([point, *names[:count]]) for count in range(len(names), -1, -1))


def _plain(path: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), path)
