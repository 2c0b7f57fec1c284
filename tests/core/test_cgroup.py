"""Where the control groups of a process are, by what the kernel says of it on different machines."""

import pytest

from tremaux_tools.core.cgroup import PERIOD, UNIFIED, Hierarchy, cores, figure, hierarchy, quota

FIRST = """31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
SECOND = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
SHELL = "0::/user.slice/user-1000.slice/a.scope\n"
IN_SHELL = (
    "/sys/fs/cgroup/user.slice/user-1000.slice/a.scope",
    "/sys/fs/cgroup/user.slice/user-1000.slice",
    "/sys/fs/cgroup/user.slice",
    "/sys/fs/cgroup",
)
BOX = "/docker/0af"
IN_BOX = f"1 0 0:9 {BOX} /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"


@pytest.mark.parametrize(
    ("memberships", "mounts", "controller", "groups"),
    [
        pytest.param("3:cpu,cpuacct:/\n0::/\n", FIRST, "cpu", ("/sys/fs/cgroup/cpu,cpuacct",), id="first version"),
        pytest.param(
            "3:cpu,cpuacct:/x\n4:memory:/m\n",
            FIRST,
            "memory",
            ("/sys/fs/cgroup/memory/m", "/sys/fs/cgroup/memory"),
            id="another controller has groups of its own",
        ),
        pytest.param(SHELL, SECOND, UNIFIED, IN_SHELL, id="second version"),
        pytest.param(SHELL, SECOND, "cpu", None, id="no hierarchy of the first version"),
        pytest.param("3:cpu:/\n", FIRST, UNIFIED, None, id="in no group of the second version"),
        pytest.param("0::/\n", SECOND, UNIFIED, ("/sys/fs/cgroup",), id="a name space of its own"),
        pytest.param(f"3:cpu:{BOX}\n", IN_BOX, "cpu", ("/sys/fs/cgroup/cpu",), id="a container sees its own part"),
        pytest.param("3:cpu:/docker/0af1\n", IN_BOX, "cpu", None, id="a part of a name is no part of a path"),
        pytest.param("0::/../a\n", SECOND, UNIFIED, None, id="outside the name space"),
        pytest.param(
            "0::/\n", "1 0 0:9 / /mnt/a\\040b rw - cgroup2 none rw\n", UNIFIED, ("/mnt/a b",), id="a path with a space"
        ),
        pytest.param("", "", "cpu", None, id="nothing is told"),
        pytest.param("nonsense", "nonsense - cgroup2\n", UNIFIED, None, id="something else is told"),
    ],
)
def test_the_groups_of_a_process_are_where_they_are_mounted_up_to_the_highest_it_can_see(
    memberships: str, mounts: str, controller: str, groups: tuple[str, ...] | None
) -> None:
    found = hierarchy(memberships, mounts, controller)

    assert found == (None if groups is None else Hierarchy(1 if controller else 2, groups))


@pytest.mark.parametrize(
    ("limit", "period", "found"),
    [
        pytest.param("150000", "100000", 1.5, id="a quota"),
        pytest.param("max", "100000", None, id="none in the second version"),
        pytest.param("-1", "100000", None, id="none in the first version"),
        pytest.param("", "", None, id="no file"),
        pytest.param("5", "0", None, id="no period"),
    ],
)
def test_a_quota_is_a_number_of_cores(limit: str, period: str, found: float | None) -> None:
    assert cores(limit, period) == found


def test_the_quota_of_some_cores_is_read_back_as_these_and_never_less_than_the_kernel_takes() -> None:
    assert cores(str(quota(1.5)), str(PERIOD)) == 1.5
    assert cores(str(quota(0.0001)), str(PERIOD)) == 0.01


def test_a_figure_is_found_by_its_whole_name() -> None:
    told = "inactive_file 7\ntotal_inactive_file 12\nthrottled_usec max\n"

    assert figure(told, "total_inactive_file") == 12
    assert figure(told, "inactive") is None
    assert figure(told, "throttled_usec") is None
