import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.shares import Interval, shared_seconds

MOMENTS = st.integers(0, 20).map(float)
RUNS = st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda ends: (min(ends), max(ends))), min_size=1, max_size=8)


@given(RUNS)
def test_the_shares_of_all_runs_add_up_to_the_time_in_which_any_ran(runs: list[Interval]) -> None:
    shares = [shared_seconds(own, [*runs[:at], *runs[at + 1 :]]) for at, own in enumerate(runs)]

    busy = sum(any(first <= second and second + 1 <= last for first, last in runs) for second in range(20))
    assert sum(shares) == pytest.approx(busy)


@given(RUNS)
def test_no_share_is_longer_than_the_run_nor_shorter_than_if_all_ran_all_the_time(runs: list[Interval]) -> None:
    own, *others = runs

    took = own[1] - own[0]
    assert took / len(runs) - 1e-9 <= shared_seconds(own, others) <= took + 1e-9


def test_four_workers_that_each_take_twice_as_long_get_twice_as_much_done_as_one() -> None:
    alone = shared_seconds((0.0, 10.0), [])

    assert shared_seconds((0.0, 20.0), [(0.0, 20.0)] * 3) == alone / 2
