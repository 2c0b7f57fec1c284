"""The learning service on a real database, with a clock that is set by hand."""

import pytest
from tests.clock import Clock

from tremaux_tools.learning import Learning
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.playbook import Playbook
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database

DAY = 86_400.0


@pytest.fixture
def live(database: Database, clock: Clock) -> LiveSettings:
    return LiveSettings(database, clock=clock)


@pytest.fixture
def playbook(database: Database, live: LiveSettings, clock: Clock) -> Playbook:
    return Playbook(database, live, clock=clock)


@pytest.fixture
def learning(database: Database, live: LiveSettings, playbook: Playbook, clock: Clock) -> Learning:
    return Learning(database, Changes(database), live, playbook, cores=2, clock=clock)
