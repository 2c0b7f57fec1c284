"""Settings as they are now: who has the last word, for whom, and that it is heard everywhere at once."""

import pytest
from tests import trials

from tremaux_tools.core.learning.delta import block_gets_new
from tremaux_tools.core.settings.registry import FIRST_DELAY, GATE_TIMEOUT, MAX_WORKERS, PLAYBOOK_BULLETS
from tremaux_tools.errors import BadArgument
from tremaux_tools.live_settings import POOL_BLOCK, LiveSettings
from tremaux_tools.store import deltas, exposures, settings
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
SUBJECTS = [f"run {number}:1" for number in range(300)]
TARGET = FIRST_DELAY.name
DEFAULT, LEARNT, TRIED, TOLD = 2.0, 1.5, 2.5, 3.5  # seconds


@pytest.fixture
def live(database: Database) -> LiveSettings:
    return LiveSettings(database, clock=lambda: 7.0)


async def learn(database: Database, name: str, value: object) -> None:
    async with database.transaction() as connection:
        await settings.put(connection, name, value, is_fixed=False, by="delta 1", reason="better", at=3.0)


async def noted(database: Database, delta_id: int) -> dict[str, bool]:
    """Who worked with which value of a delta: true for the new one."""
    async with database.snapshot() as connection:
        rows = await connection.execute_fetchall("SELECT subject, is_new FROM exposure WHERE delta_id = ?", (delta_id,))
    return {subject: bool(is_new) for subject, is_new in rows}


async def test_a_person_is_heard_before_a_trial_that_before_what_was_learnt_and_that_before_the_default(
    database: Database, live: LiveSettings
) -> None:
    values = [await live.value(FIRST_DELAY)]
    await learn(database, TARGET, LEARNT)
    values.append(await live.value(FIRST_DELAY))
    delta_id = await trials.begin(database, TARGET, TRIED)
    subject = next(each for each in SUBJECTS if trials.is_new_for(each, delta_id))
    values.append(await live.value(FIRST_DELAY, subject=subject))
    await live.set(TARGET, str(TOLD))
    values.append(await live.value(FIRST_DELAY, subject=subject))

    assert values == [DEFAULT, LEARNT, TRIED, TOLD]


async def test_seven_tasks_of_ten_get_what_is_tried_and_keep_it(database: Database, live: LiveSettings) -> None:
    delta_id = await trials.begin(database, TARGET, TRIED)
    async with database.transaction() as connection:
        read = {each: await live.read(connection, [FIRST_DELAY], subject=each) for each in SUBJECTS}
        for subject, readings in read.items():
            await live.expose(connection, readings, subject)
    values = {subject: readings[TARGET].value for subject, readings in read.items()}
    again = {subject: await live.value(FIRST_DELAY, subject=subject) for subject in SUBJECTS[:20]}

    assert 190 <= sum(value == TRIED for value in values.values()) <= 230
    assert set(values.values()) == {DEFAULT, TRIED}
    assert await noted(database, delta_id) == {subject: value == TRIED for subject, value in values.items()}
    assert again.items() <= values.items()


async def test_without_a_task_no_trial_has_a_say_and_nothing_is_noted(database: Database, live: LiveSettings) -> None:
    delta_id = await trials.begin(database, TARGET, TRIED)
    value = await live.value(FIRST_DELAY)

    assert (value, await noted(database, delta_id)) == (DEFAULT, {})


async def test_runs_that_share_the_pool_get_its_value_in_blocks(database: Database, live: LiveSettings) -> None:
    delta_id = await trials.begin(database, MAX_WORKERS.name, 8)
    values = [await live.value(MAX_WORKERS, subject=subject) for subject in SUBJECTS[: 8 * POOL_BLOCK]]
    blocks = [set(values[start : start + POOL_BLOCK]) for start in range(0, len(values), POOL_BLOCK)]

    assert all(len(block) == 1 for block in blocks)
    assert blocks == [{8} if block_gets_new(number, delta_id) else {4} for number in range(8)]
    assert {4} in blocks


async def test_a_kept_delta_that_is_guarded_goes_on_being_counted(database: Database, live: LiveSettings) -> None:
    delta_id = await trials.begin(database, TARGET, LEARNT, is_guarded=True)
    await learn(database, TARGET, LEARNT)
    values = {await live.value(FIRST_DELAY, subject=subject) for subject in SUBJECTS[:20]}

    assert values == {LEARNT}
    assert await noted(database, delta_id) == dict.fromkeys(SUBJECTS[:20], True)


async def test_a_change_is_heard_at_the_next_reading_of_another_process(database: Database, live: LiveSettings) -> None:
    other = Database(database.path)
    elsewhere = LiveSettings(other, clock=lambda: 8.0)
    values = [await elsewhere.value(PLAYBOOK_BULLETS)]
    await live.set(PLAYBOOK_BULLETS.name, "12")
    values.append(await elsewhere.value(PLAYBOOK_BULLETS))
    await elsewhere.unset(PLAYBOOK_BULLETS.name)
    values.append(await live.value(PLAYBOOK_BULLETS))
    await other.close()

    assert values == [8, 12, 8]


async def test_a_person_ends_a_trial_and_the_guard_and_learning_leaves_the_value_alone(
    database: Database, live: LiveSettings
) -> None:
    tried = await trials.begin(database, TARGET, TRIED)
    guarded = await trials.begin(database, PLAYBOOK_BULLETS.name, 9, is_guarded=True)
    async with database.transaction() as connection:
        await exposures.expose(connection, tried, "run 1:1", is_new=True, at=0.0)
    standing = await live.set(TARGET, "1")
    await live.unset(PLAYBOOK_BULLETS.name)
    async with database.snapshot() as connection:
        watched = await exposures.watched(connection, [TARGET, PLAYBOOK_BULLETS.name])
        waited_for = await exposures.targets(connection, "run 1:1")
        ended, kept = [await deltas.get(connection, delta_id) for delta_id in (tried, guarded)]

    assert (standing.value, standing.source, standing.is_fixed) == (1.0, "person", True)
    assert (watched, waited_for) == ({}, set())
    assert ended is not None
    assert kept is not None
    assert (ended.status, ended.reason) == ("rolled_back", "a person set it to 1.0")
    assert (kept.status, kept.guard) == ("kept", None)


async def test_a_starting_point_of_a_person_may_be_tried(database: Database, live: LiveSettings) -> None:
    standing = await live.set(TARGET, "1", is_fixed=False)
    delta_id = await trials.begin(database, TARGET, TRIED)
    values = {await live.value(FIRST_DELAY, subject=subject) for subject in SUBJECTS[:30]}
    trial = (await live.get(TARGET)).trial

    assert (standing.source, standing.is_fixed) == ("person", False)
    assert values == {1.0, TRIED}
    assert trial is not None
    assert (trial.delta_id, trial.new_value, trial.exposures) == (delta_id, TRIED, 30)


async def test_what_a_person_fixed_is_not_tried_even_where_a_trial_is_left(
    database: Database, live: LiveSettings
) -> None:
    await live.set(TARGET, "1")
    delta_id = await trials.begin(database, TARGET, TRIED)
    values = {await live.value(FIRST_DELAY, subject=subject) for subject in SUBJECTS[:30]}

    assert (values, await noted(database, delta_id)) == ({1.0}, {})


@pytest.mark.parametrize("stored", [-1.0, 1e9, "many", True, None, [1]])
async def test_a_stored_value_that_this_version_does_not_take_counts_as_not_set(
    database: Database, live: LiveSettings, stored: object
) -> None:
    await learn(database, TARGET, stored)
    delta_id = await trials.begin(database, TARGET, stored)
    subject = next(each for each in SUBJECTS if trials.is_new_for(each, delta_id))

    assert await live.value(FIRST_DELAY) == DEFAULT
    assert await live.value(FIRST_DELAY, subject=subject) == DEFAULT
    assert (await live.get(TARGET)).value == DEFAULT


async def test_the_environment_of_a_process_holds_for_it_alone_and_cannot_be_overruled_there(
    database: Database, live: LiveSettings
) -> None:
    own = LiveSettings(database, clock=lambda: 7.0, explicit={TARGET: 4.0})
    await live.set(TARGET, "1")
    delta_id = await trials.begin(database, TARGET, TRIED)
    with pytest.raises(BadArgument, match="is set by the environment") as raised:
        await own.set(TARGET, "2")
    with pytest.raises(BadArgument, match="is set by the environment"):
        await own.unset(TARGET)

    assert {await own.value(FIRST_DELAY, subject=subject) for subject in SUBJECTS[:9]} == {4.0}
    assert (await own.get(TARGET)).source == "environment"
    assert (own.is_explicit(FIRST_DELAY), live.is_explicit(FIRST_DELAY)) == (True, False)
    assert await live.value(FIRST_DELAY) == 1.0
    assert await noted(database, delta_id) == {}
    assert raised.value.hint


async def test_every_change_is_told_with_its_reason_the_newest_first(database: Database, live: LiveSettings) -> None:
    await live.set(GATE_TIMEOUT.name, "60", reason="slow \x1b[31msuite, token ghp_" + "a1B2" * 9)
    await learn(database, TARGET, LEARNT)
    await live.unset(GATE_TIMEOUT.name, reason="fast again")
    await live.unset(GATE_TIMEOUT.name)
    changes = await live.history(None, limit=9)
    of_one = await live.history(f" {TARGET} ", limit=9)
    newest = await live.history(None, limit=1)

    assert [(change.name, change.old, change.new) for change in changes] == [
        (GATE_TIMEOUT.name, 60.0, None),
        (TARGET, None, LEARNT),
        (GATE_TIMEOUT.name, None, 60.0),
    ]
    assert (changes[0].reason, changes[0].by, changes[0].changed_at) == ("fast again", "a person", 7.0)
    assert changes[2].reason.startswith("slow suite, token ")
    assert "ghp_" not in changes[2].reason
    assert (of_one, newest) == ([changes[1]], [changes[0]])


@pytest.mark.parametrize("value", ["0", "x", ""])
async def test_a_value_that_is_refused_changes_nothing(database: Database, live: LiveSettings, value: str) -> None:
    delta_id = await trials.begin(database, MAX_WORKERS.name, 8)
    with pytest.raises(BadArgument, match=MAX_WORKERS.name):
        await live.set(MAX_WORKERS.name, value)

    standing = await live.get(MAX_WORKERS.name)
    assert (standing.value, standing.source) == (4, "default")
    assert standing.trial is not None
    assert standing.trial.delta_id == delta_id
    assert await live.history(None, limit=9) == []
