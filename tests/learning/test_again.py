"""What becomes of a proposal that comes again, of votes, and of what nobody decides about."""

from dataclasses import replace

import pytest
from tests.clock import Clock
from tests.learning.conftest import DAY, Hire
from tests.learning.proposals import BULLET, HIGHER, ended, kept, on_trial, proposal
from tests.learning.workplace import Truth

from tremaux_tools.core.learning.delta import Delta, Proposal
from tremaux_tools.core.settings.registry import FIRST_RUNG, LEARNING
from tremaux_tools.learning import Learning
from tremaux_tools.learning.curation import LONGEST_WAIT, SAME_WITHIN
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.playbook import HARMFUL, HELPFUL
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio

GROUNDED = proposal(
    type="metric",
    target="stall.churn",
    new_value=12,
    reasoning="flaky_gates 0; measured by the pass rate",
    confidence=1.0,
    impact=5.0,
)


def vote(delta: Delta, word: str, source: str = "an agent") -> Proposal:
    return replace(BULLET, operation="adjust", target=delta.target, new_value=word, source=source)


async def votes(learning: Learning) -> tuple[int, int]:
    (bullet,) = await learning.playbook(None)
    return bullet.helpful, bullet.harmful


async def test_what_was_taken_back_may_be_tried_again_after_a_week_however_often_it_is_proposed(
    learning: Learning, clock: Clock
) -> None:
    first = await on_trial(learning)
    await learning.roll_back(first.delta_id, reason="")
    for _ in range(7):
        clock.now += DAY
        assert (await learning.propose(HIGHER)).delta_id == first.delta_id
    clock.now += 1

    assert (await learning.propose(HIGHER)).delta_id != first.delta_id


async def test_what_waits_is_one_however_long_it_does(learning: Learning, clock: Clock) -> None:
    first = await learning.propose(HIGHER)
    clock.now += SAME_WITHIN + 1

    assert (await learning.propose(HIGHER)).delta_id == first.delta_id


async def test_what_waited_for_learning_to_be_switched_on_is_tried(
    learning: Learning, live: LiveSettings, hire: Hire
) -> None:
    await hire(Truth(lambda *_: 0.9), seed=1).work(40)
    await live.set(LEARNING.name, "false")
    waiting = await learning.propose(GROUNDED)
    await live.set(LEARNING.name, "true")
    tried = await learning.propose(GROUNDED)

    assert (waiting.status, tried.delta_id, tried.status) == ("pending", waiting.delta_id, "trial")


async def test_what_waited_for_another_trial_is_tried_after_it(
    learning: Learning, database: Database, hire: Hire, clock: Clock
) -> None:
    await hire(Truth(lambda *_: 0.9), seed=1).work(40)
    other = await learning.propose(GROUNDED)
    waiting = await learning.propose(replace(GROUNDED, new_value=10))
    await ended(database, other, new=(30, 0), old=(15, 15), at=clock.now)
    await learning.turn()
    tried = await learning.propose(replace(GROUNDED, new_value=10))

    assert (waiting.status, tried.delta_id, tried.status) == ("pending", waiting.delta_id, "trial")


async def test_a_worse_reasoning_takes_nothing_from_a_better_one(learning: Learning, hire: Hire) -> None:
    await hire(Truth(lambda *_: 0.9), seed=1).work(40)
    first = await learning.propose(replace(GROUNDED, impact=3.0))
    again = await learning.propose(replace(GROUNDED, impact=-20.0, reasoning="so I feel"))

    assert (again.delta_id, again.times, again.status) == (first.delta_id, 2, "pending")
    assert (again.score, again.reasoning) == (first.score, GROUNDED.reasoning)


async def test_what_is_to_be_removed_waits_for_a_person_however_often_it_is_proposed(
    learning: Learning, live: LiveSettings, hire: Hire
) -> None:
    await hire(Truth(lambda *_: 0.9), seed=1).work(40)
    await live.set(GROUNDED.target, "12", is_fixed=False)
    for _ in range(2):
        delta = await learning.propose(replace(GROUNDED, operation="remove", new_value=None))

    assert (delta.status, delta.risk, delta.times) == ("pending", "high", 2)


async def test_what_nobody_decides_about_is_turned_down_after_a_month(learning: Learning, clock: Clock) -> None:
    left = await learning.propose(HIGHER)
    bullet = await learning.propose(BULLET)
    clock.now += LONGEST_WAIT
    asked = await learning.propose(proposal(new_value=2))
    await learning.turn()
    before = [(await learning.delta(each.delta_id)).status for each in (left, bullet, asked)]
    clock.now += 1
    await learning.turn()
    after = [(await learning.delta(each.delta_id)).status for each in (left, bullet, asked)]

    assert before == ["pending", "pending", "pending"]
    assert after == ["rejected", "rejected", "pending"]
    assert (await learning.delta(left.delta_id)).reason == "nobody decided within 30 days"


async def test_a_vote_does_not_end_the_guard(learning: Learning, database: Database, clock: Clock) -> None:
    delta = await kept(learning, database, clock, BULLET)
    await learning.propose(vote(delta, HELPFUL))
    clock.now += DAY
    await ended(database, delta, new=(0, 60), old=(0, 0), at=clock.now)
    await learning.turn()

    assert (await learning.delta(delta.delta_id)).status == "rolled_back"


@pytest.mark.parametrize("by", ["adjust", "add"])
async def test_what_is_on_trial_can_be_voted_for(learning: Learning, by: str) -> None:
    delta = await on_trial(learning, BULLET)
    asked = vote(delta, HELPFUL) if by == "adjust" else replace(BULLET, source="another agent")

    assert ((await learning.propose(asked)).status, await votes(learning)) == ("kept", (1, 0))


async def test_of_the_votes_of_a_week_the_last_one_counts(learning: Learning, database: Database, clock: Clock) -> None:
    delta = await kept(learning, database, clock, BULLET)
    counted = []
    for word in (HELPFUL, HARMFUL, HELPFUL):
        await learning.propose(vote(delta, word))
        counted.append(await votes(learning))
        clock.now += 2 * DAY
    (tasks, without) = counted[0][0] - 1, counted[0][1]

    assert counted == [(tasks + 1, without), (tasks, without + 1), (tasks + 1, without)]


async def test_who_votes_each_week_is_counted_each_week(learning: Learning, database: Database, clock: Clock) -> None:
    delta = await kept(learning, database, clock, BULLET)
    before, _ = await votes(learning)
    for _ in range(15):
        await learning.propose(vote(delta, HELPFUL))
        clock.now += DAY

    assert (await votes(learning))[0] - before == 2


async def test_after_a_rollback_the_one_before_holds_and_can_be_taken_back(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock
) -> None:
    first = await kept(learning, database, clock)
    clock.now += DAY
    second = await kept(learning, database, clock, proposal(new_value=2))
    await learning.roll_back(second.delta_id, reason="")
    third = await on_trial(learning, proposal(new_value=3))
    await learning.roll_back(third.delta_id, reason="")
    guarded = await learning.delta(first.delta_id)
    again = await learning.roll_back(first.delta_id, reason="")

    assert guarded.guard == 0.0
    assert (again.status, await live.value(FIRST_RUNG)) == ("rolled_back", FIRST_RUNG.default)


async def test_a_clock_that_was_set_back_between_two_deltas_leaves_a_way_back(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock
) -> None:
    first = await kept(learning, database, clock)
    clock.now -= 4 * DAY
    second = await kept(learning, database, clock, proposal(new_value=2))
    for delta in (second, first):
        await learning.roll_back(delta.delta_id, reason="")

    assert await live.value(FIRST_RUNG) == FIRST_RUNG.default
