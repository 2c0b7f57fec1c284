"""The learning service on a real database, with a clock that is set by hand."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.clock import Clock
from tests.learning.workplace import Truth, Workplace

from tremaux_tools import git
from tremaux_tools.intake import Intake
from tremaux_tools.learning import Learning
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.notify import Notifier
from tremaux_tools.playbook import Playbook
from tremaux_tools.postflight import Postflight
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database

DAY = 86_400.0
Hire = Callable[..., Workplace]  #: a workplace of a truth


@pytest.fixture
def live(database: Database, clock: Clock) -> LiveSettings:
    return LiveSettings(database, clock=clock)


@pytest.fixture
def playbook(database: Database, live: LiveSettings, clock: Clock) -> Playbook:
    return Playbook(database, live, clock=clock)


@pytest.fixture
def learning(database: Database, live: LiveSettings, playbook: Playbook, clock: Clock) -> Learning:
    return Learning(database, Changes(database), live, playbook, cores=2, clock=clock)


@pytest.fixture
async def seen(database: Database) -> AsyncIterator[Changes]:
    """What another process sees of the database."""
    other = Database(database.path)
    yield Changes(other)
    await other.close()


@pytest.fixture
async def hire(database: Database, live: LiveSettings, clock: Clock, tmp_path: Path) -> Hire:
    (tmp_path / "project").mkdir()
    project = await git.find_project(tmp_path / "project")
    postflight = Postflight(database, Intake(clock=clock, session=lambda: tmp_path), Notifier(()), clock=clock)

    def made(truth: Truth, *, seed: int) -> Workplace:
        return Workplace(database, live, postflight, project, clock, truth, seed=seed)

    return made
