"""Terminals through the whole server: many at once, over its death, and from the command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests import processes
from tests.conftest import kill_server
from tests.driver import ServerProcess

TERMINALS = 50
COMMANDS = 20  # in each
SHELL = "bash --norc --noprofile -i"


@pytest.fixture(autouse=True)
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tmx-") as folder:
        monkeypatch.setenv("TMUX_TMPDIR", folder)
        yield Path(folder)
        for socket in Path(folder).glob("*/*"):
            kill_server(str(socket))


async def until_dead(pids: set[int]) -> None:
    with anyio.fail_after(10):
        for pid in pids:
            await processes.until_dead(pid)


def call_all(server: ServerProcess, calls: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Make calls that are all in flight at once; their answers in the order of the calls."""
    wanted = [server.post("tools/call", {"name": tool, "arguments": arguments}) for tool, arguments in calls]
    answers: dict[int, dict[str, Any]] = {}
    while len(answers) < len(wanted):
        message = server.read()
        assert message is not None, server.errors.read_text()
        if message.get("id") in wanted:
            assert not message["result"].get("isError"), message
            answers[message["id"]] = message["result"]["structuredContent"]
    return [answers[each] for each in wanted]


def test_fifty_terminals_give_a_thousand_right_answers_and_leave_nothing(
    start: Callable[..., ServerProcess], sockets: Path
) -> None:
    server = start("--toolsets", "all")
    server.handshake()
    server.call("open_session", name="first", command="cat")
    server.call("close_session", target="first")
    pid = server.process.pid
    before = processes.open_files(pid), processes.children(pid)
    names = [f"t{number}" for number in range(TERMINALS)]
    call_all(server, [("open_session", {"name": name, "command": SHELL}) for name in names])

    wrong = []
    for turn in range(COMMANDS):
        calls = [
            ("run_command", {"target": name, "command": f"echo {name} {turn}; (exit {(number + turn) % 256})"})
            for number, name in enumerate(names)
        ]
        for number, run in enumerate(call_all(server, calls)):
            if (run["exit_code"], run["output"]) != ((number + turn) % 256, f"{names[number]} {turn}\n"):
                wrong.append(run)
    call_all(server, [("close_session", {"target": name}) for name in names])

    assert wrong == []
    assert server.call("list_sessions")["sessions"] == []
    assert processes.children(pid) == before[1]
    assert processes.open_files(pid) == before[0]
    (socket,) = sockets.glob("*/*")
    asked = subprocess.run(["tmux", "-S", str(socket), "list-sessions"], check=False, capture_output=True)
    assert asked.stdout == b""


def test_a_server_that_is_killed_loses_no_result_of_what_ran(
    start: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = start("--toolsets", "all")
    server.handshake()
    jobs = []
    for number in range(5):
        server.call("open_session", name=f"t{number}", command=SHELL)
        command = f"echo a{number}; while ! [ -e {tmp_path}/go ]; do sleep 0.1; done; echo b{number}; (exit {number})"
        jobs.append(server.call("run_command", target=f"t{number}", command=command, timeout_s=0.2)["job_id"])
    server.kill()
    (tmp_path / "go").touch()

    server = start("--toolsets", "all")
    server.handshake()
    found = call_all(server, [("get_job", {"job_id": job, "wait_s": 20}) for job in jobs])

    assert [(each["status"], each["exit_code"], each["log_tail"]) for each in found] == [
        ("exited", number, f"a{number}\nb{number}") for number in range(5)
    ]
    assert {each["target"] for each in server.call("list_sessions")["sessions"]} == {f"t{n}" for n in range(5)}


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_a_server_that_is_killed_takes_its_clients_of_tmux_along(
    start: Callable[..., ServerProcess], sockets: Path
) -> None:
    """One that has something to tell, which nobody reads any more, would never end."""
    server = start("--toolsets", "all")
    server.handshake()
    server.call("open_session", name="busy", command="yes")
    clients = processes.children(server.process.pid)
    server.kill()
    anyio.run(until_dead, clients)

    assert clients


def test_the_command_line_opens_types_shows_runs_lists_and_closes(
    tremaux: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    opened = tremaux("pane", "open", "p", "--command", SHELL, "--json")
    ran = tremaux("pane", "run", "p", "--", "echo out; exit_code() { return 7; }; exit_code")
    as_json = tremaux("pane", "run", "p", "--json", "--", "sh", "-c", "echo '$x'; exit 3")
    late = tremaux("pane", "run", "p", "--timeout", "0.3", "--", "sleep 1")
    tremaux("pane", "capture", "p", "--wait", "shell_prompt")
    sent = tremaux("pane", "send", "p", "echo ty''ped")
    shown = tremaux("pane", "capture", "p", "--wait", "pattern", "--pattern", "typed")
    missed = tremaux("pane", "capture", "p", "--wait", "pattern", "--pattern", "never", "--timeout", "0.2")
    listed = tremaux("pane", "list", "--json")
    closed = tremaux("pane", "close", "p")
    gone = tremaux("pane", "capture", "p")

    assert (opened.returncode, json.loads(opened.stdout)["target"]) == (0, "p")
    assert (ran.returncode, ran.stdout) == (7, "out\n")
    assert as_json.returncode == 3
    assert json.loads(as_json.stdout)["output"] == "$x\n"
    assert late.returncode == 124
    assert sent.returncode == 0
    assert shown.returncode == 0
    assert "typed" in shown.stdout
    assert missed.returncode == 1
    assert [each["target"] for each in json.loads(listed.stdout)["sessions"]] == ["p"]
    assert closed.returncode == 0
    assert gone.returncode != 0
    assert "Traceback" not in gone.stderr


def persons(*words: str) -> str:
    """Run a command of a person's tmux."""
    asked = ["tmux", "-L", "mine", "-f", "/dev/null", *words]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A person's tmux server that is allowed, and does not answer."""
    monkeypatch.setenv("TREMAUX_ALLOW_FOREIGN_SESSIONS", "mine:*:rw")
    persons("new-session", "-d", "-s", "dev", "cat")
    server = int(persons("display-message", "-p", "#{pid}"))
    os.kill(server, signal.SIGSTOP)
    yield
    os.kill(server, signal.SIGCONT)


@pytest.mark.usefixtures("stopped")
def test_a_persons_tmux_that_is_stopped_holds_up_neither_answers_nor_the_end(
    start: Callable[..., ServerProcess],
) -> None:
    server = start("--toolsets", "all")
    server.handshake()

    assert server.call("list_sessions")["sessions"] == []
    assert server.ask("tools/call", {"name": "capture_pane", "arguments": {"target": "nobody"}})["isError"]
    server.post("tools/call", {"name": "list_sessions", "arguments": {}})
    assert server.end() == 0


def test_the_pane_the_server_runs_in_is_not_typed_into_whatever_links_lead_to_its_socket(
    sockets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(sockets)
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path / "link"))
    monkeypatch.setenv("TREMAUX_ALLOW_FOREIGN_SESSIONS", "mine:*:rw")
    send = f"{sys.executable} -m tremaux_server --db {tmp_path}/t.db pane send mine:dev typed"

    persons("new-session", "-d", "-s", "dev", f"{send} >{tmp_path}/told 2>&1; tmux wait-for -S done; exec cat")
    persons("wait-for", "done")

    assert "this server runs in" in (tmp_path / "told").read_text()
