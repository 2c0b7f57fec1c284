"""Workers get the cores that dispatch.max_cpu_per_agent gives them, or their ticket says why not."""

from pathlib import Path

import pytest
from tests import trials
from tests.dispatch.conftest import Ran
from tests.limits import limiting

from tremaux_server.app import App
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.places.cpu_limit import CpuLimits
from tremaux_tools.store import exposures

pytestmark = pytest.mark.anyio
# What its own group may use, of either version.
QUOTA = """group=$(sed -n 's/^[0-9]*:cpu\\(,cpuacct\\)*://p' /proc/self/cgroup)
for at in /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct; do cat "$at$group/cpu.cfs_quota_us" && exit 0; done
cat "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cpu.max" """


async def limit(app: App, cores: str, *, is_fixed: bool = True) -> None:
    settings = LiveSettings(app.services.database, clock=lambda: 0.0)
    await settings.set("dispatch.max_cpu_per_agent", cores, is_fixed=is_fixed)


@limiting
async def test_a_worker_gets_the_cores_of_the_setting(app: App, project: Path, ran: Ran) -> None:
    await limit(app, "0.75")
    ticket = await ran(command=f"({QUOTA}) >quota 2>/dev/null", id="t")
    events = (await app.tickets.history(project, "t")).events

    assert ticket.status == "completed"
    assert (project / "quota").read_text().split()[0] == "75000"
    assert not any("not limited" in event.reason for event in events)


async def test_a_ticket_says_why_its_worker_is_not_limited(app: App, project: Path, ran: Ran, tmp_path: Path) -> None:
    await limit(app, "1.5")
    app.services.jobs.places["process"]._limits = CpuLimits(tmp_path, tmp_path)  # type: ignore[attr-defined]
    ticket = await ran(command="touch ran", id="t")
    events = (await app.tickets.history(project, "t")).events

    assert ticket.status == "completed"
    assert [event.reason for event in events if "limited" in event.reason] == [
        "not limited to 1.5 cores: this machine lets Tremaux make no control group (only Linux has control groups)"
    ]


async def test_without_a_limit_nothing_is_said_of_one(app: App, project: Path, ran: Ran, tmp_path: Path) -> None:
    app.services.jobs.places["process"]._limits = CpuLimits(tmp_path, tmp_path)  # type: ignore[attr-defined]
    await ran(command="touch ran", id="t")
    events = (await app.tickets.history(project, "t")).events

    assert not any("limited" in event.reason for event in events)


async def test_a_run_whose_limit_could_not_be_kept_says_nothing_of_it(app: App, ran: Ran, tmp_path: Path) -> None:
    await limit(app, "1.5", is_fixed=False)
    delta_id = await trials.begin(app.services.database, "dispatch.max_cpu_per_agent", 1.5, is_guarded=True)
    other_id = await trials.begin(app.services.database, "dispatch.max_workers", 2, is_guarded=True)
    app.services.jobs.places["process"]._limits = CpuLimits(tmp_path, tmp_path)  # type: ignore[attr-defined]
    await ran(command="touch ran", id="t")

    async with app.services.database.snapshot() as connection:
        assert await exposures.ended(connection, delta_id) == []
        assert len(await exposures.ended(connection, other_id)) == 1
