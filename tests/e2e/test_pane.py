"""`tremaux pane`, each command a process of its own, on a real tmux."""

import subprocess
from collections.abc import Callable, Iterator

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pane(tremaux: Run) -> Iterator[str]:
    """A terminal whose program said something before anybody waits for it."""
    opened = tremaux("pane", "open", "web", "--command", "echo listening on port 4242; cat")
    assert opened.returncode == 0, opened.stderr
    tremaux("pane", "capture", "web", "--wait", "idle")
    yield "web"
    tremaux("pane", "close", "web")


def test_a_wait_finds_what_stood_there_before_its_process_began(tremaux: Run, pane: str) -> None:
    done = tremaux("pane", "capture", pane, "--wait", "pattern", "--pattern", r"port \d+", "--timeout", "10")

    assert done.returncode == 0
    assert "listening on port 4242" in done.stdout
    assert "MATCHED 'port 4242'" in done.stderr
