"""How busy this machine is, by psutil; in a container, how much is left of what it may use."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tremaux_tools.core import cgroup
from tremaux_tools.core.load import MachineLoad, percent

_SELF = Path("/proc/self")
_MICROSECOND = 1e-6
_NANOSECOND = 1e-9


class _Clock(NamedTuple):
    """Processor time used of what there was, in seconds since whenever."""

    used: float
    available: float


class LoadMeter:
    """Looks at the load of the machine from time to time.

    Where a control group holds this process to a share of the machine, it is percent of that share: the machine may
    be idle, and there is yet nothing left to use. `proc` is where the kernel describes this process.
    """

    def __init__(self, proc: Path = _SELF) -> None:
        self._proc = proc
        self._before: dict[str, _Clock] = {}

    def sample(self) -> MachineLoad | None:
        """The load since the sample before; None at the first, which has nothing to compare with. Blocks for ~1 ms.

        psutil is loaded by the first one.
        """
        now = dict(self._clocks())
        before, self._before = self._before, now
        shares = [
            percent(clock.used - then.used, clock.available - then.available)
            for name, clock in now.items()
            if (then := before.get(name)) and clock.available > then.available
        ]
        return MachineLoad(max(shares), self._memory()) if shares else None

    def _clocks(self) -> Iterator[tuple[str, _Clock]]:
        """The processors, and each group that limits us, by name."""
        yield "", _processors()
        now = time.monotonic()
        for group in self._groups("cpu"):
            limit, used = _cpu_limit(group), _cpu_used(group)
            if limit is not None and used is not None:
                yield str(group), _Clock(used, now * limit)

    def _memory(self) -> float:
        import psutil  # noqa: PLC0415

        shares = [float(psutil.virtual_memory().percent)]
        for group in self._groups("memory"):
            first, second = _read(group / "memory.limit_in_bytes"), _read(group / "memory.max")
            used = _read(group / "memory.usage_in_bytes") or _read(group / "memory.current")
            limit = first or second
            if limit.isdigit() and used.isdigit():  # the files that were read can be taken from us, like a cache
                free = cgroup.figure(_read(group / "memory.stat"), "total_inactive_file" if first else "inactive_file")
                shares.append(percent(int(used) - (free or 0), int(limit)))
        return max(shares)

    def _groups(self, controller: str) -> list[Path]:
        """The groups that may limit us; read anew, for a process can be moved."""
        told, mounts = _read(self._proc / "cgroup"), _read(self._proc / "mountinfo")
        found = (cgroup.hierarchy(told, mounts, each) for each in (controller, cgroup.UNIFIED))
        return [Path(group) for hierarchy in found if hierarchy for group in hierarchy.groups]


def _processors() -> _Clock:
    """Those that this process may use, as the kernel counts them.

    The times themselves, not psutil.cpu_percent: it remembers the look before for each thread by itself, and ours may
    come from any.
    """
    import psutil  # noqa: PLC0415 - only who asks for the load pays for it

    times = psutil.cpu_times(percpu=True)
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    used = available = 0.0
    for number, each in enumerate(times):
        if allowed and number not in allowed and max(allowed) < len(times):
            continue
        whole = sum(each) - getattr(each, "guest", 0.0) - getattr(each, "guest_nice", 0.0)  # user and nice count them
        available += whole
        used += whole - each.idle - getattr(each, "iowait", 0.0)
    return _Clock(used, available)


def _cpu_limit(group: Path) -> float | None:
    """How many cores a group may use."""
    if second := _read(group / "cpu.max"):
        limit, _, period = second.partition(" ")
        return cgroup.cores(limit, period)
    return cgroup.cores(_read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us"))


def _cpu_used(group: Path) -> float | None:
    """Processor seconds that a group has used; the first version counts them where `cpuacct` is mounted with `cpu`."""
    if (used := cgroup.figure(_read(group / "cpu.stat"), "usage_usec")) is not None:
        return used * _MICROSECOND
    first = _read(group / "cpuacct.usage")
    return int(first) * _NANOSECOND if first.isdigit() else None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def cores() -> int:
    """How many cores this process and its workers may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
