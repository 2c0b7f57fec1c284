from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.coordination import (
    RECENT,
    Coordination,
    EndedRun,
    Load,
    Room,
    Rules,
    Seen,
    advanced,
    room,
)

ADAPTIVE = Rules("adaptive", 8, 0.0)
FALLING = Rules("fixed", 8, 0.5)
NEW = Coordination()
BUSY = Load(97.0, 40.0, 8, at=10.0)
IDLE = Load(20.0, 40.0, 2, at=10.0)


def ended(passed: int, failed: int = 0, *, workers: int = 8, claimed_at: float = 13.0) -> list[EndedRun]:
    return [EndedRun(at < passed, claimed_at, workers) for at in range(passed + failed)]


def after(
    known: Coordination, rules: Rules, recent: list[EndedRun], load: Load | None = None, *, now: float = 15.0
) -> Coordination:
    return advanced(known, rules, Seen(2, load, recent), now=now)


def widths(known: Coordination, recent: list[EndedRun], *loads: Load) -> list[int]:
    """How many workers may run after each look at the machine."""
    found = []
    for load in loads:
        known = after(known, ADAPTIVE, recent, load, now=load.at + 1)
        found.append(room(ADAPTIVE, known).workers)
    return found


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(Rules("fixed", 8, 0.0), Room(8, "fixed"), id="fixed is as many as are set"),
        pytest.param(Rules("sequential", 8, 0.0), Room(1, "sequential"), id="sequential is one"),
        pytest.param(ADAPTIVE, Room(8, "adaptive"), id="adaptive begins with as many as are set"),
    ],
)
def test_a_strategy_gives_room_as_its_name_says(rules: Rules, expected: Room) -> None:
    assert room(rules, after(NEW, rules, [])) == expected


def test_a_saturated_machine_halves_the_workers_down_to_its_cores() -> None:
    looks = [replace(BUSY, at=at, workers=workers) for at, workers in ((10.0, 8), (40.0, 4), (70.0, 2))]

    assert widths(NEW, [], *looks) == [4, 2, 2]


def test_one_look_at_the_machine_counts_once() -> None:
    once = after(NEW, ADAPTIVE, [], BUSY, now=11.0)

    assert once.width == 4
    assert after(once, ADAPTIVE, [], BUSY, now=12.0) == once


def test_a_step_that_was_made_before_the_clock_was_set_back_holds_up_none() -> None:
    later = Coordination(width=8, stepped_at=1e6)

    assert after(later, ADAPTIVE, [], BUSY, now=11.0) == after(NEW, ADAPTIVE, [], BUSY, now=11.0)


def test_a_machine_on_which_more_still_run_than_may_is_not_blamed_on_those_that_may() -> None:
    narrow = after(NEW, ADAPTIVE, [], BUSY, now=11.0)

    assert after(narrow, ADAPTIVE, [], replace(BUSY, at=40.0), now=41.0) == narrow


def test_a_full_memory_narrows_the_pool_below_the_cores() -> None:
    full = Load(10.0, 95.0, 2, at=10.0)

    known = after(replace(NEW, width=2), ADAPTIVE, [], full)

    assert room(ADAPTIVE, known) == Room(1, "adaptive", "95 % of the memory in use with 2 workers")


@pytest.mark.parametrize(
    ("recent", "load", "width"),
    [
        pytest.param(ended(10, workers=4), IDLE, 5, id="slack, and a full pool passes"),
        pytest.param(ended(10, workers=4), None, 4, id="nobody looked at the machine"),
        pytest.param(ended(4, 6, workers=4), None, 2, id="nobody looked at the machine, and most fail"),
        pytest.param(ended(10, workers=4), replace(BUSY, workers=2), 4, id="no slack"),
        pytest.param(ended(10, workers=3), IDLE, 4, id="the pool was never full"),
        pytest.param(ended(10, workers=4, claimed_at=1.0), IDLE, 4, id="they began before the last step"),
        pytest.param(ended(10, workers=4, claimed_at=99.0), IDLE, 4, id="they began before the clock was set back"),
        pytest.param(ended(6, 4, workers=4), IDLE, 4, id="some fail"),
        pytest.param(ended(4, 6, workers=4), IDLE, 2, id="most fail"),
        pytest.param(ended(1, 3, workers=4), IDLE, 4, id="too few to judge"),
    ],
)
def test_a_round_of_the_pool_moves_its_width(recent: list[EndedRun], load: Load | None, width: int) -> None:
    known = Coordination(width=4, stepped_at=12.0)

    assert after(known, ADAPTIVE, recent, load).width == width


def test_the_pool_never_grows_beyond_what_is_set() -> None:
    known = after(Coordination(width=9, stepped_at=1.0), ADAPTIVE, ended(10))

    assert room(ADAPTIVE, known).workers == 8


def test_too_few_passes_make_workers_run_one_at_a_time_whatever_the_strategy() -> None:
    known = after(NEW, FALLING, ended(4, 6))

    why = "4 of the newest 10 runs passed, fewer than the 50% that coordination.fallback_strategy_threshold asks for"
    assert room(FALLING, known) == Room(1, "sequential", why, has_fallen_back=True)


def test_a_share_at_the_threshold_does_not_make_it_fall_back_nor_does_it_bring_it_forth_again() -> None:
    fallen = after(NEW, FALLING, ended(4, 6))

    assert not after(NEW, FALLING, ended(5, 5)).has_fallen_back
    assert after(fallen, FALLING, ended(5, 5)).has_fallen_back
    assert not after(fallen, FALLING, ended(6, 4)).has_fallen_back


def test_a_threshold_of_all_runs_is_met_again_once_all_pass() -> None:
    strict = Rules("fixed", 8, 1.0)
    fallen = after(NEW, strict, ended(9, 1))

    assert fallen.has_fallen_back
    assert not after(fallen, strict, ended(10)).has_fallen_back


def test_four_runs_are_too_few_to_fall_back() -> None:
    assert not after(NEW, FALLING, ended(0, 4)).has_fallen_back


def test_nothing_is_left_of_a_fallback_that_nobody_asks_for_any_more() -> None:
    fallen = after(NEW, FALLING, ended(0, 10))

    assert room(replace(FALLING, fallback_threshold=0.0), fallen) == Room(8, "fixed")


@given(
    st.integers(1, 16),
    st.sampled_from(["fixed", "adaptive", "sequential"]),
    st.floats(0, 1),
    st.lists(
        st.tuples(
            st.floats(0, 100),
            st.floats(0, 100),
            st.integers(0, 20),
            st.lists(st.builds(EndedRun, st.booleans(), st.just(1e9), st.integers(1, 20)), max_size=RECENT),
        )
    ),
)
def test_there_is_always_room_for_one_worker_and_never_for_more_than_are_set(
    max_workers: int, strategy: str, threshold: float, looks: list[tuple[float, float, int, list[EndedRun]]]
) -> None:
    rules, known = Rules(strategy, max_workers, threshold), NEW  # type: ignore[arg-type]
    for at, (cpu, memory, workers, runs) in enumerate(looks, 1):
        recent = [replace(run, claimed_at=float(at)) for run in runs]
        known = advanced(known, rules, Seen(2, Load(cpu, memory, workers, at), recent), now=float(at))

        assert 1 <= room(rules, known).workers <= max_workers
