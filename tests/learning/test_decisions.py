"""What becomes of a proposal: scored, tried, put before a person, taken back."""

from asyncio import gather
from dataclasses import replace
from typing import Any

import pytest
from tests.clock import Clock
from tests.learning.conftest import DAY
from tests.learning.proposals import BULLET, HIGHER, ended, on_trial, proposal

from tremaux_tools.core.learning.delta import Delta, Proposal
from tremaux_tools.core.settings.registry import FIRST_RUNG, LEARNING, MAX_WORKERS, TICKET_TIMEOUT
from tremaux_tools.errors import BadArgument, NotAllowed, UnknownItem
from tremaux_tools.learning import Learning
from tremaux_tools.learning.curation import MAX_PENDING, SAME_WITHIN
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.store import deltas
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio


async def test_a_claim_without_figures_waits_for_a_person(learning: Learning) -> None:
    delta = await learning.propose(HIGHER)

    assert delta.status == "pending"
    assert delta.score is not None
    assert delta.score == sum(part.points for part in delta.parts) < 65
    assert [part.most for part in delta.parts] == [40, 30, 20, 10]


async def test_the_same_proposal_within_a_week_is_one(learning: Learning, clock: Clock) -> None:
    first = await learning.propose(HIGHER)
    await learning.reject(first.delta_id, reason="")
    clock.now += SAME_WITHIN - 1
    again = await learning.propose(HIGHER)
    clock.now += 2
    later = await learning.propose(HIGHER)

    assert (again.delta_id, again.times) == (first.delta_id, 2)
    assert later.delta_id != first.delta_id


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (proposal(target="retry.nothing"), "no setting"),
        (proposal(new_value=99), "from 0 to 10"),
        (proposal(new_value="many"), "from 0 to 10"),
        (proposal(type="resource"), "of type strategy"),
        (proposal(new_value=0), "is 0 already"),
        (proposal(operation="add"), "nothing can be added"),
        (proposal(operation="adjust", new_value="up"), "cannot be adjusted"),
        (proposal(impact=-1.0), "cost 1.0 points"),
        (replace(BULLET, operation="modify", target="bullet-9"), "no bullet-9"),
    ],
)
async def test_what_cannot_be_is_rejected_with_the_reason(learning: Learning, asked: Proposal, why: str) -> None:
    delta = await learning.propose(asked)

    assert delta.status == "rejected"
    assert why in delta.reason
    with pytest.raises(NotAllowed, match="rejected"):
        await learning.approve(delta.delta_id, reason="")


@pytest.mark.parametrize(
    "wrong", [{"confidence": 1.1}, {"confidence": float("nan")}, {"impact": 101.0}, {"reasoning": " "}]
)
async def test_what_makes_no_sense_is_refused_and_not_kept(learning: Learning, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadArgument):
        await learning.propose(proposal(**wrong))

    assert await learning.deltas(None, limit=10) == []


async def test_adjusting_means_the_sum_and_removing_the_default(learning: Learning, live: LiveSettings) -> None:
    await live.set(FIRST_RUNG.name, "3", is_fixed=False)
    adjusted = await learning.propose(proposal(operation="adjust", new_value=2))
    removed = await learning.propose(proposal(operation="remove", new_value=None))

    assert (adjusted.old_value, adjusted.new_value) == (3, 5)
    assert (removed.new_value, removed.risk) == (0, "high")


async def test_a_trial_gives_seven_tasks_of_ten_the_new_value(learning: Learning, live: LiveSettings) -> None:
    await on_trial(learning)

    given = [await live.value(FIRST_RUNG, subject=f"run {number}:1") for number in range(400)]

    assert 0.63 < sum(given) / 400 < 0.77
    assert await live.value(FIRST_RUNG) == 0


async def test_two_deltas_are_never_on_trial_at_one_target(learning: Learning) -> None:
    first = await on_trial(learning)
    second = await learning.propose(proposal(new_value=2))

    with pytest.raises(NotAllowed, match=f"delta {first.delta_id} is on trial"):
        await learning.approve(second.delta_id, reason="")


async def test_a_trial_that_goes_well_is_kept_for_all(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning)
    await ended(database, delta, new=(16, 0), old=(3, 4), at=clock.now)

    turn = await learning.turn()

    assert [each.status for each in turn.changed] == ["kept"]
    assert await live.value(FIRST_RUNG) == 1
    assert (await live.get(FIRST_RUNG.name)).source == "learned"
    kept = await learning.delta(delta.delta_id)
    assert kept.figures["new"] == {"passed": 16, "tasks": 16}
    assert "16 of 16" in kept.reason


async def test_a_trial_that_goes_badly_is_rolled_back_by_itself(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning)
    await ended(database, delta, new=(4, 12), old=(6, 1), at=clock.now)

    turn = await learning.turn()

    assert [each.status for each in turn.changed] == ["rolled_back"]
    assert {await live.value(FIRST_RUNG, subject=f"run {number}:1") for number in range(20)} == {0}


async def test_a_trial_that_shows_nothing_yet_goes_on(learning: Learning, database: Database, clock: Clock) -> None:
    delta = await on_trial(learning)
    await ended(database, delta, new=(8, 6), old=(2, 2), at=clock.now)

    await learning.turn()

    assert (await learning.delta(delta.delta_id)).status == "trial"


async def test_a_trial_that_nobody_has_part_in_ends_after_a_month(learning: Learning, clock: Clock) -> None:
    delta = await on_trial(learning)
    clock.now += 31 * DAY

    await learning.turn()

    assert (await learning.delta(delta.delta_id)).status == "rolled_back"


async def test_what_was_kept_comes_back_when_it_hurts_later(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock
) -> None:
    await live.set(FIRST_RUNG.name, "2", is_fixed=False)
    delta = await on_trial(learning, proposal(new_value=3))
    await ended(database, delta, new=(20, 0), old=(6, 2), at=clock.now)
    await learning.turn()
    clock.now += DAY
    await ended(database, delta, new=(0, 15), old=(0, 0), at=clock.now)

    turn = await learning.turn()

    assert [(each.delta_id, each.status) for each in turn.changed] == [(delta.delta_id, "rolled_back")]
    assert await live.value(FIRST_RUNG) == 2


async def test_a_persons_word_ends_a_trial_and_is_never_overridden(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning)
    await live.set(FIRST_RUNG.name, "2")
    await ended(database, delta, new=(20, 0), old=(0, 8), at=clock.now)
    await learning.turn()
    refused = await learning.propose(proposal(new_value=3))

    assert (await learning.delta(delta.delta_id)).status == "rolled_back"
    assert await live.value(FIRST_RUNG, subject="run 1:1") == 2
    assert refused.status == "rejected"
    assert "a person set" in refused.reason


async def test_a_delta_that_a_person_set_aside_meanwhile_cannot_be_approved(
    learning: Learning, live: LiveSettings
) -> None:
    delta = await learning.propose(HIGHER)
    await live.set(FIRST_RUNG.name, "2")

    with pytest.raises(NotAllowed, match="a person set"):
        await learning.approve(delta.delta_id, reason="")


async def test_a_kept_delta_can_be_taken_back_by_a_person_until_another_one_stands_on_it(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock
) -> None:
    first = await on_trial(learning)
    await ended(database, first, new=(20, 0), old=(1, 8), at=clock.now)
    await learning.turn()
    second = await on_trial(learning, proposal(new_value=2))
    await ended(database, second, new=(20, 0), old=(1, 8), at=clock.now + 1)
    await learning.turn()

    with pytest.raises(NotAllowed, match=f"delta {second.delta_id} has changed"):
        await learning.roll_back(first.delta_id, reason="")
    taken_back = await learning.roll_back(second.delta_id, reason="too dear")

    assert (taken_back.status, taken_back.reason) == ("rolled_back", "too dear")
    assert await live.value(FIRST_RUNG) == 1
    changes = await live.history(FIRST_RUNG.name, limit=5)
    assert [(change.old, change.new) for change in changes] == [(2, 1), (1, 2), (None, 1)]


async def test_what_only_a_person_changes_waits_for_one_and_takes_hold_at_once(
    learning: Learning, live: LiveSettings
) -> None:
    asked = proposal(type="resource", target=TICKET_TIMEOUT.name, new_value=7_200)
    delta = await learning.propose(asked)
    applied = await learning.approve(delta.delta_id, reason="builds are slow")

    assert (delta.status, delta.risk) == ("pending", "high")
    assert applied.status == "kept"
    assert await live.value(TICKET_TIMEOUT) == 7_200


async def test_a_rejected_proposal_leaves_nothing_behind(learning: Learning) -> None:
    delta = await learning.propose(BULLET)
    rejected = await learning.reject(delta.delta_id, reason="not here")

    assert (rejected.status, rejected.reason) == ("rejected", "not here")
    assert list(await learning.playbook(None)) == []


async def test_a_bullet_that_helps_is_told_to_all(learning: Learning, database: Database, clock: Clock) -> None:
    delta = await on_trial(learning, BULLET)
    await ended(database, delta, new=(16, 0), old=(3, 4), at=clock.now)
    await learning.turn()

    (bullet,) = await learning.playbook(None)

    assert (bullet.status, bullet.text, bullet.helpful) == ("active", "Run make clean first.", 16)


async def test_secrets_are_kept_out_of_what_is_proposed(learning: Learning) -> None:
    secret = "ghp_" + "a1B2" * 9
    delta = await learning.propose(proposal(reasoning=f"found with {secret}"))

    assert secret not in delta.reasoning


async def test_nobody_can_flood_what_waits_for_a_person(learning: Learning, database: Database, clock: Clock) -> None:
    async with database.transaction() as connection:
        for number in range(MAX_PENDING):
            asked = proposal(new_value=number + 100)
            await deltas.insert(connection, asked, None, old_value=0, status="pending", reason="", at=clock.now)

    with pytest.raises(BadArgument, match="wait for a decision"):
        await learning.propose(HIGHER)


async def test_learning_that_is_switched_off_makes_no_turn(learning: Learning, live: LiveSettings) -> None:
    await live.set(LEARNING.name, "off")

    with pytest.raises(NotAllowed, match="switched off"):
        await learning.turn()
    assert (await learning.status()).next_at is None


async def test_an_unknown_delta_is_named(learning: Learning) -> None:
    with pytest.raises(UnknownItem, match="no delta 7"):
        await learning.delta(7)


async def test_the_status_counts_by_type_and_state(learning: Learning) -> None:
    await on_trial(learning)
    await learning.propose(proposal(type="resource", target=MAX_WORKERS.name, new_value=8))
    await learning.propose(BULLET)

    status = await learning.status()

    assert set(status.counts) == {("strategy", "trial", 1), ("resource", "pending", 1), ("playbook", "pending", 1)}
    assert [delta.target for delta in status.trials] == [FIRST_RUNG.name]
    assert (status.tasks, status.tasks_needed) == (0, 30)


async def test_what_waits_is_scored_anew_once_there_is_more_evidence(learning: Learning) -> None:
    first = await learning.propose(proposal(impact=0.2))
    again = await learning.propose(proposal(impact=3.0, reasoning="judge it by the success rate"))

    assert again.delta_id == first.delta_id
    assert again.score is not None
    assert first.score is not None
    assert again.score > first.score


async def test_what_was_refused_can_be_proposed_again_once_the_reason_is_gone(
    learning: Learning, live: LiveSettings
) -> None:
    await live.set(FIRST_RUNG.name, "2")
    refused = await learning.propose(HIGHER)
    repeated = await learning.propose(HIGHER)
    await live.unset(FIRST_RUNG.name)
    free = await learning.propose(HIGHER)

    assert (refused.status, repeated.delta_id, repeated.times) == ("rejected", refused.delta_id, 2)
    assert free.status == "pending"


async def test_each_source_has_one_vote_on_a_bullet_and_it_counts_at_once(
    learning: Learning, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning, BULLET)
    await ended(database, delta, new=(16, 0), old=(3, 4), at=clock.now)
    await learning.turn()
    vote = replace(BULLET, operation="adjust", target="bullet-1", new_value="helpful")

    votes = [await learning.propose(replace(vote, source=source)) for source in ("a", "b", "a")]

    (bullet,) = await learning.playbook(None)
    with pytest.raises(NotAllowed):
        await learning.roll_back(votes[0].delta_id, reason="")
    assert (await learning.roll_back(delta.delta_id, reason="")).status == "rolled_back"
    assert {each.status for each in votes} == {"kept"}
    assert votes[2].delta_id == votes[0].delta_id
    assert bullet.helpful == 16 + 2


async def test_of_two_decisions_at_once_one_is_refused(learning: Learning, live: LiveSettings) -> None:
    delta = await learning.propose(proposal(type="resource", target=TICKET_TIMEOUT.name, new_value=1_000.0))

    results = await gather(
        learning.reject(delta.delta_id, reason=""),
        learning.approve(delta.delta_id, reason=""),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [Delta, NotAllowed]
    assert (await live.get(TICKET_TIMEOUT.name)).source == "default"


async def test_what_was_kept_is_not_taken_back_under_a_trial_that_builds_on_it(
    learning: Learning, database: Database, clock: Clock
) -> None:
    kept = await on_trial(learning)
    await ended(database, kept, new=(16, 0), old=(3, 4), at=clock.now)
    await learning.turn()
    tried = await on_trial(learning, proposal(new_value=2))

    with pytest.raises(NotAllowed, match=f"delta {tried.delta_id} is on trial"):
        await learning.roll_back(kept.delta_id, reason="")


async def test_the_newest_kept_is_what_was_kept_last_not_what_was_proposed_last(
    learning: Learning, database: Database, live: LiveSettings, clock: Clock
) -> None:
    waiting = await learning.propose(proposal(new_value=2))
    for delta_id in ((await learning.propose(HIGHER)).delta_id, waiting.delta_id):
        clock.now += 1
        await ended(database, await learning.approve(delta_id, reason=""), new=(16, 0), old=(3, 4), at=clock.now)
        await learning.turn()

    await learning.roll_back(waiting.delta_id, reason="")

    assert await live.value(FIRST_RUNG) == 1


async def test_each_project_can_have_the_same_bullet(learning: Learning) -> None:
    deltas = [await learning.propose(replace(BULLET, project=project)) for project in ("/a", "/b")]

    assert [(delta.target, delta.status) for delta in deltas] == [("bullet-1", "pending"), ("bullet-2", "pending")]
    assert [bullet.text for bullet in await learning.playbook("/b")] == [BULLET.new_value]


async def test_what_is_decided_already_is_told_in_words(learning: Learning) -> None:
    delta = await on_trial(learning)

    with pytest.raises(NotAllowed, match=f"delta {delta.delta_id} is on trial"):
        await learning.approve(delta.delta_id, reason="")


async def test_while_learning_is_off_no_trial_has_a_say_and_none_begins(learning: Learning, live: LiveSettings) -> None:
    await on_trial(learning)
    waiting = await learning.propose(BULLET)
    await live.set(LEARNING.name, "off")

    given = {await live.value(FIRST_RUNG, subject=f"run {number}:1") for number in range(40)}

    assert given == {0}
    with pytest.raises(NotAllowed, match="switched off"):
        await learning.approve(waiting.delta_id, reason="")


async def test_what_a_person_set_since_is_not_taken_back_with_a_delta(
    learning: Learning, live: LiveSettings, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning)
    await ended(database, delta, new=(16, 0), old=(3, 4), at=clock.now)
    await learning.turn()
    await live.set(FIRST_RUNG.name, "3")

    with pytest.raises(NotAllowed, match="somebody has changed"):
        await learning.roll_back(delta.delta_id, reason="")
    assert (await learning.delta(delta.delta_id)).status == "kept"
