"""Jobs in every place: their row, their log and their end, whoever sees it; nothing of them is left."""

import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import anyio
import pytest
from tests.engine import BUSYBOX
from tests.places.conftest import Bench
from tests.processes import kill

from tremaux_tools import job_starts
from tremaux_tools.core.job import Order
from tremaux_tools.errors import PlaceUnavailable
from tremaux_tools.jobs import Jobs
from tremaux_tools.place import Work
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(bench: Bench) -> AsyncIterator[Database]:
    database = Database(bench.folder.parent / "t.db")
    yield database
    await database.close()


@pytest.fixture
def jobs(bench: Bench, database: Database) -> Jobs:
    return jobs_on(bench, database)


def jobs_on(bench: Bench, database: Database) -> Jobs:
    places = {bench.kind: bench.place}
    return Jobs(database, folder=bench.folder, places=places, environment=os.environ, clock=time.time)


def ordered(bench: Bench, command: str, **fields: Any) -> Order:
    where = dict.fromkeys(("project", "root", "cwd"), str(bench.cwd))
    image = BUSYBOX if bench.kind == "docker" else None
    order = Order(argv=("/bin/sh", "-c", command), command=command, place=bench.kind, image=image, **where)  # type: ignore[arg-type]
    return replace(order, **fields)


async def test_a_job_is_kept_whole_and_nothing_else_is_left_of_it(bench: Bench, jobs: Jobs) -> None:
    record = await jobs.wait(await jobs.start(ordered(bench, "echo out; exit 3")))

    assert (record.status, record.exit_code, record.place) == ("exited", 3, bench.kind)
    assert await jobs.log(record) == "out\n"
    assert record.cpu_s is not None
    assert not list(bench.folder.iterdir())
    assert not await bench.terminals.list_sessions()


async def test_a_worker_that_was_killed_has_the_code_of_its_signal(bench: Bench, jobs: Jobs) -> None:
    record = await jobs.start(ordered(bench, "echo ready; exec sleep 1000"))
    await bench.until_printed(record.nonce, b"ready")
    kill(*await bench.members(record.nonce))
    record = await jobs.wait(record)

    assert (record.status, record.exit_code, record.cause) == ("exited", 137, "")


async def test_a_job_without_its_supervisor_is_lost_with_what_it_printed(bench: Bench, jobs: Jobs) -> None:
    record = await jobs.start(ordered(bench, "trap '' HUP; echo ready; while :; do sleep 1000; done"))
    await bench.until_printed(record.nonce, b"ready")
    inside = await bench.members(record.nonce)
    assert record.pid == await bench.supervisor(record.nonce)
    kill(record.pid)
    lost = await jobs.wait(record)

    assert (lost.status, lost.exit_code) == ("lost", None)
    assert await jobs.log(lost) == "ready\n"
    assert inside
    assert not await bench.members(record.nonce)
    assert not list(bench.folder.iterdir())


async def test_a_cancelled_job_says_so(bench: Bench, jobs: Jobs) -> None:
    record = await jobs.cancel(await jobs.start(ordered(bench, "sleep 1000")))

    assert (record.status, record.cause) == ("killed", "cancel")
    assert not await bench.members(record.nonce)
    assert not list(bench.folder.iterdir())


async def test_a_frozen_starter_finds_its_run_taken_over(
    bench: Bench, jobs: Jobs, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is frozen before its place hears of the job, and wakes up when another has given the job up."""
    frozen, thaw = anyio.Event(), anyio.Event()
    submit = bench.place.submit

    async def late(work: Work) -> None:
        frozen.set()
        await thaw.wait()
        await submit(work)

    async def starter() -> None:
        with pytest.raises(PlaceUnavailable, match=r"did not begin|cannot be made"):
            await jobs.start(ordered(bench, "touch ran", nonce="run-1"))

    monkeypatch.setattr(bench.place, "submit", late)
    other = jobs_on(bench, database)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(starter)
        await frozen.wait()
        record = await other.by_nonce("run-1")
        assert record is not None
        early = await other.refresh(record)
        monkeypatch.setattr(job_starts, "STARTING", 0.0)
        lost = await other.refresh(record)
        thaw.set()

    assert (early.status, lost.status) == ("running", "lost")
    assert await other.by_nonce("run-1") == lost
    assert not (bench.cwd / "ran").exists()
    assert not list(bench.folder.iterdir())
    assert not await bench.terminals.list_sessions()


async def test_what_its_watcher_left_behind_when_it_died_is_cleared(
    bench: Bench, jobs: Jobs, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end is kept, and before anything is cleared the process that kept it dies."""

    async def dead(nonce: str) -> None:
        raise PlaceUnavailable(f"nothing of {nonce} can be reached")

    with monkeypatch.context() as broken:
        broken.setattr(bench.place, "clear", dead)
        record = await jobs.wait(await jobs.start(ordered(bench, "true")))
        before = list(bench.folder.iterdir())
    await jobs_on(bench, database).sweep()

    assert record.status == "exited"
    assert [directory.name for directory in before] == [record.nonce]
    assert not list(bench.folder.iterdir())
    assert not await bench.terminals.list_sessions()
