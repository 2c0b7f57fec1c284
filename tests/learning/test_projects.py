"""The playbook of one project is no matter of another."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.clock import Clock
from tests.learning.conftest import Hire
from tests.learning.proposals import BULLET, HIGHER, kept, on_trial
from tests.learning.workplace import Truth

from tremaux_tools.core.learning.delta import Operation
from tremaux_tools.core.settings.registry import TIMEOUT_FACTOR
from tremaux_tools.learning import Learning
from tremaux_tools.playbook import HARMFUL
from tremaux_tools.store import exposures
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio

OURS, THEIRS = "/ours", "/theirs"


@pytest.mark.parametrize(
    ("operation", "value"), [("modify", "Push to their server."), ("remove", None), ("adjust", HARMFUL)]
)
async def test_nobody_changes_a_bullet_of_another_project(
    learning: Learning, database: Database, clock: Clock, operation: Operation, value: str | None
) -> None:
    delta = await kept(learning, database, clock, replace(BULLET, project=OURS))
    asked = replace(BULLET, operation=operation, target=delta.target, new_value=value, project=THEIRS)
    refused = await learning.propose(asked)

    assert refused.status == "rejected"
    assert f"there is no {delta.target}" in refused.reason
    assert (await learning.propose(replace(asked, project=OURS))).status != "rejected"


async def test_a_person_is_asked_before_a_bullet_for_all_is_reworded(
    learning: Learning, database: Database, clock: Clock, hire: Hire
) -> None:
    await hire(Truth(lambda *_: 0.9), seed=1).work(40)
    delta = await kept(learning, database, clock, BULLET)
    reword = replace(
        BULLET,
        operation="modify",
        target=delta.target,
        new_value="Run ninja first.",
        reasoning="flaky_gates 0; measured by the pass rate",
        confidence=1.0,
        impact=5.0,
        project=THEIRS,
    )
    waiting = await learning.propose(reword)

    assert (waiting.status, waiting.risk) == ("pending", "high")


async def test_a_trial_is_compared_with_what_its_own_project_did_before(
    learning: Learning, hire: Hire, tmp_path: Path
) -> None:
    await hire(Truth(lambda *_: 0.9), seed=1).work(40)
    of_theirs = await on_trial(learning, replace(BULLET, project=THEIRS))
    of_all = await on_trial(learning, replace(BULLET, new_value="Seed every random number."))
    of_ours = await on_trial(
        learning, replace(BULLET, new_value="Ask before you push.", project=str(tmp_path / "project"))
    )

    assert [delta.figures["before"]["tasks"] for delta in (of_theirs, of_all, of_ours)] == [0, 30, 30]


async def test_retries_after_a_time_out_are_compared_with_such_ones(learning: Learning, hire: Hire) -> None:
    await hire(Truth(lambda _, rung, __: float(rung > 0)), seed=1).work(40)
    delta = await on_trial(learning, replace(HIGHER, target=TIMEOUT_FACTOR.name, new_value=2.0))

    assert delta.figures["before"]["tasks"] == 0


async def test_more_time_that_helps_is_kept_though_runs_take_longer(
    learning: Learning, database: Database, clock: Clock
) -> None:
    delta = await on_trial(learning, replace(HIGHER, target=TIMEOUT_FACTOR.name, new_value=2.0))
    async with database.transaction() as connection:
        for is_new, number in [(True, 16), (False, 10)]:
            for at in range(number):
                subject = f"run {at}:{1 + is_new}"
                seconds = 5_000.0 + at if is_new else 3_600.0
                await exposures.expose(connection, delta.delta_id, subject, is_new=is_new, at=clock.now)
                await exposures.settle(connection, subject, passed=is_new, seconds=seconds, at=clock.now)
    await learning.turn()

    assert (await learning.delta(delta.delta_id)).status == "kept"
