"""`tremaux pane`, each command a process of its own, on a real tmux."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def persons(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A session of a person's own tmux that agents may type into."""
    with tempfile.TemporaryDirectory(prefix="tmux-") as folder:  # a short path: a socket lies in it
        monkeypatch.setenv("TMUX_TMPDIR", folder)
        monkeypatch.setenv("TREMAUX_ALLOW_FOREIGN_SESSIONS", "own:pair:rw")
        subprocess.run(["tmux", "-L", "own", "-f", "/dev/null", "new-session", "-d", "-s", "pair", "sh"], check=True)
        yield "own:pair"
        subprocess.run(["tmux", "-L", "own", "kill-server"], check=True)


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


def test_a_command_runs_in_a_session_that_a_person_opened_to_agents(tremaux: Run, persons: str) -> None:
    done = tremaux("pane", "run", persons, "--", "echo here; (exit 6)")

    assert (done.stdout, done.returncode) == ("here\n", 6)


def test_a_person_keeps_the_session(tremaux: Run, persons: str) -> None:
    done = tremaux("pane", "close", persons)

    assert done.returncode == 2
    assert "is a person's" in done.stderr
