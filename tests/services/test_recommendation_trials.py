"""How many learnings an answer holds is a setting, and its outcome counts for the value it was made with."""

from pathlib import Path

import pytest
from tests import trials

from tremaux_tools.core.learning.subjects import recommendation_subject
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.core.uplift import HOLDOUT_AFTER
from tremaux_tools.intake import Intake
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.notify import Notifier
from tremaux_tools.postflight import Postflight
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.skills import Skills
from tremaux_tools.store import exposures
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
TASK = "fix the locked database error in the sqlite job queue"
LESSONS = (
    "Root cause: two writers opened transactions with BEGIN; BEGIN IMMEDIATE with a busy timeout ended it.",
    "Fix: the sqlite job queue keeps one writer, so that its database is never locked by two.",
    "Workaround: a locked sqlite database of the job queue opens again once the stale journal is gone.",
)
GREEN = "3 passed in 0.1s\n"
LOTS = 40  # answers, of which half are kept back: hardly ever all of them, or none
RED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed in 0.12s\n"


def clock() -> float:
    return 1_800_000_000.0


@pytest.fixture
def postflight(database: Database, tmp_path: Path) -> Postflight:
    return Postflight(database, Intake(clock=clock, session=lambda: tmp_path), Notifier(()), clock=clock)


@pytest.fixture
def skills(database: Database) -> Skills:
    return Skills(database, Retrieval(database), clock=clock)


async def teach(postflight: Postflight, here: Path) -> None:
    for lesson in LESSONS:
        await postflight.run(here, Request(output=GREEN, exit_code=0, task=TASK, notes=lesson))


async def test_an_answer_holds_as_many_learnings_as_is_set_now(
    database: Database, postflight: Postflight, skills: Skills, tmp_path: Path
) -> None:
    await teach(postflight, tmp_path)
    elsewhere = LiveSettings(database, clock=clock)
    counts = [len((await skills.recommend(tmp_path, TASK)).items)]
    for value in ("2", "1"):
        await elsewhere.set("skills.recommended", value)
        counts.append(len((await skills.recommend(tmp_path, TASK)).items))
    await elsewhere.unset("skills.recommended")
    counts.append(len((await skills.recommend(tmp_path, TASK, limit=2)).items))

    assert counts == [3, 2, 1, 2]


async def test_how_a_task_ended_counts_for_the_value_that_its_answer_was_made_with(
    database: Database, postflight: Postflight, skills: Skills, tmp_path: Path
) -> None:
    await teach(postflight, tmp_path)
    delta_id = await trials.begin(database, "skills.recommended", 1)
    told = [await skills.recommend(tmp_path, TASK, lot=f"lot {number}") for number in range(12)]
    again = [await skills.recommend(tmp_path, TASK, lot=f"lot {number}") for number in range(12)]
    is_new = [trials.is_new_for(f"prompt lot {number}", delta_id) for number in range(12)]
    first, second = is_new.index(True), is_new.index(False)
    for code, output, number in ((0, GREEN, first), (1, RED, second)):
        ids = [told[number].recommendation_id]
        await postflight.run(tmp_path, Request(output=output, exit_code=code, recommendation_ids=ids))
    async with database.snapshot() as connection:
        ended = await exposures.ended(connection, delta_id)
        ((noted,),) = await connection.execute_fetchall("SELECT count(*) FROM exposure")

    assert [len(each.items) for each in told] == [1 if new else 3 for new in is_new]
    assert [len(each.items) for each in again] == [len(each.items) for each in told]
    assert [(each.subject, each.is_new, each.passed, each.seconds) for each in ended] == [
        (recommendation_subject(told[first].recommendation_id), True, True, None),
        (recommendation_subject(told[second].recommendation_id), False, False, None),
    ]
    assert noted == 24


async def test_an_answer_that_tells_nothing_has_no_part_in_a_trial(
    database: Database, postflight: Postflight, tmp_path: Path
) -> None:
    await teach(postflight, tmp_path)
    skills = Skills(database, Retrieval(database), clock=clock, holdout=0.5)
    for _ in range(HOLDOUT_AFTER):
        number = (await skills.recommend(tmp_path, TASK)).recommendation_id
        await postflight.run(tmp_path, Request(output=GREEN, exit_code=0, recommendation_ids=[number]))
    await trials.begin(database, "skills.recommended", 1)
    told = [await skills.recommend(tmp_path, TASK, lot=f"lot {number}") for number in range(LOTS)]
    told.append(await skills.recommend(tmp_path, "water the plants"))
    async with database.snapshot() as connection:
        rows = await connection.execute_fetchall("SELECT subject FROM exposure")

    shown = {recommendation_subject(each.recommendation_id) for each in told if each.items}
    assert {each.withheld for each in told} == {True, False}
    assert {subject for (subject,) in rows} == shown
    assert 0 < len(shown) < len(told)
