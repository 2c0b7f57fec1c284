"""Thresholds of stall detection: whose word counts, heard at the next call, and tried goal by goal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests import trials
from tests.clock import START, Clock

from tremaux_server.project_config import stall_settings
from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.entry import Entry
from tremaux_tools.core.learning.subjects import goal_subject
from tremaux_tools.intake import Intake
from tremaux_tools.journal import Journal
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.store import exposures
from tremaux_tools.store.database import Database
from tremaux_tools.store.exposures import Ended

pytestmark = pytest.mark.anyio
FAILED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed in 0.12s\n"
PASSED = "3 passed in 0.10s\n"


def journal_on(database: Database, session: Path, clock: Clock) -> Journal:
    return Journal(database, Intake(clock=clock, session=lambda: session), clock=clock, settings_of=stall_settings)


@pytest.fixture
def journal(database: Database, tmp_path: Path, clock: Clock) -> Journal:
    return journal_on(database, tmp_path, clock)


@pytest.fixture
def live(database: Database, clock: Clock) -> LiveSettings:
    return LiveSettings(database, clock=clock)


async def fail(journal: Journal, here: Path, goal: str = "g", times: int = 1) -> str:
    for _ in range(times):
        told = await journal.record(here, Entry(action="edit", gate=Gate.FAIL, output=FAILED, goal=goal))
    return told.verdict.verdict


async def succeed(journal: Journal, here: Path, goal: str = "g") -> None:
    await journal.record(here, Entry(action="fix", gate=Gate.PASS, output=PASSED, exit_code=0, goal=goal))


async def noted(database: Database) -> Mapping[str, tuple[Any, ...]]:
    async with database.snapshot() as connection:
        rows = await connection.execute_fetchall("SELECT subject, is_new, passed, seconds, ended_at FROM exposure")
    return {subject: tuple(row) for subject, *row in rows}


async def split(database: Database, journal: Journal, here: Path, delta_id: int) -> tuple[str, str]:
    """Two goals with a failure each: one that gets the new value, and one that does not."""
    names = [f"g{number}" for number in range(1, 30)]
    for name in names:
        await fail(journal, here, name)
    is_new = [trials.is_new_for(goal_subject(number, 0), delta_id) for number in range(1, 30)]
    assert {subject: bool(row[0]) for subject, row in (await noted(database)).items()} == {
        goal_subject(number, 0): new for number, new in enumerate(is_new, 1)
    }
    return names[is_new.index(True)], names[is_new.index(False)]


async def test_a_threshold_set_in_one_process_holds_at_the_next_call_of_another(
    database: Database, journal: Journal, tmp_path: Path, clock: Clock
) -> None:
    other = Database(database.path)
    await fail(journal, tmp_path, times=2)
    before = (await journal.check(tmp_path, "g")).verdict
    await LiveSettings(other, clock=clock).set("stall.repeats", "2")
    after = [(await journal.check(tmp_path, "g")).verdict, (await journal.resume(tmp_path, "g")).verdict.verdict]
    await LiveSettings(other, clock=clock).set("stall.repeats", "5")
    third = await fail(journal, tmp_path)
    await other.close()

    assert before == "WATCH"
    assert after == ["STALLED", "STALLED"]
    assert third != "STALLED"


async def test_what_the_project_says_itself_comes_first_and_only_that(
    database: Database, journal: Journal, live: LiveSettings, tmp_path: Path
) -> None:
    (tmp_path / "tremaux.toml").write_text("[stall]\nrepeats = 2\n")
    delta_id = await trials.begin(database, "stall.repeats", 6)
    await live.set("stall.escalate_after", "1")
    second = await fail(journal, tmp_path, times=2)
    third = await journal.record(tmp_path, Entry(action="edit", gate=Gate.FAIL, output=FAILED, goal="g"))

    assert second == "STALLED"
    assert third.verdict.level == 2, "the other thresholds are the live ones"
    assert delta_id
    assert await noted(database) == {}, "it has no part in a trial of what it sets itself"


async def test_goals_are_judged_by_the_value_that_fell_to_them_whoever_asks(
    database: Database, journal: Journal, tmp_path: Path, clock: Clock
) -> None:
    delta_id = await trials.begin(database, "stall.repeats", 2)
    tried, untouched = await split(database, journal, tmp_path, delta_id)
    verdicts = [await fail(journal, tmp_path, goal) for goal in (tried, untouched)]
    other = journal_on(database, tmp_path, clock)
    checked = [(await other.check(tmp_path, goal)).verdict for goal in (tried, untouched)]
    resumed = [(await other.resume(tmp_path, goal)).verdict.verdict for goal in (tried, untouched)]

    assert verdicts == checked == resumed == ["STALLED", "WATCH"]


async def test_a_look_at_a_goal_has_no_part_in_a_trial(database: Database, journal: Journal, tmp_path: Path) -> None:
    await fail(journal, tmp_path)
    await trials.begin(database, "stall.repeats", 2)
    await journal.check(tmp_path, "g")
    await journal.resume(tmp_path, "g")

    assert await noted(database) == {}


async def test_a_pass_ends_a_task_well_and_begins_the_next(
    database: Database, journal: Journal, tmp_path: Path, clock: Clock
) -> None:
    delta_id = await trials.begin(database, "stall.repeats", 2)
    await fail(journal, tmp_path, times=2)
    clock.now = START + 60.0
    await succeed(journal, tmp_path)
    clock.now = START + 100.0
    await fail(journal, tmp_path)
    async with database.snapshot() as connection:
        ended = await exposures.ended(connection, delta_id)

    first, second = goal_subject(1, 0), goal_subject(1, 1)
    assert ended == [Ended(first, trials.is_new_for(first, delta_id), True, 60.0, None, START + 60.0)]
    assert (await noted(database))[second] == (trials.is_new_for(second, delta_id), None, None, None)


async def test_a_goal_that_passes_at_once_took_no_time(database: Database, journal: Journal, tmp_path: Path) -> None:
    delta_id = await trials.begin(database, "stall.repeats", 2)
    await succeed(journal, tmp_path)

    subject = goal_subject(1, 0)
    assert await noted(database) == {subject: (trials.is_new_for(subject, delta_id), 1, 0.0, START)}


async def test_a_goal_that_nobody_works_at_any_more_has_failed(
    database: Database, journal: Journal, tmp_path: Path, clock: Clock
) -> None:
    await trials.begin(database, "stall.repeats", 2)
    for goal in ("left", "kept"):
        await fail(journal, tmp_path, goal)
    clock.now = START + 50.0
    await fail(journal, tmp_path, "kept")
    async with database.transaction() as connection:
        await exposures.expose(connection, 1, "run 1:1", is_new=True, at=START)
        looks = (START, START + 50.0, START + 50.0)
        counts = [await exposures.give_up(connection, before=look, at=START + 100.0) for look in looks]
    passed = {subject: row[1:] for subject, row in (await noted(database)).items()}

    assert counts == [0, 1, 0]
    assert passed == {
        goal_subject(1, 0): (0, None, START + 100.0),
        goal_subject(2, 0): (None, None, None),
        "run 1:1": (None, None, None),
    }


@pytest.mark.parametrize("outcome", ["done", "abandoned"])
async def test_a_goal_that_is_closed_by_hand_says_nothing_for_either_value(
    database: Database, journal: Journal, tmp_path: Path, outcome: str
) -> None:
    await trials.begin(database, "stall.repeats", 2)
    for goal in ("closed", "open"):
        await fail(journal, tmp_path, goal)
    await journal.close_goal(tmp_path, "closed", outcome, "")
    left = set(await noted(database))
    await fail(journal, tmp_path, "closed")

    assert left == {goal_subject(2, 0)}
    assert set(await noted(database)) == {goal_subject(1, 0), goal_subject(2, 0)}, "opened again it counts again"


async def test_a_pass_counts_though_its_goal_is_closed_after_it(
    database: Database, journal: Journal, tmp_path: Path
) -> None:
    await trials.begin(database, "stall.repeats", 2)
    await succeed(journal, tmp_path)
    before = await noted(database)
    await journal.close_goal(tmp_path, "g", "done", "")

    assert len(before) == 1
    assert await noted(database) == before


async def test_what_is_recorded_without_a_trial_leaves_no_trace_of_one(
    database: Database, journal: Journal, tmp_path: Path
) -> None:
    await fail(journal, tmp_path, times=2)
    await succeed(journal, tmp_path)

    assert await noted(database) == {}
