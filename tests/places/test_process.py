"""What a plain process promises, whoever began it and whoever watches."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from tests.places.conftest import Start
from tests.processes import is_alive, kill

from tremaux_tools.errors import BadArgument
from tremaux_tools.places import process, supervisor
from tremaux_tools.places.process import Process

pytestmark = pytest.mark.anyio

# One of each way to leave a family: in the background, in a session of its own, with the parent gone, and as a daemon.
DAEMON = "import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\ntime.sleep(1000)"
QUIET = "exec sleep 1000 </dev/null >/dev/null 2>&1"
FAMILY = f'sleep 1000 & setsid sleep 1000 & (sleep 1000 &) ; {sys.executable} -c "{DAEMON}"; echo ready; wait'
STARTER = """
import os, signal, sys
from pathlib import Path
import anyio
from tremaux_tools.places import process

async def main():
    directory = Path(sys.argv[1])
    await process.prepare(directory)
    begun = await process.start(["/bin/sh", "-c", sys.argv[2]], directory=directory, cwd=directory,
                                environment=os.environ, mark="adopted", timeout=60.0)
    os.kill(os.getpid(), signal.SIGKILL)

anyio.run(main)
"""


def log(job: Process) -> bytes:
    return (job.directory / supervisor.LOG).read_bytes()


async def until_printed(job: Process, text: bytes) -> None:
    """Wait for a program to say that it is where we want it; the caller sets the deadline."""
    while text not in log(job):
        await anyio.sleep(0.02)


async def members(job: Process) -> set[int]:
    """The command's own processes."""
    return await anyio.to_thread.run_sync(supervisor.family, 0, job.mark) - {job.pid}


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        pytest.param("true", 0, id="success"),
        pytest.param("exit 77", 77, id="a code"),
        pytest.param("kill -9 $$", 137, id="a signal"),
        pytest.param("kill -TERM $$", 143, id="a signal that asks"),
        pytest.param("no-such-command", 127, id="no such command"),
        pytest.param("cat", 0, id="standard input is empty"),
        pytest.param("yes | head -n 1", 0, id="a broken pipe ends its writer"),
    ],
)
async def test_the_exit_code_is_told_as_shells_tell_it(start: Start, command: str, exit_code: int) -> None:
    with anyio.fail_after(30):
        ended = await (await start(command)).wait()

    assert ended is not None
    assert (ended.exit_code, ended.cause) == (exit_code, "")


async def test_all_bytes_of_both_streams_are_kept_in_order(start: Start) -> None:
    with anyio.fail_after(30):
        job = await start(r"printf 'a\000\377'; printf 'b\033[31m' >&2; printf 'c\r\n'")
        await job.wait()

    assert log(job) == b"a\0\xffb\x1b[31mc\r\n"


async def test_only_its_owner_can_read_its_files(start: Start) -> None:
    with anyio.fail_after(30):
        job = await start("true")
        await job.wait()

    assert job.directory.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o077 for file in job.directory.iterdir()} == {
        supervisor.LOG: 0,
        supervisor.META: 0,
        supervisor.EXIT: 0,
    }


async def test_a_stop_ends_the_whole_family(start: Start) -> None:
    with anyio.fail_after(60):
        job = await start(FAMILY)
        await until_printed(job, b"ready")
        before = await members(job)
        await job.stop()
        ended = await job.ended()

    assert len(before) >= 5
    assert not any(map(is_alive, before))
    assert ended is not None
    assert (ended.exit_code, ended.cause) == (143, "cancel")


async def test_what_ignores_the_request_is_killed(start: Start) -> None:
    with anyio.fail_after(60):
        job = await start("trap '' TERM; echo ready; while :; do sleep 1000; done")
        await until_printed(job, b"ready")
        await job.stop()
        ended = await job.ended()

    assert ended is not None
    assert (ended.exit_code, ended.cause) == (137, "cancel")
    assert not await members(job)


async def test_a_time_limit_holds_though_nobody_watches(start: Start) -> None:
    with anyio.fail_after(60):
        job = await start(FAMILY, timeout=1.0)
        while await job.ended() is None:
            await anyio.sleep(0.05)
        ended = await job.wait()

    assert ended is not None
    assert ended.cause == "timeout"
    assert not await members(job)


async def test_a_log_that_grows_without_end_ends_its_writer(start: Start) -> None:
    with anyio.fail_after(30):
        job = await start("truncate -s 3G /proc/self/fd/1; sleep 1000")  # a hole: it takes no room
        ended = await job.wait()

    assert ended is not None
    assert (ended.exit_code, ended.cause) == (143, "size")


async def test_what_still_writes_to_the_log_ends_with_the_command(start: Start) -> None:
    with anyio.fail_after(60):
        job = await start(f"sleep 1000 & setsid sleep 1000 & (setsid sh -c '{QUIET}' &); echo $!; exit 4")
        ended = await job.wait()
        left = await members(job)
        await job.kill()

    assert ended is not None
    assert (ended.exit_code, ended.cause) == (4, "")
    assert len(left) == 1  # the daemon


async def test_what_a_helper_prints_last_is_kept(start: Start) -> None:
    with anyio.fail_after(60):
        job = await start("(while kill -0 $$; do :; done 2>/dev/null; echo late) & echo early")
        await job.wait()

    assert log(job) == b"early\nlate\n"


async def test_a_job_is_adopted_from_a_process_that_was_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    command = f"read -r line < {tmp_path}/go; echo $line; exit 5"
    with anyio.fail_after(30):
        starter = await anyio.run_process([sys.executable, "-c", STARTER, str(tmp_path / "job"), command], check=False)
        job = await process.find(tmp_path / "job", "adopted")
        assert job is not None
        was_alive = await job.is_alive()
        await anyio.Path(tmp_path / "go").write_text("on\n")
        ended = await job.wait()

    assert starter.returncode == -signal.SIGKILL
    assert was_alive
    assert ended is not None
    assert (ended.exit_code, log(job)) == (5, b"on\n")


async def test_a_pid_that_is_anothers_by_now_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "1000"]) as other:
        job = Process(tmp_path, "no such mark", other.pid, "some other boot:1")
        try:
            with anyio.fail_after(5):
                ended = await job.wait()
                await job.stop()
            survived = is_alive(other.pid)
        finally:
            other.kill()

    assert ended is None
    assert survived


async def test_orphans_of_a_killed_supervisor_are_found_by_their_mark(start: Start) -> None:
    with anyio.fail_after(30):
        job = await start(FAMILY)
        await until_printed(job, b"ready")
        orphans = await members(job)
        kill(job.pid)
        ended = await job.wait()
        left = {pid for pid in orphans if is_alive(pid)}
        await job.kill()

    assert ended is None
    assert left == orphans
    assert not any(map(is_alive, orphans))


async def test_a_directory_that_is_not_there_is_told_before_anything_runs(tmp_path: Path) -> None:
    await process.prepare(tmp_path / "job")
    with pytest.raises(BadArgument, match="is no directory"):
        await process.start(
            ["true"], directory=tmp_path / "job", cwd=tmp_path / "x", environment={}, mark="m", timeout=None
        )

    assert await process.find(tmp_path / "job", "m") is None
