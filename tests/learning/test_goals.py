"""Trials whose tasks are goals: a pass is known at once, and that a goal was given up only a day later."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
from tests.clock import START, Clock
from tests.learning.conftest import DAY
from tests.learning.proposals import ended, on_trial, proposal

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.entry import Entry
from tremaux_tools.core.learning.delta import Delta
from tremaux_tools.core.learning.subjects import goal_subject
from tremaux_tools.intake import Intake
from tremaux_tools.journal import Journal
from tremaux_tools.learning import Learning
from tremaux_tools.store import exposures
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio

HOUR = 3_600.0
LATER = proposal(type="metric", target="stall.repeats", new_value=5)


class Goals:
    """Goals that work with the values of a delta."""

    def __init__(self, database: Database, learning: Learning, clock: Clock, delta: Delta) -> None:
        self._database = database
        self._learning = learning
        self._clock = clock
        self._delta = delta
        self._numbers = count(9_000)

    async def begin(self, *, is_new: bool, passes: bool) -> None:
        """Begin a goal, and let it pass at once or be left."""
        subject = goal_subject(next(self._numbers), 0)
        async with self._database.transaction() as connection:
            await exposures.expose(connection, self._delta.delta_id, subject, is_new=is_new, at=self._clock())
            if passes:
                await exposures.settle(connection, subject, passed=True, seconds=0.0, at=self._clock())

    async def hours(self, number: int, *, given_up: int) -> list[str]:
        """Let ten goals begin in each of so many hours, the first seven with the new value; how the delta stands then.

        Of those seven so many never pass.
        """
        seen = []
        for _ in range(number):
            for place in range(10):
                await self.begin(is_new=place < 7, passes=place >= given_up)
                self._clock.now += HOUR / 10
            await self._learning.turn()
            delta = await self._learning.delta(self._delta.delta_id)
            seen.append(delta.status)
        return seen


async def tasks(learning: Learning, delta: Delta) -> Mapping[str, int]:
    figures: Mapping[str, int] = (await learning.delta(delta.delta_id)).figures["new"]
    return figures


async def test_a_threshold_that_makes_goals_give_up_is_not_kept_by_those_that_passed_meanwhile(
    learning: Learning, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning, LATER)

    seen = await Goals(database, learning, clock, delta).hours(36, given_up=2)

    assert set(seen[:24]) == {"trial"}, "nobody can know yet what becomes of those that are still open"
    assert seen[-1] == "rolled_back"
    assert "kept" not in seen


async def test_a_threshold_that_does_no_harm_is_kept(learning: Learning, database: Database, clock: Clock) -> None:
    goals = Goals(database, learning, clock, await on_trial(learning, LATER))

    assert (await goals.hours(6, given_up=0))[-1] == "kept"


async def test_goals_that_passed_wait_for_those_that_began_before_them_and_runs_do_not(
    learning: Learning, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning, LATER)
    goals = Goals(database, learning, clock, delta)
    for passes in (True, False, True, True):
        await goals.begin(is_new=True, passes=passes)
        clock.now += 1.0
    await ended(database, delta, new=(2, 1), old=(0, 0), at=clock())
    await learning.turn()
    before = await tasks(learning, delta)
    clock.now += DAY
    await learning.turn()

    assert before == {"passed": 1 + 2, "tasks": 1 + 3}
    assert await tasks(learning, delta) == {"passed": 3 + 2, "tasks": 4 + 3}


async def test_a_goal_that_goes_on_for_over_a_week_holds_up_nobody(
    learning: Learning, database: Database, clock: Clock, tmp_path: Path
) -> None:
    journal = Journal(database, Intake(clock=clock, session=lambda: tmp_path), clock=clock)
    delta = await on_trial(learning, LATER)
    seen = []
    for day in range(9):
        clock.now = START + day * DAY
        await journal.record(tmp_path, Entry(action="edit", gate=Gate.FAIL, output="1 failed", goal="endless"))
        clock.now += HOUR
        if not day:
            await Goals(database, learning, clock, delta).begin(is_new=True, passes=True)
        await learning.turn()
        seen.append((await tasks(learning, delta))["tasks"])

    assert seen == [0, 0, 0, 0, 0, 0, 0, 1, 1]


async def test_the_guard_waits_for_goals_as_the_trial_does(
    learning: Learning, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning, LATER)
    goals = Goals(database, learning, clock, delta)
    first = await goals.hours(6, given_up=0)
    seen = await goals.hours(40, given_up=1)

    assert first[-1] == "kept"
    assert set(seen[:23]) == {"kept"}
    assert seen[-1] == "rolled_back"


async def test_the_guard_counts_goals_that_the_trial_left_out(
    learning: Learning, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning, LATER)
    goals = Goals(database, learning, clock, delta)
    await ended(database, delta, new=(40, 0), old=(20, 0), at=clock())
    for passes in (False, True, True):
        clock.now += 1.0
        await goals.begin(is_new=True, passes=passes)
    await learning.turn()
    kept = await learning.delta(delta.delta_id)
    clock.now += 1.1 * DAY
    await learning.turn()

    assert (kept.status, await tasks(learning, delta)) == ("kept", {"passed": 40, "tasks": 40})
    assert (await learning.delta(delta.delta_id)).figures["guarded_tasks"] == 3
