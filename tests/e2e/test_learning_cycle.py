"""The learning cycle in real processes: what it changes by itself, and that only one of them makes it."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests import processes
from tests.driver import ServerProcess

from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
PATIENCE = 120.0  # seconds for anything to happen
CORES = 2
TOO_MANY = 12  # workers
COMPUTE = f"exec {sys.executable} -S -E -c 'for _ in range(5_000_000): pass'"
Run = Callable[..., subprocess.CompletedProcess[str]]
Rows = list[tuple[Any, ...]]


class Watch:
    """Waits until the database shows something."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes = Changes(database)

    async def rows(self, query: str, *values: Any) -> Rows:
        async with self._database.snapshot() as connection:
            return [tuple(row) for row in await connection.execute_fetchall(query, values)]

    async def until(self, query: str, *values: Any) -> Rows:
        """The rows of a query, once there are any."""
        with anyio.fail_after(PATIENCE):
            while True:
                seen = await self._changes.version()
                if found := await self.rows(query, *values):
                    return found
                await self._changes.wait(seen)


@pytest.fixture
async def watch(tremaux: Run, tmp_path: Path) -> AsyncIterator[Watch]:
    """What happens in the database of processes that look at the work every second."""
    assert tremaux("settings", "set", "learning.interval", "1").returncode == 0
    database = Database(tmp_path / "t.db")
    yield Watch(database)
    await database.close()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be kept to two cores here")
async def test_the_cycle_puts_fewer_workers_on_trial_where_they_fight_for_the_cores(
    tremaux: Run, watch: Watch, tmp_path: Path
) -> None:
    tremaux("settings", "set", "dispatch.max_workers", str(TOO_MANY), "--learnable")
    tickets = [
        {"id": f"t{at}", "description": "compute", "command": COMPUTE, "place": "process", "worktree": False}
        for at in range(600)
    ]
    assert tremaux("ticket", "import", "-", stdin=json.dumps(tickets)).returncode == 0
    command = [sys.executable, "-m", "tremaux_server", "--db", str(tmp_path / "t.db"), "dispatch"]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"HOME": str(tmp_path)}) as dispatcher:
        try:
            os.sched_setaffinity(dispatcher.pid, sorted(os.sched_getaffinity(0))[:CORES])
            lowered = await watch.until(
                "SELECT status, source, old_value, CAST(new_value AS INTEGER) FROM delta "
                "WHERE target = 'dispatch.max_workers' AND applied_at IS NOT NULL"
            )
            counted = await watch.until("SELECT DISTINCT is_new FROM exposure WHERE subject GLOB 'run *'")
        finally:
            dispatcher.kill()

    ((status, source, old, new),) = lowered
    assert (status, source, old) == ("trial", "rule overload", str(TOO_MANY))
    assert CORES < new < TOO_MANY
    assert counted


async def test_no_two_servers_learn_at_once_and_one_that_is_frozen_or_killed_is_followed(
    watch: Watch, start: Callable[..., ServerProcess]
) -> None:
    for server in (start(), start()):
        server.handshake()
        server.call("check_stall")

    first = await leader_after(watch, epoch=0)
    processes.freeze(first.pid)
    second = await leader_after(watch, epoch=first.epoch)
    processes.thaw(first.pid)
    await watch.until("SELECT 1 FROM cycle WHERE epoch = ? LIMIT 1 OFFSET 2", second.epoch)
    processes.kill(second.pid)
    third = await leader_after(watch, epoch=second.epoch)
    cycles = await watch.rows("SELECT epoch, started_at, ended_at, error FROM cycle ORDER BY cycle_id")

    assert (second.pid != first.pid, third.pid) == (True, first.pid)
    assert all(one[2] <= following[1] for one, following in pairwise(cycles))
    assert [epoch for epoch, *_ in cycles] == sorted(epoch for epoch, *_ in cycles)
    assert not any(error for *_, error in cycles)


class Leader:
    """Who made a turn of the cycle."""

    def __init__(self, owner: str, epoch: int) -> None:
        self.pid = int(owner.partition("@")[0])
        self.epoch = epoch


async def leader_after(watch: Watch, *, epoch: int) -> Leader:
    """The first that makes a turn after those of an epoch."""
    found = await watch.until("SELECT owner, epoch FROM cycle WHERE epoch > ? ORDER BY cycle_id LIMIT 1", epoch)
    return Leader(*found[0])
