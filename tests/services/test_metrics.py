"""How busy the machine is, and how busy what a control group leaves of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tremaux_tools.core.load import MachineLoad
from tremaux_tools.metrics import LoadMeter


def spin(seconds: float) -> None:
    """Use processor time, however busy the machine is."""
    used = os.times().user + seconds
    while os.times().user < used:
        pass


def described(folder: Path, version: int, **files: str) -> LoadMeter:
    """A meter of a process in a group whose files are these; dots are written as two underscores."""
    proc, group = folder / "proc", folder / "group"
    for each in (proc, group):
        each.mkdir(exist_ok=True)
    kind, controllers = ("cgroup2", "") if version == 2 else ("cgroup", ",cpu,cpuacct,memory")
    (proc / "mountinfo").write_text(f"1 0 0:9 / {group} rw - {kind} {kind} rw{controllers}\n")
    (proc / "cgroup").write_text("0::/\n" if version == 2 else "3:cpu,cpuacct,memory:/\n")
    for name, text in files.items():
        (group / name.replace("__", ".")).write_text(text)
    return LoadMeter(proc)


def sampled(meter: LoadMeter) -> MachineLoad:
    """A sample that has something to compare with: the kernel counts in ticks of 10 ms."""
    meter.sample()
    while True:
        spin(0.05)
        if load := meter.sample():
            return load


def test_the_first_sample_has_nothing_to_compare_with() -> None:
    assert LoadMeter().sample() is None


def test_a_machine_where_one_core_works_is_not_idle() -> None:
    load = sampled(LoadMeter(Path("/nowhere")))

    assert 0 < load.cpu_percent <= 100
    assert 0 < load.memory_percent < 100


@pytest.mark.parametrize(
    ("version", "limit", "used"),
    [
        pytest.param(2, {"cpu__max": "50000 100000\n"}, "cpu__stat", id="second version"),
        pytest.param(
            1, {"cpu__cfs_quota_us": "50000\n", "cpu__cfs_period_us": "100000\n"}, "cpuacct__usage", id="first version"
        ),
    ],
)
def test_who_uses_up_the_share_of_its_group_sees_a_busy_machine(
    tmp_path: Path, version: int, limit: dict[str, str], used: str
) -> None:
    words = "usage_usec {}\n" if version == 2 else "{}\n"
    meter = described(tmp_path, version, **limit, **{used: words.format(0)})
    meter.sample()
    spin(0.05)
    described(tmp_path, version, **{used: words.format(10**15)})
    load = meter.sample()

    assert load is not None
    assert load.cpu_percent == 100


def test_a_group_without_a_limit_says_nothing_of_the_machine(tmp_path: Path) -> None:
    meter = described(tmp_path, 2, cpu__max="max 100000\n", cpu__stat="usage_usec 0\n")
    meter.sample()

    assert list(meter._before) == [""]  # the processors alone


@pytest.mark.parametrize(
    ("version", "files"),
    [
        pytest.param(
            2,
            {"memory__max": "1000", "memory__current": "995", "memory__stat": "inactive_file 5\n"},
            id="second version",
        ),
        pytest.param(
            1,
            {
                "memory__limit_in_bytes": "1000",
                "memory__usage_in_bytes": "995",
                "memory__stat": "inactive_file 1\ntotal_inactive_file 5\n",
            },
            id="first version",
        ),
    ],
)
def test_memory_is_of_what_the_group_may_have_without_what_can_be_taken_back(
    tmp_path: Path, version: int, files: dict[str, str]
) -> None:
    assert sampled(described(tmp_path, version, **files)).memory_percent == 99


def test_psutil_is_not_loaded_before_the_first_sample() -> None:
    script = (
        "import sys, tremaux_tools.metrics as metrics; meter = metrics.LoadMeter(); before = 'psutil' in sys.modules; "
        "meter.sample(); sys.exit(before or 'psutil' not in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
