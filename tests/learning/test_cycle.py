"""The whole cycle in workplaces whose truth is known: what is wrong is mended, what hurts is taken back."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.clock import Clock
from tests.learning.conftest import Hire
from tests.learning.workplace import Truth, turns

from tremaux_tools.core.learning.delta import Proposal
from tremaux_tools.core.settings.registry import FIRST_RUNG, MAX_WORKERS, STRATEGY
from tremaux_tools.learning import Learning
from tremaux_tools.live_settings import LiveSettings

pytestmark = pytest.mark.anyio
SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_wrong_setting_is_found_and_mended_within_five_cycles_after_thirty_tasks(
    learning: Learning, live: LiveSettings, hire: Hire, clock: Clock, seed: int
) -> None:
    def chance(_: Mapping[str, Any], rung: int, __: int) -> float:
        return 0.25 if rung == 0 else 0.9

    workplace = hire(Truth(chance), seed=seed)
    await workplace.work(30)

    seen = await turns(learning, workplace, 5, tasks=10, clock=clock)

    assert f"{FIRST_RUNG.name} trial" in seen[:1]
    assert f"{FIRST_RUNG.name} kept" in seen
    assert await live.value(FIRST_RUNG) == 1


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_tempting_delta_that_hurts_is_applied_measured_and_rolled_back(
    learning: Learning, live: LiveSettings, hire: Hire, clock: Clock, seed: int
) -> None:
    def chance(values: Mapping[str, Any], _: int, workers: int) -> float:
        if values[STRATEGY.name] == "adaptive":
            return 0.45  # nobody could know that
        return 0.95 if workers < 10 else 0.65

    workplace = hire(Truth(chance, latency=0.2, workers=(8, 12)), seed=seed)
    await workplace.work(40)

    seen = await turns(learning, workplace, 12, tasks=10, clock=clock)

    assert f"{STRATEGY.name} trial" in seen
    assert f"{STRATEGY.name} rolled_back" in seen
    assert f"{STRATEGY.name} kept" not in seen
    assert await live.value(STRATEGY) == "fixed"


async def test_fewer_than_thirty_tasks_propose_nothing(learning: Learning, hire: Hire, clock: Clock) -> None:
    workplace = hire(Truth(lambda _, rung, __: 1.0 if rung else 0.0), seed=1)
    await workplace.work(14)  # each fails and is retried, which makes 28

    assert await turns(learning, workplace, 1, tasks=0, clock=clock) == []


async def test_work_that_goes_well_changes_nothing(learning: Learning, hire: Hire, clock: Clock) -> None:
    workplace = hire(Truth(lambda *_: 0.95), seed=1)
    await workplace.work(30)

    assert await turns(learning, workplace, 3, tasks=5, clock=clock) == []


async def test_how_fast_runs_were_before_a_trial_of_the_pool_does_not_count(learning: Learning, hire: Hire) -> None:
    await hire(Truth(lambda *_: 1.0), seed=1).work(20)
    before = []
    for area, target, value in (("resource", MAX_WORKERS.name, 2), ("strategy", FIRST_RUNG.name, 1)):
        delta = await learning.propose(
            Proposal(
                type=area,
                operation="modify",
                target=target,
                new_value=value,
                reasoning="to see",
                confidence=0.5,
                impact=1.0,
                source="a test",
            )
        )
        before.append((await learning.approve(delta.delta_id, reason="")).figures["before"])

    pool, first_runs = before
    assert (pool["tasks"], pool["seconds"]) == (20, [])
    assert (first_runs["tasks"], len(first_runs["seconds"])) == (20, 20)
