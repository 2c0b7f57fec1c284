"""What all tests share: one event loop, guarded against blocking calls; a database, repositories and a tmux."""

import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings
from tests import processes
from tests.clock import Clock

from tremaux_tools.store.database import Database
from tremaux_tools.tmux.server import HostTmux

pytest_plugins = ["tests.engine"]  # a real Docker engine, for the tests that ask for `docker_engine`

# Without a deadline: on a machine that does other things, too, it fails what is only slow.
settings.register_profile("tremaux", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=1_000)  # `pytest --hypothesis-profile=thorough`
settings.load_profile("tremaux")

# Servers that tests start compare words only, whatever is installed: a model takes a second to load.
os.environ.setdefault("TREMAUX_SEMANTIC", "off")

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> Iterator[BlockBuster]:
    with blockbuster_ctx("tremaux_tools") as guard:
        yield guard


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database of the test's own; the first use makes its file."""
    database = Database(tmp_path / "state" / "t.db")
    yield database
    await database.close()


Git = Callable[..., str]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit of `a.txt`, and `ignored/` ignored."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "a.txt").write_text("one\n")
    (root / ".gitignore").write_text("ignored/\n")
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*GIT, *arguments], cwd=root, check=True)
    return root


@pytest.fixture
def git(repo: Path) -> Git:
    """Run git in `repo` and return what it prints."""

    def run(*arguments: str) -> str:
        return subprocess.run([*GIT, *arguments], cwd=repo, check=True, capture_output=True, text=True).stdout

    return run


@pytest.fixture
def tmux() -> Iterator[HostTmux]:
    """A tmux server of the test's own; it and all that runs in it are killed with the test."""
    with tempfile.TemporaryDirectory(prefix="tmx-") as folder:  # short: the kernel takes 108 bytes for a socket
        tmux = HostTmux("t", os.environ | {"TMUX_TMPDIR": folder, "SHELL": "/bin/bash"})
        yield tmux
        kill_server(tmux.socket)


def kill_server(socket: str) -> None:
    """Kill a tmux server with every process in its panes."""
    asked = ["tmux", "-S", socket, "list-panes", "-a", "-F", "#{pid} #{pane_pid}"]
    told = subprocess.run(asked, check=False, capture_output=True, text=True).stdout.splitlines()
    for server, leader in (map(int, line.split()) for line in told):
        processes.kill(*processes.of_session(leader), server)
