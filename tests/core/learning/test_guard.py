from random import Random
from statistics import fmean

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremaux_tools.core.learning.guard import DROP, guarded, is_alarm, rate_to_guard
from tremaux_tools.core.learning.trial import Arm

rates = st.floats(0, 1)


def tasks_until_alarm(rate: float, true_rate: float, random: Random) -> int:
    total, tasks = 0.0, 0
    while not is_alarm(total):
        total = guarded(total, rate, passed=random.random() < true_rate)
        tasks += 1
    return tasks


def test_a_false_alarm_is_rare() -> None:
    random = Random(1)

    assert 900 < fmean(tasks_until_alarm(0.8, 0.8, random) for _ in range(200)) < 1_700


@pytest.mark.parametrize(("drop", "tasks"), [(DROP, 54), (0.25, 28)])
def test_a_drop_is_found_soon(drop: float, tasks: int) -> None:
    random = Random(1)

    assert fmean(tasks_until_alarm(0.8, 0.8 - drop, random) for _ in range(400)) == pytest.approx(tasks, rel=0.25)


@given(rates, st.floats(0, 10))
@example(1.0, 0.0)
@example(0.0, 0.0)
@example(0.05, 4.0)
def test_a_failure_raises_the_sum_and_a_pass_lowers_it(rate: float, total: float) -> None:
    assert guarded(total, rate, passed=False) > total
    assert 0 <= guarded(total, rate, passed=True) <= total
    assert guarded(total, rate, passed=True) < total or total == 0


@pytest.mark.parametrize("rate", [1.0, 0.98, 0.8, 0.5])
def test_one_failure_is_no_alarm(rate: float) -> None:
    assert not is_alarm(guarded(0.0, rate, passed=False))


@pytest.mark.parametrize("rate", [1.0, 0.5, 0.05])
def test_where_all_fail_an_alarm_comes(rate: float) -> None:
    total = 0.0
    for _ in range(200):
        total = guarded(total, rate, passed=False)

    assert is_alarm(total)


def test_the_rate_that_is_guarded_is_that_with_the_old_value() -> None:
    assert rate_to_guard(Arm(6, 4), Arm(20, 10)) == pytest.approx((1 + 6 + 10) / (2 + 10 + 15))
    assert rate_to_guard(Arm(0, 0), Arm(0, 0)) == 0.5
