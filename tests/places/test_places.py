"""What every place promises, whoever submitted the work and whoever watches it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from tests.places.conftest import Bench, alive
from tests.processes import is_alive, kill

from tremaux_tools.errors import BadArgument, PlaceUnavailable
from tremaux_tools.places import files, supervised

pytestmark = pytest.mark.anyio

# One of each way to leave a family: in the background, in a session of its own, with the parent gone, and as a daemon.
FAMILY = """sleep 1000 & setsid sleep 1000 & (sleep 1000 &)
(setsid sh -c 'sleep 1000 & exit' &); sleep 0.2; echo ready; wait"""
FAMILY_SIZE = 5  # with the shell itself


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        pytest.param("true", 0, id="success"),
        pytest.param("exit 77", 77, id="a code"),
        pytest.param("kill -9 $$", 137, id="a signal"),
        pytest.param("kill -TERM $$", 143, id="a signal that asks"),
        pytest.param("no-such-command", 127, id="no such command"),
        pytest.param("yes | head -n 1", 0, id="a broken pipe ends its writer"),
    ],
)
async def test_the_exit_code_is_told_as_shells_tell_it(bench: Bench, command: str, exit_code: int) -> None:
    ended, _ = await bench.run(command)

    assert (ended.state, ended.exit_code, ended.cause) == ("ended", exit_code, "")


async def test_a_program_that_is_not_there_has_the_code_of_shells(bench: Bench) -> None:
    ended, _ = await bench.run("", argv=("no-such-program",))

    assert (ended.state, ended.exit_code) == ("ended", 127)


async def test_all_bytes_are_kept_as_they_came(bench: Bench) -> None:
    _, told = await bench.run(r"printf 'a\000\377'; printf 'b\033[31m' >&2; printf 'c\r\303'")

    assert told == b"a\0\xffb\x1b[31mc\r\xc3"


async def test_five_megabytes_at_once_are_kept_whole(bench: Bench) -> None:
    ended, told = await bench.run("head -c 5000000 /dev/zero | tr '\\000' x; printf end")

    assert ended.exit_code == 0
    assert len(told) == 5_000_003
    assert told == b"x" * 5_000_000 + b"end"


async def test_a_log_can_be_read_piece_by_piece_while_it_grows(bench: Bench) -> None:
    os.mkfifo(bench.cwd / "go")
    nonce = await bench.submit("printf first; read -r line < go; printf second")
    first = await bench.until_printed(nonce, b"first")
    await anyio.Path(bench.cwd / "go").write_text("on\n")
    await bench.place.wait(nonce)
    second = await bench.place.tail(nonce, len(first))

    assert (first, second) == (b"first", b"second")
    assert await bench.place.tail(nonce, 1_000) == b""


async def test_it_has_the_environment_it_was_given_and_no_other(bench: Bench) -> None:
    given = {"PATH": "/usr/bin:/bin", "TOKEN": "s3cret = 1"}
    _, told = await bench.run("env", environment=given)
    names = {line.partition(b"=")[0] for line in told.split(bench.newline)}

    assert b"TOKEN=s3cret = 1" in told.split(bench.newline)
    assert not names & {b"HOSTNAME_OF_TESTS", b"PYTEST_CURRENT_TEST", b"TMUX", b"DOCKER_HOST"}


async def test_no_file_holds_its_environment_once_it_has_begun(bench: Bench) -> None:
    environment = {"PATH": os.environ["PATH"], "TOKEN": "s3cret"}
    nonce = await bench.submit("echo ready; sleep 1000", environment=environment)
    await bench.until_printed(nonce, b"ready")

    assert not [file for file in (bench.folder / nonce).iterdir() if b"s3cret" in file.read_bytes()]


async def test_it_reads_the_file_it_was_given(bench: Bench) -> None:
    (bench.cwd / "prompt").write_bytes(b"say\nthis\xff")
    ended, told = await bench.run("cat", stdin=bench.cwd / "prompt")

    assert ended.exit_code == 0
    assert told == b"say\nthis\xff".replace(b"\n", bench.newline)


async def test_its_directory_is_its_own_to_write(bench: Bench) -> None:
    _, told = await bench.run("pwd; echo made > here")

    assert told == os.fsencode(bench.cwd) + bench.newline
    assert (bench.cwd / "here").read_text() == "made\n"
    assert (bench.cwd / "here").stat().st_uid == os.getuid()


async def test_only_its_owner_can_read_its_files(bench: Bench) -> None:
    nonce = await bench.submit("true")
    await bench.place.wait(nonce)
    directory = bench.folder / nonce

    assert directory.stat().st_mode & 0o777 == 0o700
    assert {file.name for file in directory.iterdir()} == {files.BEGUN, files.LOG, files.META, files.EXIT}
    assert not [file for file in directory.iterdir() if file.stat().st_mode & 0o077]


async def test_what_it_used_is_told(bench: Bench) -> None:
    ended, _ = await bench.run("i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done")

    assert ended.resources.cpu is not None
    assert 0.0 < ended.resources.cpu < 60.0
    assert ended.resources.memory is not None
    assert 100_000 < ended.resources.memory < 2_000_000_000


async def test_a_stop_ends_the_whole_family(bench: Bench) -> None:
    nonce = await bench.submit(FAMILY)
    await bench.until_printed(nonce, b"ready")
    before = await bench.members(nonce)
    await bench.place.stop(nonce)
    ended = await bench.place.poll(nonce)

    assert len(before) >= FAMILY_SIZE
    assert not alive(before)
    assert (ended.state, ended.cause) == ("ended", "cancel")
    assert ended.exit_code in (137, 143)


async def test_what_ignores_the_request_is_killed(bench: Bench) -> None:
    nonce = await bench.submit("trap '' TERM HUP; echo ready; while :; do sleep 1000; done")
    await bench.until_printed(nonce, b"ready")
    await bench.place.stop(nonce)
    ended = await bench.place.poll(nonce)

    assert ended.cause == "cancel"
    assert not await bench.members(nonce)


async def test_a_time_limit_holds_for_the_whole_family_though_nobody_watches(bench: Bench) -> None:
    nonce = await bench.submit(FAMILY, timeout=2.0)
    while (ended := await bench.place.poll(nonce)).state == "running":
        await anyio.sleep(0.05)

    assert (ended.state, ended.cause) == ("ended", "timeout")
    assert not await bench.members(nonce)


async def test_work_submitted_twice_begins_once(bench: Bench) -> None:
    work = await bench.prepare("echo begun >> tally; sleep 0.5")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.place.submit, work)
        tasks.start_soon(bench.place.submit, work)
    await bench.place.submit(work)
    ended = await bench.place.wait(work.nonce)
    await bench.place.submit(work)

    assert ended.exit_code == 0
    assert (bench.cwd / "tally").read_text() == "begun\n"


async def test_a_start_that_was_taken_over_never_runs(bench: Bench) -> None:
    work = await bench.prepare("touch ran")
    before = await bench.place.poll(work.nonce)
    with pytest.raises(PlaceUnavailable, match="did not begin"):
        await bench.place.submit(work)
    after = await bench.place.poll(work.nonce)

    assert (before.state, after.state) == ("unknown", "unknown")
    assert not (bench.cwd / "ran").exists()
    assert not await bench.members(work.nonce)


async def test_a_start_whose_files_are_gone_never_runs(bench: Bench) -> None:
    work = await bench.prepare("touch ran")
    await supervised.remove(work.directory)
    with pytest.raises(PlaceUnavailable):
        await bench.place.submit(work)

    assert (await bench.place.poll(work.nonce)).state == "unknown"
    assert not (bench.cwd / "ran").exists()


async def test_work_outlives_whoever_submitted_it(bench: Bench) -> None:
    os.mkfifo(bench.cwd / "go")
    words = [bench.kind, str(bench.folder.parent), "adopted", "read -r line < go; echo $line; exit 5"]
    starter = await anyio.run_process([sys.executable, "-m", "tests.places.starter", *words], check=False)
    before = await bench.place.poll("adopted")
    await anyio.Path(bench.cwd / "go").write_text("on\n")
    ended = await bench.place.wait("adopted")

    assert (starter.returncode, starter.stderr) == (-signal.SIGKILL, b"")
    assert before.state == "running"
    assert (ended.state, ended.exit_code) == ("ended", 5)
    assert await bench.log("adopted") == b"on" + bench.newline
    assert "adopted" in await bench.place.names()


async def test_work_without_its_supervisor_is_lost_and_its_processes_can_be_ended(bench: Bench) -> None:
    nonce = await bench.submit(FAMILY)
    await bench.until_printed(nonce, b"ready")
    orphans = await bench.members(nonce)
    kill(await bench.supervisor(nonce))
    lost = await bench.place.wait(nonce)
    await bench.place.stop(nonce)

    assert lost.state == "lost"
    assert len(orphans) >= FAMILY_SIZE
    assert not alive(orphans)


async def test_nothing_is_left_once_it_is_cleared(bench: Bench) -> None:
    nonce = await bench.submit(FAMILY)
    await bench.until_printed(nonce, b"ready")
    before = await bench.members(nonce) | {await bench.supervisor(nonce)}
    await bench.place.stop(nonce)
    await bench.place.clear(nonce)
    await bench.place.clear(nonce)

    assert not alive(before)
    assert await bench.log(nonce)


async def test_a_directory_that_is_not_there_is_told_before_anything_runs(bench: Bench, tmp_path: Path) -> None:
    work = await bench.prepare("true")
    with pytest.raises(BadArgument, match="is no directory"):
        await bench.place.submit(replace(work, cwd=tmp_path / "missing"))
    with pytest.raises(BadArgument, match="is no file"):
        await bench.place.submit(replace(work, stdin=tmp_path / "missing"))

    assert (await bench.place.poll(work.nonce)).state == "unknown"


async def test_a_word_that_no_program_can_be_given_is_told_before_anything_runs(bench: Bench) -> None:
    for word in ("a\0b", "\ud800"):
        work = await bench.prepare("true", argv=("echo", word))
        with pytest.raises(BadArgument, match="cannot be given"):
            await bench.place.submit(work)


async def test_a_log_that_grows_without_end_ends_its_writer(bench: Bench) -> None:
    nonce = await bench.submit("echo ready; sleep 1000")
    await bench.until_printed(nonce, b"ready")
    os.truncate(bench.folder / nonce / files.LOG, 3 * 1024**3)  # a hole: it takes no room
    ended = await bench.place.wait(nonce)

    assert (ended.exit_code, ended.cause) == (143, "size")


async def test_a_pid_that_is_anothers_by_now_is_left_alone(bench: Bench) -> None:
    work = await bench.prepare("true")
    with subprocess.Popen(["sleep", "1000"]) as other:
        try:
            await anyio.to_thread.run_sync(files.claim, str(work.directory), f"{other.pid} some-other-boot:1")
            ended = await bench.place.wait(work.nonce)
            await bench.place.stop(work.nonce)
            survived = is_alive(other.pid)
        finally:
            other.kill()

    assert ended.state == "lost"
    assert survived
