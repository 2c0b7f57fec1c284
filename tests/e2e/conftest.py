"""Real server processes, driven over their pipes by nothing but the standard library."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.driver import ServerProcess

Start = Callable[..., ServerProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server on the test's own database; it is ended with the test."""
    running: list[ServerProcess] = []

    def started(*arguments: str) -> ServerProcess:
        running.append(ServerProcess.tremaux(tmp_path / "t.db", tmp_path, *arguments))
        return running[-1]

    yield started
    for server in running:
        server.kill()


@pytest.fixture
def tremaux(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of the command line in the test's own directory."""

    def run(*arguments: str, stdin: str = "", cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tremaux_server", "--db", str(tmp_path / "t.db"), *arguments]
        environment = os.environ | {"HOME": str(tmp_path)}
        return subprocess.run(
            command, cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, check=False
        )

    return run
