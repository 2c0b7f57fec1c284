"""A small attack on a graph of tickets; `make chaos` is a large one."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chaos import chaos

SEED = 20
TICKETS = 40


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tremaux-chaos-") as folder:  # short: tmux takes no long paths
        yield Path(folder)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_whatever_is_killed_each_ticket_ends_and_writes_its_token_once_and_nothing_is_left(folder: Path) -> None:
    outcome = chaos(folder, tickets=TICKETS, servers=2, kills=2, seed=SEED, places=("process", "tmux"))

    assert outcome.faults == []
    assert outcome.statuses["completed"] + outcome.statuses["failed"] == TICKETS
    assert outcome.attacks["server killed"] == 4
    assert outcome.attacks["worker killed"] >= 1
