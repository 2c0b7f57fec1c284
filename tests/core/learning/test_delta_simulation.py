"""Tremaux's judge and guard in workloads in which the effect of each delta is known."""

from functools import cache
from pathlib import Path

import pytest
from tests.simulation import drift
from tests.simulation.deltas import SEEDS, SHIFTS, Course, apply_all, cases, kept, loss, row, try_and_guard
from tests.simulation.durations import rolled_back

DOCS = Path(__file__).parents[3] / "docs"


@cache
def courses(shift: str) -> tuple[list[Course], list[Course]]:
    """Of all deltas when they are applied and never checked, and as Tremaux deals with them."""
    world = cases(SEEDS[0], SHIFTS[shift])
    return [apply_all(case) for case in world], [try_and_guard(case) for case in world]


@pytest.fixture(params=list(SHIFTS))
def both(request: pytest.FixtureRequest) -> tuple[list[Course], list[Course]]:
    return courses(request.param)


def test_few_harmful_deltas_are_kept(both: tuple[list[Course], list[Course]]) -> None:
    unchecked, ours = both

    assert kept(ours, -1) <= 0.12
    assert kept(unchecked, -1) == 1


def test_most_good_deltas_are_kept(both: tuple[list[Course], list[Course]]) -> None:
    _, ours = both

    assert kept(ours, 1) >= 0.87


def test_less_than_a_point_a_task_is_lost(both: tuple[list[Course], list[Course]]) -> None:
    unchecked, ours = both

    assert loss(ours) <= 0.95
    assert 3.5 < loss(unchecked) < 4.5


def test_the_guard_takes_back_harmful_deltas_rather_than_good_ones(both: tuple[list[Course], list[Course]]) -> None:
    _, ours = both
    bad, good = (
        sum(course.was_kept and not course.is_kept for course in ours if sign * course.effect > 0)
        / sum(course.was_kept for course in ours if sign * course.effect > 0)
        for sign in (-1, 1)
    )

    assert bad > 3 * good


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_docs_show_what_the_simulation_finds(shift: str) -> None:
    guide = (DOCS / "learning.md").read_text(encoding="utf-8")
    unchecked, ours = courses(shift)

    assert row("apply, never check (the first version)", unchecked) in guide
    assert row("**Tremaux**", ours) in guide


def test_a_delta_that_changes_no_duration_is_seldom_called_slower() -> None:
    assert rolled_back(1.0, trials=250) <= 0.15


def test_a_slowdown_by_a_fifth_is_mostly_found() -> None:
    assert rolled_back(1.2, trials=250) >= 0.65


def test_a_pool_that_does_as_well_is_seldom_called_slower_on_a_machine_that_is_not_always_as_fast() -> None:
    assert drift.rolled_back(1.0, trials=250) <= 0.10
    assert drift.rolled_back(1.2, trials=250) >= 0.95
