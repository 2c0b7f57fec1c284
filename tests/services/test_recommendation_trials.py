"""How many learnings an answer holds is a setting, and its outcome counts for the value it was made with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests import trials

from tremaux_tools.core.learning.subjects import recommendation_subject
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.intake import Intake
from tremaux_tools.notify import Notifier
from tremaux_tools.postflight import Postflight
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.skills import Skills
from tremaux_tools.store import exposures
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
TASK = "fix the locked database error in the sqlite job queue"
LESSON = "Root cause: two writers opened transactions with BEGIN; BEGIN IMMEDIATE with a busy timeout ended it."
GREEN = "3 passed in 0.1s\n"
RED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed in 0.12s\n"


def clock() -> float:
    return 1_800_000_000.0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "state" / "t.db")
    yield database
    await database.close()


@pytest.fixture
def postflight(database: Database, tmp_path: Path) -> Postflight:
    return Postflight(database, Intake(clock=clock, session=lambda: tmp_path), Notifier(()), clock=clock)


@pytest.fixture
def skills(database: Database) -> Skills:
    return Skills(database, Retrieval(database), clock=clock)


async def test_how_a_task_ended_counts_for_the_value_that_its_answer_was_made_with(
    database: Database, postflight: Postflight, skills: Skills, tmp_path: Path
) -> None:
    await postflight.run(tmp_path, Request(output=GREEN, exit_code=0, task=TASK, notes=LESSON))
    delta_id = await trials.begin(database, "skills.recommended", 1)
    numbers = [(await skills.recommend(tmp_path, TASK)).recommendation_id for _ in range(2)]
    async with database.transaction() as connection:
        for number in numbers:
            await exposures.expose(connection, delta_id, recommendation_subject(number), is_new=True, at=clock())
    for code, output, number in zip((0, 1), (GREEN, RED), numbers, strict=True):
        await postflight.run(tmp_path, Request(output=output, exit_code=code, recommendation_ids=[number]))
    async with database.snapshot() as connection:
        ended = await exposures.ended(connection, delta_id)

    assert [(each.subject, each.passed, each.seconds) for each in ended] == [
        (recommendation_subject(numbers[0]), True, None),
        (recommendation_subject(numbers[1]), False, None),
    ]
