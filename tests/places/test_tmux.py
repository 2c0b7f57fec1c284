"""What work in a terminal can do that a plain process cannot: be looked at, typed into, and outlive its terminal."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from tests.conftest import kill_server
from tests.places.conftest import Bench

from tremaux_server.terminals import Panes
from tremaux_tools.core.job import Order, Typed
from tremaux_tools.core.terminal.values import Opening
from tremaux_tools.errors import BadArgument, PlaceUnavailable, UnknownItem
from tremaux_tools.jobs import Jobs
from tremaux_tools.places import supervised
from tremaux_tools.store.database import Database
from tremaux_tools.tmux.server import HostTmux

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["tmux"])]

# Reads keys as a full-screen program does: every byte at once, and pastes marked if it asked for that.
READER = """
import os, sys, termios, tty
tty.setraw(0)
os.write(1, b"{asked}loading... ")
os.write(1, b"\\x1b[1mready\\x1b[0m> ")
got = b""
while not got.endswith(b"\\r"):
    got += os.read(0, 4096)
open("got", "wb").write(got)
"""
# A tmux that takes its time to open a session, as on a machine with much else to do, and says when it has.
SLOW_TMUX = """#!/bin/sh
case " $* " in *" new-session "*)
    touch "{folder}/opening"
    (read -r line < "{folder}/go"; "{tmux}" "$@" < /dev/null > "{folder}/told"; touch "{folder}/opened") & wait; exit;;
esac
exec "{tmux}" "$@"
"""
PROMPT = 'it\'s $HOME "quoted" -- C-c `x` ; é 漢\nsecond line\\'


async def until_there(path: Path) -> None:
    while not await anyio.Path(path).exists():
        await anyio.sleep(0.02)


async def test_its_terminal_shows_it_and_takes_what_is_typed(bench: Bench) -> None:
    nonce = await bench.submit("stty -echo; echo who; read -r name; echo hello $name; sleep 1000", terminal="T-1")
    await bench.until_printed(nonce, b"who")
    await bench.terminals.send_keys("T-1", "ann")
    await bench.until_printed(nonce, b"hello ann")
    shown = await bench.terminals.capture_pane("T-1")

    assert shown.text.split("\n") == ["who", "hello ann"]
    assert shown.alive


async def test_nobody_reads_along_what_it_shows(bench: Bench) -> None:
    """A process that starts many workers would have to take in all that they print."""
    nonce = await bench.submit("sleep 1000", terminal="T-1")
    asked = ["tmux", "-S", bench.socket, "list-clients"]
    before = (await anyio.run_process(asked)).stdout
    shown = await bench.terminals.capture_pane("T-1")
    await bench.place.stop(nonce)

    assert before == b""
    assert shown.alive


async def test_a_person_can_attach_to_it(bench: Bench) -> None:
    nonce = await bench.submit("echo here; sleep 1000", terminal="T-1")
    await bench.until_printed(nonce, b"here")
    *words, _, session = await bench.terminals.attach("T-1")
    asked = [*words[:-1], "capture-pane", "-p", "-t", f"{session}:"]
    shown = await anyio.run_process(asked)

    assert shown.stdout.startswith(b"here\n")


async def test_its_terminal_is_closed_when_it_is_cleared(bench: Bench) -> None:
    nonce = await bench.submit("exit 3", terminal="T-1")
    await bench.place.wait(nonce)
    while (ended := await bench.terminals.capture_pane("T-1")).alive:
        await anyio.sleep(0.02)
    await bench.place.clear(nonce)

    assert ended.exit_code == 3
    assert not await bench.terminals.list_sessions()
    with pytest.raises(UnknownItem):
        await bench.terminals.capture_pane("T-1")


async def test_a_terminal_that_opens_late_closes_when_its_work_was_given_up(bench: Bench, tmp_path: Path) -> None:
    """Its starter was killed while tmux opened it, and whoever cleared up behind that found no terminal yet."""
    program = tmp_path / "tmux"
    program.write_text(SLOW_TMUX.format(folder=tmp_path, tmux=shutil.which("tmux")))
    program.chmod(0o755)
    os.mkfifo(tmp_path / "go")
    words = [sys.executable, "-m", "tests.places.starter", "tmux", str(tmp_path), "late", "touch ran"]
    async with await anyio.open_process(words, env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}) as late:
        await until_there(tmp_path / "opening")
        late.kill()
    await bench.place.stop("late")
    await supervised.clear_away(bench.place, bench.folder / "late")
    await anyio.Path(tmp_path / "go").write_text("on\n")
    await until_there(tmp_path / "opened")
    with anyio.fail_after(10):
        while (await anyio.run_process(["tmux", "-S", bench.socket, "list-panes", "-a"], check=False)).stdout:
            await anyio.sleep(0.02)

    assert b"%session-changed" in (tmp_path / "told").read_bytes()
    assert not (bench.cwd / "ran").exists()


async def test_a_starter_that_comes_too_late_leaves_no_terminal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was frozen before it opened one, and wakes up when another process has given the work up."""
    frozen, thaw = anyio.Event(), anyio.Event()
    open_now = Panes.open

    async def late(self: Panes, *given: Any, **more: Any) -> None:
        frozen.set()
        await thaw.wait()
        await open_now(self, *given, **more)

    async def starter() -> None:
        with pytest.raises(PlaceUnavailable):
            await bench.place.submit(work)

    monkeypatch.setattr(Panes, "open", late)
    work = await bench.prepare("touch ran")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(starter)
        await frozen.wait()
        await bench.place.stop(work.nonce)
        await supervised.clear_away(bench.place, work.directory)
        thaw.set()

    assert not await bench.terminals.list_sessions()
    assert not (bench.cwd / "ran").exists()


async def test_it_goes_on_without_its_tmux_server(bench: Bench, tmux: HostTmux) -> None:
    os.mkfifo(bench.cwd / "go")
    nonce = await bench.submit("trap '' HUP; echo before; read -r line < go; echo after; exit 6")
    await bench.until_printed(nonce, b"before")
    await anyio.to_thread.run_sync(kill_server, tmux.socket)
    still = await bench.place.poll(nonce)
    await anyio.Path(bench.cwd / "go").write_text("on\n")
    ended = await bench.place.wait(nonce)
    await bench.place.clear(nonce)

    assert still.state == "running"
    assert (ended.state, ended.exit_code) == ("ended", 6)
    assert await bench.log(nonce) == b"before\r\nafter\r\n"
    assert not await bench.terminals.list_sessions()


async def test_it_goes_on_when_its_terminal_is_closed(bench: Bench) -> None:
    os.mkfifo(bench.cwd / "go")
    nonce = await bench.submit("echo before; read -r line < go; echo after; exit 6", terminal="T-1")
    await bench.until_printed(nonce, b"before")
    await bench.terminals.close_session("T-1")
    await anyio.Path(bench.cwd / "go").write_text("on\n")
    ended = await bench.place.wait(nonce)

    assert (ended.state, ended.exit_code) == ("ended", 6)
    assert await bench.log(nonce) == b"before\r\nafter\r\n"


async def test_it_does_not_wait_for_a_tmux_that_is_stopped(bench: Bench) -> None:
    nonce = await bench.submit("echo ready; while ! test -e go; do sleep 0.05; done; head -c 500000 /dev/zero; exit 4")
    await bench.until_printed(nonce, b"ready")
    asked = ["tmux", "-S", bench.socket, "display-message", "-p", "#{pid}"]
    server = int((await anyio.run_process(asked)).stdout)
    os.kill(server, signal.SIGSTOP)
    try:
        await anyio.Path(bench.cwd / "go").touch()
        ended = await bench.place.wait(nonce)
        told = await bench.log(nonce)
    finally:
        os.kill(server, signal.SIGCONT)

    assert ended.exit_code == 4
    assert len(told) == len(b"ready\r\n") + 500_000


async def test_it_has_a_terminal_of_the_panes_size_which_follows_it(bench: Bench) -> None:
    nonce = await bench.submit("trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done", terminal="T-1")
    await bench.until_printed(nonce, b"40 120")
    asked = ["tmux", "-S", bench.socket, "resize-window", "-x", "90", "-y", "20"]
    await anyio.run_process(asked)
    told = await bench.until_printed(nonce, b"20 90")

    assert told == b"40 120\r\n20 90\r\n"


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        pytest.param("", b"", b"", id="a plain program"),
        pytest.param("\\x1b[?2004h", b"\x1b[200~", b"\x1b[201~", id="one that tells pasted from typed"),
    ],
)
@pytest.mark.parametrize("ready", [r"ready> $", None])
async def test_a_prompt_is_typed_literally_and_once(
    bench: Bench, asked: str, begin: bytes, end: bytes, ready: str | None
) -> None:
    (bench.cwd / "reader.py").write_text(READER.replace("{asked}", asked))
    text = PROMPT if begin else PROMPT.replace("\n", " ")
    ended, _ = await bench.run("exec python3 -I reader.py", typed=Typed(text, ready))

    assert ended.exit_code == 0
    assert (bench.cwd / "got").read_bytes() == begin + text.replace("\n", "\r").encode() + end + b"\r"


async def test_what_is_typed_waits_for_the_text_that_shows_the_program_to_be_ready(bench: Bench) -> None:
    command = "stty -echo; echo starting; sleep 2.5; echo now; read -r line; echo got $line"
    _, told = await bench.run(command, typed=Typed("go on", "now"))

    assert told == b"starting\r\nnow\r\ngot go on\r\n"


@pytest.mark.parametrize("typed", [Typed("\ud800"), Typed("go", "(")])
async def test_what_cannot_be_typed_is_told_before_anything_runs(bench: Bench, typed: Typed) -> None:
    with pytest.raises(BadArgument, match="cannot be"):
        await bench.submit("touch ran", typed=typed)

    assert not (bench.cwd / "ran").exists()
    assert not await bench.terminals.list_sessions()


async def test_a_program_cannot_tell_its_terminal_from_any_other(bench: Bench) -> None:
    _, told = await bench.run("test -t 0 && test -t 1 && test -t 2 && echo $TERM; ls /proc/self/fd; echo x >/dev/tty")

    assert told.split() == [b"tmux-256color", b"0", b"1", b"2", b"3", b"x"]


async def test_a_name_that_another_terminal_has_is_refused(bench: Bench, tmp_path: Path) -> None:
    await bench.terminals.open_session(Opening(name="T-1", command="sleep 1000"), project=str(tmp_path))
    work = await bench.prepare("true", terminal="T-1")
    with pytest.raises(BadArgument, match="open already"):
        await bench.place.submit(work)

    assert (await bench.place.poll(work.nonce)).state == "unknown"


async def test_the_id_of_a_job_names_its_terminal(bench: Bench) -> None:
    database = Database(bench.folder.parent / "t.db")
    places = {"tmux": bench.place}
    jobs = Jobs(database, folder=bench.folder, places=places, environment=os.environ, clock=time.time)
    where = dict.fromkeys(("project", "root", "cwd"), str(bench.cwd))
    order = Order(argv=("/bin/sh", "-c", "echo here; sleep 1000"), command="x", place="tmux", terminal="T-1", **where)
    record = await jobs.start(order)
    await bench.until_printed(record.nonce, b"here")
    shown = await bench.terminals.capture_pane(record.name)
    await jobs.cancel(record)
    await database.close()

    assert (shown.target, shown.text) == ("T-1", "here")
