"""Sessions of a person's own tmux servers: the allowed ones are found, and a server that is stopped holds nobody up."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from tests.conftest import kill_server

from tremaux_tools.core.terminal.values import ForeignSession
from tremaux_tools.tmux import server as server_module
from tremaux_tools.tmux.server import HostTmux
from tremaux_tools.tmux.sessions import find_sessions

pytestmark = pytest.mark.anyio
PATIENCE = 20.0  # seconds
ANY = ForeignSession("*", "*", write=False)

StartServer = Callable[..., int]


@pytest.fixture
def folder(tmux: HostTmux) -> Path:
    """Where a person's sockets are."""
    folder = Path(tmux.socket).parent
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def start(folder: Path) -> Iterator[StartServer]:
    """Start a person's server with one session; returns its process id."""
    servers: dict[Path, int] = {}

    def started(name: str, session: str, program: str = "exec cat") -> int:
        tmux = ["tmux", "-u", "-S", str(folder / name), "-f", "/dev/null"]
        subprocess.run([*tmux, "new-session", "-d", "-s", session, "-x", "91", "-y", "17", program], check=True)
        told = subprocess.run([*tmux, "display-message", "-p", "#{pid}"], check=True, capture_output=True)
        servers[folder / name] = int(told.stdout)
        return servers[folder / name]

    yield started
    for socket, server in servers.items():
        os.kill(server, signal.SIGCONT)
        kill_server(str(socket))


async def test_the_sessions_that_any_rule_names_are_found_once(folder: Path, start: StartServer) -> None:
    start("a", "dév x")
    start("b", "dev")
    (folder / "c").touch()
    rules = [ForeignSession(socket, name, write=False) for socket, name in (("a", "d*"), ("?", "*x"), ("b", "x"))]

    found = await find_sessions(rules, folder)

    assert [(each.server, each.name, each.width, each.socket) for each in found] == [
        ("a", "dév x", 91, str(folder / "a"))
    ]
    assert await find_sessions([], folder) == []
    assert await find_sessions([ANY], folder / "none") == []


async def test_a_server_that_does_not_answer_is_left_out(
    folder: Path, start: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    start("a", "one")
    os.kill(start("b", "two"), signal.SIGSTOP)
    monkeypatch.setattr(server_module, "CLIENT_DEADLINE", 1.0)

    with anyio.fail_after(PATIENCE):
        found = await find_sessions([ANY], folder)

    assert [each.name for each in found] == ["one"]


async def test_a_socket_that_is_a_link_is_told_by_its_real_path(
    folder: Path, start: StartServer, tmp_path: Path
) -> None:
    start("a", "one")
    (tmp_path / "link").symlink_to(folder / "a")

    (found,) = await find_sessions([ANY], tmp_path)

    assert (found.server, found.socket) == ("link", str(folder / "a"))


async def test_a_title_that_cannot_be_read_hides_no_other_session(folder: Path, start: StartServer) -> None:
    start("a", "odd", program="printf '\\033]2;\u241e\\007ready'; exec cat")
    start("b", "even")
    subprocess.run(
        ["tmux", "-S", str(folder / "a"), "run-shell", "until tmux capture-pane -p | grep -q ready; do :; done"],
        check=True,
    )

    assert "even" in [each.name for each in await find_sessions([ANY], folder)]
