"""Jobs as they are kept: whoever sees the end, it is kept once, without secrets, and its files are gone."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite
import anyio
import anyio.to_thread
import pytest
from tests.processes import is_alive, kill

from tremaux_tools.core.job import TIMED_OUT, JobRecord, Order
from tremaux_tools.core.redact import Redactor
from tremaux_tools.errors import BadArgument, PlaceUnavailable, UnknownItem
from tremaux_tools.job_directory import reports_beside
from tremaux_tools.jobs import Jobs
from tremaux_tools.places.process import ProcessPlace
from tremaux_tools.store import jobs as stored
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
# Stores a job and dies before its place hears of it.
DYING_STARTER = """
import os, signal, sys, time
from pathlib import Path
import anyio
from tremaux_tools.core.job import Order
from tremaux_tools.jobs import Jobs
from tremaux_tools.places.process import ProcessPlace
from tremaux_tools.store.database import Database

class Deadly(ProcessPlace):
    async def submit(self, work):
        os.kill(os.getpid(), signal.SIGKILL)

async def main(home):
    folder = home / "jobs"
    jobs = Jobs(Database(home / "state" / "t.db"), folder=folder, places={"process": Deadly(folder)}, environment={},
                clock=lambda: 1000.0)
    where = dict.fromkeys(("project", "root", "cwd"), str(home))
    await jobs.start(Order(argv=("touch", "ran"), command="touch ran", nonce="run-1", **where))

anyio.run(main, Path(sys.argv[1]))
"""
SECRET = "ghp_" + "a1B2c3D4e5" * 4
Ordered = Callable[..., Order]


@pytest.fixture
def ordered(tmp_path: Path) -> Ordered:
    def order(command: str, **fields: Any) -> Order:
        where = {"project": str(tmp_path), "root": str(tmp_path), "cwd": str(tmp_path)}
        return Order(argv=("/bin/sh", "-c", command), command=command, **(where | {"timeout": 60.0} | fields))

    return order


def jobs_on(database: Database, tmp_path: Path) -> Jobs:
    ticks = iter(range(1_000, 10**9))
    return served(database, tmp_path, environment=os.environ, clock=lambda: float(next(ticks)))


def served(database: Database, tmp_path: Path, **fields: Any) -> Jobs:
    folder = tmp_path / "jobs"
    given = {"environment": {}, "clock": time.time, "places": {"process": ProcessPlace(folder)}} | fields
    return Jobs(database, folder=folder, **given)


@pytest.fixture
def jobs(database: Database, tmp_path: Path) -> Jobs:
    return jobs_on(database, tmp_path)


async def ran(jobs: Jobs, order: Order) -> JobRecord:
    with anyio.fail_after(30):
        return await jobs.wait(await jobs.start(order))


async def test_an_ended_job_is_kept_whole_and_its_files_are_gone(jobs: Jobs, ordered: Ordered) -> None:
    record = await ran(jobs, ordered("echo out; echo err >&2; exit 3"))

    assert (record.status, record.exit_code, record.cause, record.output_bytes) == ("exited", 3, "", 8)
    assert await jobs.log(record) == "out\nerr\n"
    assert not Path(record.directory).exists()


async def test_no_secret_is_kept_of_a_log_or_a_command(jobs: Jobs, ordered: Ordered) -> None:
    record = await ran(jobs, ordered(f"echo token={SECRET}"))

    assert record.redactions == 1
    assert SECRET not in await jobs.log(record)
    assert SECRET not in record.command


async def test_no_secret_is_kept_of_what_a_job_is_for(database: Database, ordered: Ordered, tmp_path: Path) -> None:
    redactor = Redactor(["walrus-2042"])
    jobs = served(database, tmp_path, redactor=redactor)
    told = dict.fromkeys(("action", "hypothesis", "gate", "client", "agent"), f"with walrus-2042 and {SECRET}")
    record = await ran(jobs, ordered("true", **told))

    assert "walrus-2042" not in repr(record)
    assert SECRET not in repr(record)


async def test_a_path_that_cannot_be_stored_is_told_before_anything_runs(
    jobs: Jobs, ordered: Ordered, tmp_path: Path
) -> None:
    strange = tmp_path / os.fsdecode(b"\xff")
    strange.mkdir()

    with pytest.raises(BadArgument, match="cannot be stored"):
        await jobs.start(ordered("touch ran", cwd=str(strange)))
    assert not list(strange.iterdir())


async def test_no_more_than_a_few_processes_of_a_project_run_at_once(
    jobs: Jobs, ordered: Ordered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tremaux_tools.jobs.MAX_RUNNING", 2)
    refused: list[str] = []

    async def start() -> None:
        try:
            await jobs.start(ordered("sleep 1000"))
        except PlaceUnavailable as error:
            refused.append(f"{error}. {error.hint}")

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(start)
        first, second = await jobs.running()
        elsewhere = await jobs.start(ordered("true", project="/elsewhere"))
        await jobs.cancel(first)
        third = await jobs.start(ordered("sleep 1000"))
        for record in (second, third, elsewhere):
            await jobs.cancel(record)

    assert len(refused) == 3
    assert all("2 commands of this project run already" in told and first.name in told for told in refused)


async def test_a_running_job_shows_its_newest_lines_without_secrets(
    jobs: Jobs, ordered: Ordered, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "go")
    with anyio.fail_after(30):
        record = await jobs.start(ordered(f"seq 100; echo {SECRET}; read -r line < go"))
        while "redacted" not in (job := await jobs.look(record, wait=0.0, tail=2)).log_tail:
            await anyio.sleep(0.02)
        await anyio.Path(tmp_path / "go").write_text("on\n")
        ended = await jobs.wait(record)

    assert job.status == "running"
    assert job.log_tail.startswith("100\n[redacted")
    assert ended.exit_code == 0


async def test_two_that_watch_keep_one_end(database: Database, jobs: Jobs, ordered: Ordered, tmp_path: Path) -> None:
    ends: list[JobRecord] = []

    async def watch(by: Jobs) -> None:
        ends.append(await by.wait(record))

    with anyio.fail_after(30):
        record = await jobs.start(ordered("echo x; exit 4"))
        async with anyio.create_task_group() as tasks:
            for by in (jobs, jobs_on(database, tmp_path)):
                tasks.start_soon(watch, by)

    assert ends[0] == ends[1]
    assert (ends[0].exit_code, await jobs.log(ends[0])) == (4, "x\n")


async def test_what_ended_while_nobody_watched_is_kept_by_the_next_who_looks(
    database: Database, jobs: Jobs, ordered: Ordered, tmp_path: Path
) -> None:
    with anyio.fail_after(30):
        record = await jobs.start(ordered("echo x; exit 4"))
        later = jobs_on(database, tmp_path)
        while await later.running():
            await later.sweep()
            await anyio.sleep(0.02)
    found = await later.find(record.name)

    assert (found.status, found.exit_code) == ("exited", 4)


async def test_a_job_whose_supervisor_was_killed_is_lost_with_what_it_printed(jobs: Jobs, ordered: Ordered) -> None:
    with anyio.fail_after(30):
        record = await jobs.start(ordered("sleep 1000 & echo $!; wait"))
        while not (line := await jobs.log(record)):
            await anyio.sleep(0.02)
        assert record.pid is not None
        kill(record.pid)
        lost = await jobs.wait(record)

    assert (lost.status, lost.exit_code) == ("lost", None)
    assert await jobs.log(lost) == line
    assert not is_alive(int(line))


async def test_a_place_that_hangs_holds_the_jobs_of_no_other_place(
    database: Database, ordered: Ordered, tmp_path: Path
) -> None:
    hangs, goes_on = anyio.Event(), anyio.Event()

    class Hanging(ProcessPlace):
        async def stop(self, nonce: str) -> None:
            hangs.set()
            await goes_on.wait()
            await super().stop(nonce)

    folder = tmp_path / "jobs"
    places = {"process": ProcessPlace(folder), "tmux": Hanging(folder)}
    jobs = served(database, tmp_path, places=places, environment=os.environ, clock=time.time)
    lost = await jobs.start(ordered("sleep 1000", place="tmux"))
    assert lost.pid
    kill(lost.pid)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(jobs.wait, lost)
            await hangs.wait()
            ended = await jobs.wait(await jobs.start(ordered("true")))
            goes_on.set()

    assert (ended.status, (await jobs.find(lost.name)).status) == ("exited", "lost")


@pytest.mark.parametrize("told", ["", "[]", '{"a": 1}', '{"exit_code": "0", "cause": "", "ended_at": 1.0}', "\\377"])
async def test_a_command_that_writes_its_own_end_is_lost_and_breaks_nothing(
    jobs: Jobs, ordered: Ordered, tmp_path: Path, told: str
) -> None:
    os.mkfifo(tmp_path / "go")
    forge = f"cd ../jobs/$TREMAUX_JOB && printf '{told}' > exit.json && echo '{{}}' > meta.json; kill -9 $PPID"
    with anyio.fail_after(30):
        record = await jobs.start(ordered(f"read -r line < go; cd jobs; {forge}"))
        await anyio.Path(tmp_path / "go").write_text("on\n")
        while await jobs.running():
            await jobs.sweep()
            await anyio.sleep(0.02)
    found = await jobs.find(record.name)

    assert (found.status, found.exit_code) == ("lost", None)


async def test_a_job_is_started_once_for_each_nonce(jobs: Jobs, ordered: Ordered, tmp_path: Path) -> None:
    order = ordered("echo begun >> tally", nonce="run-1")
    with anyio.fail_after(30):
        first = await jobs.start(order)
        await jobs.wait(first)
        second = await jobs.start(order)

    assert (first.job_id, first.status) == (second.job_id, "running")
    assert second.status == "exited"
    assert await jobs.by_nonce("run-1") == second
    assert await jobs.by_nonce("run-2") is None
    assert (tmp_path / "tally").read_text() == "begun\n"


@pytest.mark.parametrize("nonce", ["../x", ".hidden", "a b", "x" * 65])
async def test_a_nonce_that_is_no_name_is_refused(jobs: Jobs, ordered: Ordered, nonce: str) -> None:
    with pytest.raises(BadArgument, match="cannot name a run"):
        await jobs.start(ordered("true", nonce=nonce))

    assert not await jobs.running()


async def test_a_guard_agrees_to_a_start_or_nothing_is_left_of_it(
    jobs: Jobs, database: Database, ordered: Ordered, tmp_path: Path
) -> None:
    seen: list[JobRecord | None] = []

    async def agree(connection: aiosqlite.Connection) -> None:
        seen.append(await stored.by_nonce(connection, "run-1"))

    async def refuse(connection: aiosqlite.Connection) -> None:
        await connection.execute("DELETE FROM job")
        raise PlaceUnavailable("the lease is gone")

    with anyio.fail_after(30):
        first = await jobs.wait(await jobs.start(ordered("true", nonce="run-1"), guard=agree))
        with pytest.raises(PlaceUnavailable, match="the lease is gone"):
            await jobs.start(ordered("touch ran", nonce="run-2"), guard=refuse)

    assert [record and record.job_id for record in seen] == [first.job_id]
    assert await jobs.find(first.name) == first
    assert await jobs.by_nonce("run-2") is None
    assert not list((tmp_path / "jobs").iterdir())
    assert not (tmp_path / "ran").exists()


async def test_a_job_has_its_own_environment_and_input_and_tells_what_it_used(
    jobs: Jobs, ordered: Ordered, tmp_path: Path
) -> None:
    (tmp_path / "prompt").write_text("hello\n")
    order = ordered("cat; echo $TOKEN$HOME", environment={"TOKEN": "s3cret"}, stdin=str(tmp_path / "prompt"))
    record = await ran(jobs, order)

    assert await jobs.log(record) == "hello\ns3cret\n"
    assert record.cpu_s is not None
    assert record.memory_bytes is not None
    assert record.memory_bytes > 100_000


async def test_a_start_whose_starter_died_is_lost_and_never_runs(
    jobs: Jobs, database: Database, ordered: Ordered, tmp_path: Path
) -> None:
    started = await anyio.run_process([sys.executable, "-c", DYING_STARTER, str(tmp_path)], check=False)
    (record,) = await jobs.running()
    with anyio.fail_after(30):
        lost = await jobs.wait(record)
        again = await jobs.start(ordered("touch ran", nonce="run-1"))

    assert started.returncode == -signal.SIGKILL
    assert (lost.status, lost.exit_code) == ("lost", None)
    assert again == lost
    assert not (tmp_path / "ran").exists()


async def test_those_whose_nonce_was_given_do_not_count_as_too_many(
    jobs: Jobs, ordered: Ordered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tremaux_tools.jobs.MAX_RUNNING", 1)
    with anyio.fail_after(60):
        begun = [await jobs.start(ordered("sleep 1000", nonce=nonce)) for nonce in ("run-1", "run-2", "")]
        with pytest.raises(PlaceUnavailable, match="1 commands of this project"):
            await jobs.start(ordered("true"))
        for record in begun:
            await jobs.cancel(record)

    assert [record.named for record in begun] == [True, True, False]


async def test_what_a_job_prints_can_be_read_as_it_comes(jobs: Jobs, ordered: Ordered) -> None:
    with anyio.fail_after(30):
        record = await jobs.start(ordered("printf 'one\\377'; sleep 1000"))
        while len(told := await jobs.peek(record, 0)) < 4:
            await anyio.sleep(0.02)
        rest = await jobs.peek(record, 3)
        await jobs.cancel(record)

    assert (told, rest) == (b"one\xff", b"\xff")
    assert await jobs.peek(record, 0) == b""


async def test_a_cancelled_job_says_so(jobs: Jobs, ordered: Ordered) -> None:
    with anyio.fail_after(30):
        record = await jobs.cancel(await jobs.start(ordered("sleep 1000")))
        again = await jobs.cancel(record)

    assert (record.status, record.exit_code, record.cause) == ("killed", 143, "cancel")
    assert again == record


async def test_a_job_that_is_cancelled_as_soon_as_it_is_stored_never_runs(
    database: Database, jobs: Jobs, ordered: Ordered, tmp_path: Path
) -> None:
    stored, cancelled = anyio.Event(), anyio.Event()

    class Lingering(Database):
        @asynccontextmanager
        async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
            async with super().transaction() as connection:
                yield connection
            stored.set()
            await cancelled.wait()

    async def start() -> None:
        with suppress(PlaceUnavailable):
            await served(slow, tmp_path, environment=os.environ, clock=time.time).start(
                ordered(f"touch {tmp_path}/ran; sleep 300", nonce="n")
            )

    slow = Lingering(database.path)
    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(start)
            await stored.wait()
            job = await jobs.by_nonce("n")
            assert job is not None
            await jobs.cancel(job)
            cancelled.set()
    await slow.close()

    assert ((tmp_path / "ran").exists(), (await jobs.find(job.name)).status) == (False, "killed")


async def test_a_job_that_took_too_long_ends_with_the_code_of_timeout(jobs: Jobs, ordered: Ordered) -> None:
    record = await ran(jobs, ordered("sleep 1000", timeout=0.2))

    assert (record.status, record.exit_code, record.cause) == ("killed", TIMED_OUT, "timeout")


async def test_a_cancelled_wait_leaves_the_job_running(jobs: Jobs, ordered: Ordered) -> None:
    with anyio.fail_after(30):
        record = await jobs.start(ordered("sleep 1000"))
        with anyio.move_on_after(0.05):
            await jobs.wait(record)
        still = await jobs.refresh(record)
        await jobs.cancel(record)

    assert still.status == "running"


async def test_a_job_that_cannot_begin_leaves_nothing(jobs: Jobs, ordered: Ordered, tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="is no directory"):
        await jobs.start(ordered("true", cwd=str(tmp_path / "missing")))

    assert not await jobs.running()
    assert not list((tmp_path / "jobs").iterdir())


async def test_what_a_dead_process_left_behind_is_cleared_but_no_running_job(
    jobs: Jobs, database: Database, ordered: Ordered, tmp_path: Path
) -> None:
    old, young = tmp_path / "jobs" / "old", tmp_path / "jobs" / "young"
    with anyio.fail_after(30):
        record = await jobs.start(ordered("sleep 1000"))
        for directory in (old, young):
            directory.mkdir()
        for directory in (old, Path(record.directory)):
            os.utime(directory, (0.0, 0.0))
        half_removed = tmp_path / "jobs" / ".gone-young"
        half_removed.mkdir()
        (half_removed / "output.log").touch()
        await served(database, tmp_path).sweep()
        left = set((tmp_path / "jobs").iterdir())
        await jobs.cancel(record)

    assert left == {young, Path(record.directory)}


async def test_what_is_no_job_of_ours_is_never_cleared(database: Database, tmp_path: Path) -> None:
    """Somebody may keep the database beside a directory of the very name."""
    theirs = tmp_path / "jobs" / "precious"
    theirs.mkdir(parents=True)
    (theirs / "output.log").touch()
    (theirs / "thesis.tex").touch()
    (tmp_path / "jobs" / "link").symlink_to(tmp_path)
    (tmp_path / "jobs" / "notes").touch()
    os.utime(theirs, (0.0, 0.0))
    os.utime(tmp_path / "jobs" / "link", (0.0, 0.0), follow_symlinks=False)
    os.utime(tmp_path / "jobs" / "notes", (0.0, 0.0))
    before = set((tmp_path / "jobs").rglob("*"))
    await served(database, tmp_path).sweep()

    assert set((tmp_path / "jobs").rglob("*")) == before


async def test_files_go_only_where_no_other_user_can_put_some(jobs: Jobs, ordered: Ordered, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs").chmod(0o777)

    with pytest.raises(PlaceUnavailable, match="open to other users"):
        await jobs.start(ordered("touch ran"))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("job_id", ["job-7", "7", "job-x", "job-" + "9" * 30, "", "job-²"])
async def test_a_job_that_never_was_is_told(jobs: Jobs, job_id: str) -> None:
    with pytest.raises(UnknownItem, match="there is no job"):
        await jobs.find(job_id)


async def test_the_recent_jobs_of_a_project_come_newest_first(jobs: Jobs, ordered: Ordered) -> None:
    first, second = await ran(jobs, ordered("true")), await ran(jobs, ordered("false"))
    await ran(jobs, ordered("true", project="/elsewhere"))

    assert [record.job_id for record in await jobs.recent(first.project, limit=5)] == [second.job_id, first.job_id]
    assert len(await jobs.recent(first.project, limit=1)) == 1


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "run-1"
    directory.mkdir()
    (directory / "output.log").write_text("1 passed\n")
    meta = {"command": "pytest", "exit_code": 2, "started_at": "2026-11-22T08:00:00Z", "duration": 90}
    (directory / "meta.json").write_text(json.dumps(meta))
    return directory


async def test_a_directory_is_taken_in_once(jobs: Jobs, directory: Path) -> None:
    first, again = [await jobs.import_directory(directory, "/p") for _ in range(2)]

    record = first.record
    assert (record.kind, record.status, record.exit_code, record.command) == ("import", "exited", 2, "pytest")
    assert record.ended_at is not None
    assert record.ended_at - record.started_at == 90
    assert await jobs.log(record) == "1 passed\n"
    assert again.record == record
    assert (first.is_new, again.is_new) == (True, False)


@pytest.mark.parametrize(
    ("meta", "exit_code", "told"),
    [
        pytest.param("{", None, "is no JSON", id="broken"),
        pytest.param("[1]", None, "holds no object", id="a list"),
        pytest.param("[" * 100_000, None, "is no JSON", id="deep"),
        pytest.param('{"exit_code": "x"}', None, "exit_code 'x', which does not fit", id="no number"),
        pytest.param('{"exit_code": true}', None, "does not fit", id="a truth value"),
        pytest.param('{"exit_code": 1, "started_at": "soon"}', 1, "started_at 'soon'", id="no time"),
        pytest.param('{"status": "exit:7", "started_at": 1700000000000, "duration": 1}', 7, "", id="the form exit:N"),
        pytest.param('{"status": "finished", "exitCode": 0, "started_at": 5, "ended_at": 4}', 0, "before", id="order"),
        pytest.param('{"exit_code": 0, "started_at": 1e300}', 0, "started_at 1e+300", id="far too late"),
        pytest.param('{"exit_code": 0, "started_at": "0001-01-01T00:00:00Z"}', 0, "does not fit", id="far too early"),
        pytest.param('{"exit_code": 0, "command": "\\ud800"}', 0, "", id="half a character"),
        pytest.param('{"exit_code": "' + SECRET + '"}', None, "'[redacted:github-token]'", id="a secret"),
        pytest.param(None, None, "there is no meta.json", id="missing"),
    ],
)
async def test_what_is_wrong_with_meta_is_a_warning(
    jobs: Jobs, directory: Path, meta: str | None, exit_code: int | None, told: str
) -> None:
    if meta is None:
        (directory / "meta.json").unlink()
    else:
        (directory / "meta.json").write_text(meta)
    imported = await jobs.import_directory(directory, "/p")

    assert imported.record.exit_code == exit_code
    assert told in " ".join(imported.warnings)
    assert bool(imported.warnings) is bool(told)


async def test_an_end_beyond_all_time_is_left_out(jobs: Jobs, directory: Path) -> None:
    (directory / "meta.json").write_text('{"exit_code": 0, "started_at": 5, "duration": 1e300}')
    imported = await jobs.import_directory(directory, "/p")

    assert imported.record.ended_at is not None
    assert imported.record.ended_at < 1e9


async def test_a_directory_of_any_name_is_taken_in(jobs: Jobs, directory: Path) -> None:
    strange = directory.rename(directory.with_name(os.fsdecode(b"\xff")))

    assert (await jobs.import_directory(strange, "/p")).is_new


async def test_a_log_that_lies_elsewhere_is_refused(jobs: Jobs, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (directory / "output.log").unlink()
    (directory / "output.log").symlink_to(tmp_path / "secret")

    with pytest.raises(BadArgument, match="lies outside"):
        await jobs.import_directory(directory, "/p")


async def test_only_plain_files_of_the_directory_may_be_reports(jobs: Jobs, directory: Path, tmp_path: Path) -> None:
    (directory / "a").mkdir()
    (directory / "a" / "junit.xml").write_text("<testsuite/>")
    (directory / "b.tap").write_text("1..0\n")
    (directory / "empty.json").touch()
    (directory / "notes.txt").write_text("x")
    (directory / "link.xml").symlink_to(directory / "b.tap")
    (directory / "loop").symlink_to(directory)
    record = (await jobs.import_directory(directory, "/p")).record
    assert record.digest is not None
    found, problem = await anyio.to_thread.run_sync(reports_beside, directory, record.digest)

    assert [path.relative_to(directory).as_posix() for path in found] == ["a/junit.xml", "b.tap"]
    assert problem == ""


async def test_two_runs_that_printed_the_same_are_two_jobs(jobs: Jobs, directory: Path) -> None:
    shutil.copytree(directory, directory.with_name("run-2"))
    names = {(await jobs.import_directory(directory.with_name(f"run-{n}"), "/p")).record.name for n in (1, 2)}

    assert len(names) == 2
