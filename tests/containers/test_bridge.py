"""A program in a container, shown in a terminal of the host by a bridge."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator

import docker
import pytest

from tremaux_tools.containers import bridge
from tremaux_tools.containers.engine import Engine
from tremaux_tools.containers.machine import ContainerMachine

Show = Callable[..., "Pane"]

PATIENCE = 15.0  # seconds for what should come at once


class Pane:
    """A terminal of the host with a bridge in it, as a tmux pane would be."""

    def __init__(self, command: list[str], width: int = 90, height: int = 25) -> None:
        self.master, self.slave = pty.openpty()
        self._size(width, height)
        self.settings = termios.tcgetattr(self.slave)
        self.child = subprocess.Popen(
            command,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            env={**os.environ, "TERM": "tmux-256color"},
        )
        self.seen = b""

    def _size(self, width: int, height: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", height, width, 0, 0))

    def resize(self, width: int, height: int) -> None:
        self._size(width, height)
        self.child.send_signal(signal.SIGWINCH)  # as the kernel does for who has the terminal for its own

    def type(self, text: bytes) -> None:
        os.write(self.master, text)

    def until(self, mark: bytes) -> bytes:
        deadline = time.monotonic() + PATIENCE
        while mark not in self.seen:
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{mark!r} did not come: {self.seen!r}")
            self.seen += os.read(self.master, 65536)
        seen, self.seen = self.seen, b""
        return seen

    def end(self) -> int:
        return self.child.wait(PATIENCE)

    def rest(self) -> bytes:
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536)
        return self.seen

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def panes() -> Iterator[list[Pane]]:
    opened: list[Pane] = []
    yield opened
    for pane in opened:
        pane.close()


@pytest.fixture
def show(docker_engine: str, either: str, panes: list[Pane]) -> Show:
    """Open a pane with a program of the container in it."""

    def open_pane(*argv: str, user: str | None = None, pid_file: str = "") -> Pane:
        panes.append(Pane(bridge.command(docker_engine, either, argv, user=user, pid_file=pid_file)))
        return panes[-1]

    return open_pane


def test_the_program_has_the_panes_size_from_its_first_moment(show: Show) -> None:
    pane = show("sh", "-c", "stty size; stty size")

    assert pane.end() == 0
    assert pane.rest() == b"25 90\r\n25 90\r\n"


def test_the_program_follows_the_panes_size(show: Show) -> None:
    pane = show("sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do read -r _ || :; done")
    pane.until(b"ready")

    pane.resize(61, 17)

    assert b"17 61" in pane.until(b"61")


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137)],
)
def test_the_bridge_ends_as_the_program_does(show: Show, script: str, code: int) -> None:
    assert show("sh", "-c", script).end() == code


def test_all_that_was_said_comes_before_the_end(show: Show) -> None:
    pane = show("sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 4")
    said = pane.until(b"line 2999\r\n")

    assert pane.end() == 4
    assert said.split(b"\r\n")[:-1] == [b"line %d" % i for i in range(3000)]


def test_a_program_that_is_not_there_is_127(show: Show) -> None:
    pane = show("no-such-program")

    assert pane.end() == 127
    assert b"no-such-program: not found" in pane.rest()


def test_arguments_arrive_as_they_are(show: Show) -> None:
    pane = show("printf", "%s|", "--", "a b", "$HOME", "'", "", "-x", "h\u00e9")

    assert pane.end() == 0
    assert pane.rest().decode() == "--|a b|$HOME|'||-x|h\u00e9|"


def test_keys_go_through_one_by_one_and_unicode_as_it_is(show: Show) -> None:
    pane = show("sh", "-c", "stty raw -echo; echo ready; head -c 12")
    pane.until(b"ready")

    pane.type("\x01\x1b[A h\u00e9\u6f22\r".encode())

    assert pane.until(b"\r").endswith("\x01\x1b[A h\u00e9\u6f22\r".encode())
    assert pane.end() == 0


def test_ctrl_c_ends_the_program_not_the_bridge(show: Show) -> None:
    pane = show("sh", "-c", "trap 'echo caught; exit 42' INT; echo ready; while :; do read -r _ || :; done")
    pane.until(b"ready")

    pane.type(b"\x03")

    pane.until(b"caught")
    assert pane.end() == 42


def test_the_terminals_kind_and_a_utf8_language_are_passed_on(show: Show) -> None:
    pane = show("sh", "-c", "echo $TERM $LANG")

    assert pane.end() == 0
    assert pane.rest() == b"tmux-256color C.UTF-8\r\n"


def test_the_user_asked_for_is_taken(show: Show) -> None:
    pane = show("id", "-u", user="1234")

    assert pane.end() == 0
    assert pane.rest() == b"1234\r\n"


def test_a_large_paste_to_a_program_that_answers_does_not_block(show: Show) -> None:
    pane = show("sh", "-c", "stty raw -echo; echo ready; exec cat")
    pane.until(b"ready")
    os.set_blocking(pane.master, False)
    left = b"x" * 1_000_000 + b"the end"
    seen = bytearray()
    deadline = time.monotonic() + PATIENCE
    while not seen.endswith(b"the end") and time.monotonic() < deadline:
        readable, writable, _ = select.select([pane.master], [pane.master] if left else [], [], 1)
        if writable:
            left = left[os.write(pane.master, left[:4096]) :]
        if readable:
            seen += os.read(pane.master, 65536)

    assert (seen.count(b"x"), seen[-7:]) == (1_000_000, b"the end")


def test_the_pane_is_as_it_was_after_the_end(show: Show) -> None:
    pane = show("sh", "-c", "exit 0")
    pane.end()

    assert termios.tcgetattr(pane.slave) == pane.settings


@pytest.mark.anyio
async def test_a_killed_bridge_leaves_a_program_that_its_session_finds(
    show: Show, machine: ContainerMachine, either: str, docker_client: docker.DockerClient
) -> None:
    directory = await machine.private_directory()
    pane = show("sh", "-c", "sleep 6001 & sleep 6002 & echo ready; wait", pid_file=f"{directory}/pid")
    pane.until(b"ready")
    pane.child.kill()
    pane.end()
    pid = int(await machine.read(f"{directory}/pid", 20) or b"0")

    await machine.kill_session(pid)

    everybody = docker_client.containers.get(either).top()["Processes"]
    assert not [row for row in everybody if "sleep 600" in str(row)]


@pytest.mark.anyio
async def test_the_recorded_number_is_the_shells_own(
    engine: Engine, either: str, show: Show, machine: ContainerMachine
) -> None:
    directory = await machine.private_directory()
    pane = show("sh", "-c", "echo $$; read -r _", pid_file=f"{directory}/pid")

    said = pane.until(b"\n")

    assert await machine.read(f"{directory}/pid", 20) == said.strip() + b"\n"


def test_a_container_that_is_removed_ends_the_bridge(
    docker_engine: str, bare: str, docker_client: docker.DockerClient, panes: list[Pane]
) -> None:
    panes.append(
        Pane(bridge.command(docker_engine, bare, ["sh", "-c", "echo ready; read -r _"], user=None, pid_file=""))
    )
    panes[0].until(b"ready")

    docker_client.containers.get(bare).remove(force=True)

    assert panes[0].end() == bridge.KILLED


@pytest.mark.parametrize("what", ["engine", "container"])
def test_what_cannot_be_reached_is_said_with_exit_code_125(docker_engine: str, panes: list[Pane], what: str) -> None:
    engine = docker_engine if what == "container" else "unix:///nowhere.sock"
    panes.append(Pane(bridge.command(engine, "nobody", ["sh"], user=None, pid_file="")))

    assert panes[0].end() == bridge.UNREACHABLE
    assert b"tremaux: the container cannot be reached: " in panes[0].rest()


def test_the_bridge_does_without_the_sdk_and_the_event_loop() -> None:
    check = (
        "import sys, tremaux_tools.containers.bridge; sys.exit(len({'docker', 'anyio', 'asyncio'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
