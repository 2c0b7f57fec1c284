"""The learning service on a real database, with a clock that is set by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tremaux_tools.learning import Learning
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.playbook import Playbook
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database

START = 1_800_000_000.0
DAY = 86_400.0


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "state" / "t.db")
    yield database
    await database.close()


@pytest.fixture
def live(database: Database, clock: Clock) -> LiveSettings:
    return LiveSettings(database, clock=clock)


@pytest.fixture
def playbook(database: Database, live: LiveSettings, clock: Clock) -> Playbook:
    return Playbook(database, live, clock=clock)


@pytest.fixture
def learning(database: Database, live: LiveSettings, playbook: Playbook, clock: Clock) -> Learning:
    return Learning(database, Changes(database), live, playbook, cores=2, clock=clock)
