"""A job that is limited to some cores: nothing of it gets out of that, and nothing of the limit is left."""

import errno
import os
import time
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from tests.limits import limiting
from tests.places.conftest import Bench, alive
from tests.places.test_places import FAMILY, FAMILY_SIZE
from tests.processes import children, kill, until_dead

from tremaux_tools.core.job import Order
from tremaux_tools.jobs import Jobs
from tremaux_tools.places import cpu_limit, group, supervised
from tremaux_tools.places.cpu_limit import SELF, CannotLimit, CpuLimits
from tremaux_tools.store.database import Database
from tremaux_tools.upkeep import find_cpu_limits

pytestmark = pytest.mark.anyio


plain = pytest.mark.parametrize("kind", ["process"])
both = pytest.mark.parametrize("kind", ["process", "tmux"])


async def group_of(bench: Bench, nonce: str) -> Path:
    return Path(str((await anyio.to_thread.run_sync(supervised.describe, bench.folder / nonce))["group"]))


async def members_of(held: Path) -> set[int]:
    return await anyio.to_thread.run_sync(group.members, str(held))


def quota_of(held: Path) -> float:
    """The cores that a group may use."""
    if (second := held / "cpu.max").exists():
        limit, period = second.read_text().split()
    else:
        limit, period = ((held / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
    return int(limit) / int(period)


async def until_throttled(held: Path) -> None:
    """Wait until the kernel has made a group wait for its next share."""
    while "nr_throttled 0\n" in await anyio.Path(held / "cpu.stat").read_text():
        await anyio.sleep(0.02)


@limiting
@both
async def test_all_that_descends_from_a_limited_job_is_limited_with_it_but_for_its_supervisor(bench: Bench) -> None:
    nonce = await bench.submit(FAMILY, cpus=0.5)
    await bench.until_printed(nonce, b"ready")
    held, members = await group_of(bench, nonce), await bench.members(nonce)
    inside = await members_of(held)
    await bench.place.stop(nonce)

    assert len(members) == FAMILY_SIZE
    assert members <= inside
    assert await bench.supervisor(nonce) not in inside
    assert not held.exists()


@limiting
@both
async def test_a_job_that_wants_more_than_its_cores_has_to_wait(bench: Bench) -> None:
    nonce = await bench.submit("while :; do :; done", cpus=0.2)
    held = await group_of(bench, nonce)
    quota = await anyio.to_thread.run_sync(quota_of, held)
    await until_throttled(held)

    assert quota == 0.2


@limiting
@plain
async def test_a_job_that_nobody_limits_has_no_group(bench: Bench) -> None:
    nonce = await bench.submit("env | grep TREMAUX")
    ended, told, held = await bench.place.wait(nonce), await bench.log(nonce), await group_of(bench, nonce)

    assert held == Path()
    assert (ended.exit_code, told) == (0, f"TREMAUX_JOB={nonce}\n".encode())


@limiting
@both
@pytest.mark.parametrize(
    ("command", "fields"),
    [
        pytest.param("exit 3", {}, id="by itself"),
        pytest.param("no-such-command", {"argv": ("no-such-program",)}, id="that could not start"),
        pytest.param("sleep 1000", {"timeout": 0.2}, id="out of time"),
    ],
)
async def test_no_group_is_left_of_a_job_that_ended(bench: Bench, command: str, fields: dict[str, Any]) -> None:
    nonce = await bench.submit(command, cpus=0.5, **fields)
    held = await group_of(bench, nonce)
    await bench.place.wait(nonce)

    assert held.name.endswith(nonce)
    assert not held.exists()


@limiting
@plain
async def test_a_daemon_stays_limited_until_it_ends_and_its_group_goes_with_the_next_sweep(bench: Bench) -> None:
    nonce = await bench.submit("(setsid sleep 1000 </dev/null >/dev/null 2>&1 &); exit 0", cpus=0.5)
    held = await group_of(bench, nonce)
    await bench.place.wait(nonce)
    (daemon,) = await members_of(held)
    await supervised.remove(bench.folder / nonce)
    await supervised.clear(bench.folder, keep=(), before=0)
    stayed = held.exists()
    kill(daemon)
    await until_dead(daemon)
    await supervised.clear(bench.folder, keep=(), before=0)

    assert stayed
    assert not held.exists()


@limiting
@plain
async def test_a_sweep_leaves_no_group_of_a_job_whose_supervisor_was_killed(bench: Bench, tmp_path: Path) -> None:
    database = Database(tmp_path / "t.db")
    jobs = Jobs(database, folder=bench.folder, places={"process": bench.place}, environment={}, clock=time.time)
    hiding = "env -i setsid /bin/sleep 1000 & echo ready; wait"  # without the mark, and soon without a parent
    where = dict.fromkeys(("project", "root", "cwd"), str(bench.cwd))
    job = await jobs.start(Order(argv=("/bin/sh", "-c", hiding), command=hiding, cpus=0.5, **where))
    await bench.until_printed(job.nonce, b"ready")
    held = await group_of(bench, job.nonce)
    inside = await members_of(held)
    supervisor = await bench.supervisor(job.nonce)
    shell = children(supervisor)
    kill(supervisor, *shell)
    for pid in shell:
        await until_dead(pid)
    await jobs.sweep()
    ended = await jobs.find(job.name)
    await database.close()

    assert ended.status == "lost"
    assert inside > shell
    assert not alive(inside)
    assert not held.exists()


@limiting
@plain
def test_a_sweep_takes_only_groups_of_its_own_jobs_that_are_no_more(tmp_path: Path) -> None:
    ours, theirs = CpuLimits(tmp_path), CpuLimits(tmp_path / "others")
    (tmp_path / "runs").mkdir()
    gone, runs, other = ours.make("gone", 1.0), ours.make("runs", 1.0), theirs.make("gone", 1.0)
    ours.sweep()
    left = [each for each in (gone, runs, other) if Path(each).exists()]
    for each in left:
        group.remove(each)

    assert left == [runs, other]


@limiting
@plain
def test_a_group_goes_with_the_empty_ones_that_jobs_of_its_job_left_below_it(tmp_path: Path) -> None:
    held = Path(CpuLimits(tmp_path).make("outer", 1.0))
    (held / "inner").mkdir()
    group.remove(str(held))

    assert not held.exists()


@limiting
@plain
def test_a_job_begun_by_a_limited_job_gets_no_more_than_that_one(tmp_path: Path) -> None:
    (tmp_path / "outer").mkdir()
    outer = Path(CpuLimits(tmp_path).make("outer", 0.5))
    if (outer / "cpu.max").exists():
        pytest.skip("in the second version the kernel keeps the lower limit without us")
    (tmp_path / "mountinfo").write_text((SELF / "mountinfo").read_text())
    own = outer.relative_to(CpuLimits(tmp_path).probe().parent)
    (tmp_path / "cgroup").write_text(f"1:cpu:/{own}\n")
    inner = Path(CpuLimits(tmp_path, tmp_path).make("inner", 2.0))
    quota = quota_of(inner)
    group.remove(str(outer))

    assert inner.parent == outer
    assert quota == 0.5


@plain
@pytest.mark.parametrize(
    ("mounted", "member", "told"),
    [
        pytest.param("cgroup cgroup rw,cpu", "1:cpu:/", "No such file", id="first version that cannot be written"),
        pytest.param("cgroup2 cgroup2 rw", "0::/", "no cpu controller", id="second version without the controller"),
        pytest.param("tmpfs tmpfs rw", "0::/", "no control groups are mounted", id="none is mounted"),
        pytest.param(None, None, "only Linux", id="another system"),
    ],
)
async def test_where_no_group_can_be_made_a_job_runs_and_the_reason_is_told(
    bench: Bench, tmp_path: Path, mounted: str | None, member: str | None, told: str
) -> None:
    proc, empty = tmp_path / "proc", tmp_path / "empty"
    for each in (proc, empty):
        each.mkdir()
    if mounted is not None:
        (proc / "mountinfo").write_text(f"1 0 0:9 / {empty} rw - {mounted}\n")
        (proc / "cgroup").write_text(f"{member}\n")
    bench.place._limits = CpuLimits(bench.folder, proc)  # type: ignore[attr-defined]
    work = await bench.prepare("echo ran", cpus=1.5)
    note = await bench.place.submit(work)
    ended, printed = await bench.place.wait(work.nonce), await bench.log(work.nonce)
    found = await find_cpu_limits(bench.folder, proc)

    assert note.startswith("not limited to 1.5 cores: this machine lets Tremaux make no control group (")
    assert told in note
    assert (ended.exit_code, printed) == (0, b"ran\n")
    assert not list(empty.iterdir())
    assert (found.version, told in found.problem) == ("", True)


@plain
async def test_a_group_that_goes_before_the_command_begins_does_not_keep_it_from_running(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CpuLimits, "make", lambda *_: "/nowhere")
    ended, told = await bench.run("echo ran", cpus=1.0)

    assert ended.exit_code == 0
    assert told == b"tremaux: no limit of processors is kept: No such file or directory\nran\n"


@limiting
@plain
async def test_the_doctor_says_how_limits_are_kept_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found = await find_cpu_limits(tmp_path)
    left = [each async for each in anyio.Path(found.address).glob(f"tremaux-probe-{os.getpid()}*")]

    assert found.version in {"cgroup v1", "cgroup v2"}
    assert not found.problem
    assert not left


class SecondVersion:
    """The part of the kernel's rules for the second version that decides where a group can lie.

    Most machines have only one of both versions with processors to share out, so the other one is told here.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = folder / "cgroup"
        self.proc = folder / "proc"
        self.own = self.root / "app.slice" / "client.scope"
        self._mkdir, self._write = os.mkdir, cpu_limit._write
        self.own.mkdir(parents=True)
        self.proc.mkdir()
        for each in (self.root, self.own.parent, self.own):
            self._fill(each, "cpu memory")
        (self.own / "cgroup.procs").write_text("1\n")
        (self.proc / "mountinfo").write_text(f"1 0 0:9 / {self.root} rw - cgroup2 cgroup2 rw\n")
        (self.proc / "cgroup").write_text(f"0::/{self.own.relative_to(self.root)}\n")
        monkeypatch.setattr(cpu_limit.os, "mkdir", self.mkdir)
        monkeypatch.setattr(cpu_limit, "_write", self.write)

    def mkdir(self, path: str) -> None:
        self._mkdir(path)
        shared = (Path(path).parent / "cgroup.subtree_control").read_text()
        self._fill(Path(path), shared.replace("+", ""))

    def write(self, path: str, text: str) -> None:
        if path.endswith("subtree_control") and (Path(path).parent / "cgroup.procs").read_text():
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self._write(path, text)

    @staticmethod
    def _fill(folder: Path, controllers: str) -> None:
        for name in ("cgroup.procs", "cgroup.subtree_control", *(["cpu.max"] if "cpu" in controllers else [])):
            (folder / name).write_text("")
        (folder / "cgroup.controllers").write_text(controllers)


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecondVersion:
    return SecondVersion(tmp_path, monkeypatch)


@plain
def test_in_the_second_version_a_job_is_limited_beside_the_group_that_has_our_processes(
    second: SecondVersion, tmp_path: Path
) -> None:
    made = Path(CpuLimits(tmp_path, second.proc).make("a", 0.5))

    assert made.parent == second.own.parent
    assert (made / "cpu.max").read_text() == "50000 100000"
    assert (second.own.parent / "cgroup.subtree_control").read_text() == "+cpu"


@plain
def test_in_the_second_version_a_job_is_limited_below_a_group_that_can_share_out_processors(
    second: SecondVersion, tmp_path: Path
) -> None:
    (second.own / "cgroup.procs").write_text("")  # as at the top of a hierarchy, which is exempt

    assert Path(CpuLimits(tmp_path, second.proc).make("a", 0.5)).parent == second.own


@plain
@pytest.mark.parametrize("limit", ["cpu.max", "memory.max", "memory.high"])
def test_no_job_leaves_a_group_that_is_limited_itself(second: SecondVersion, tmp_path: Path, limit: str) -> None:
    (second.own / limit).write_text("1000 100000\n")

    with pytest.raises(CannotLimit, match="it has processes"):
        CpuLimits(tmp_path, second.proc).make("a", 0.5)
    assert not list(second.root.rglob("tremaux-*"))
