"""Tremaux in six worlds in which the truth is known, against a confidence that never learns."""

from functools import cache
from itertools import chain
from pathlib import Path
from random import Random
from statistics import fmean

import pytest
from tests.simulation.advisers import Constant, Tremaux
from tests.simulation.plot import draw
from tests.simulation.table import QUARTER, row, trials
from tests.simulation.trial import Step, brier, calibration_error, pass_rate, regret, uplift
from tests.simulation.world import GOING_STALE, HELPING, SEEDS, world

from tremaux_tools.core.confidence import SAME_PROJECT, Tally, confidence_of
from tremaux_tools.core.uplift import uplift_of

DOCS = Path(__file__).parents[2] / "docs"
INTERVAL = 0.8  # of the truths are to be in it

Runs = list[list[Step]]
Both = tuple[Runs, Runs]


@cache
def both(going_stale: float) -> Both:
    return trials(Constant, going_stale=going_stale), trials(Tremaux, going_stale=going_stale)


@pytest.fixture(params=[GOING_STALE, 0.0], ids=["a quarter goes stale", "nothing changes"])
def any_world(request: pytest.FixtureRequest) -> Both:
    return both(request.param)


def test_confidences_are_nearer_to_what_comes_than_a_constant(any_world: Both) -> None:
    constant, ours = ([brier(steps) for steps in runs] for runs in any_world)

    assert fmean(ours) <= 0.65 * fmean(constant)
    assert all(learnt <= 0.75 * fixed for fixed, learnt in zip(constant, ours, strict=True))


def test_what_is_foretold_comes_as_often_as_foretold(any_world: Both) -> None:
    constant, ours = any_world

    assert calibration_error(list(chain.from_iterable(ours))) < 0.03 < calibration_error(constant[0])


def test_regret_falls_over_time(any_world: Both) -> None:
    _, ours = any_world
    first, last = (fmean(regret(steps[part]) for steps in ours) for part in (slice(QUARTER), slice(-QUARTER, None)))

    assert last < 0.65 * first


def test_more_tasks_pass_than_with_a_constant(any_world: Both) -> None:
    constant, ours = any_world

    for fixed, learnt in zip(constant, ours, strict=True):
        assert pass_rate(learnt) > pass_rate(fixed) + 0.10


def test_the_tasks_held_back_show_that_recommendations_help() -> None:
    _, ours = both(GOING_STALE)

    for seed, steps in zip(SEEDS, ours, strict=True):
        found = uplift(steps, world(seed))
        assert found.low is not None
        assert found.low > 0.05


def test_the_docs_show_what_the_simulation_finds(any_world: Both) -> None:
    guide = (DOCS / "confidence.md").read_text(encoding="utf-8")

    for name, runs in zip(("constant 0.85", "**Tremaux**"), any_world, strict=True):
        assert row(name, runs) in guide
    assert (DOCS / "confidence.svg").read_text(encoding="utf-8") == draw(*both(GOING_STALE))


def test_eight_intervals_of_ten_hold_the_chance_with_a_learning() -> None:
    random = Random(1)
    held = 0
    for _ in range(4_000):
        truth = random.betavariate(*HELPING)
        uses = random.randrange(1, 40)
        helped = sum(random.random() < truth for _ in range(uses))
        found = confidence_of([(Tally(helped, uses - helped), SAME_PROJECT)], prior=0.65, at=0)
        held += found.low <= truth <= found.high

    assert held / 4_000 == pytest.approx(INTERVAL, abs=0.03)


@pytest.mark.parametrize(("shown", "withheld"), [(90, 10), (270, 30), (1_800, 200)])
def test_eight_intervals_of_ten_hold_the_uplift(shown: int, withheld: int) -> None:
    random = Random(1)
    held = 0
    for _ in range(1_000):
        with_it, without = random.uniform(0.3, 0.95), random.uniform(0.3, 0.95)
        found = uplift_of(
            shown=shown,
            shown_passed=sum(random.random() < with_it for _ in range(shown)),
            withheld=withheld,
            withheld_passed=sum(random.random() < without for _ in range(withheld)),
        )
        assert found.low is not None
        assert found.high is not None
        held += found.low <= with_it - without <= found.high

    assert held / 1_000 == pytest.approx(INTERVAL, abs=0.04)
