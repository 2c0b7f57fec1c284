import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremaux_tools.core.uplift import is_withheld, uplift_of

rates = st.integers(1, 400).flatmap(lambda tasks: st.tuples(st.integers(0, tasks), st.just(tasks)))


def bounds(shown: tuple[int, int], withheld: tuple[int, int]) -> tuple[float, float, float]:
    found = uplift_of(shown=shown[1], shown_passed=shown[0], withheld=withheld[1], withheld_passed=withheld[0])
    assert found.low is not None
    assert found.effect is not None
    assert found.high is not None
    return found.low, found.effect, found.high


def test_the_interval_is_newcombes() -> None:
    # The counts of his first example; Wilson's equation solved by bisection at z = 1.28, and joined by hand.
    low, effect, high = bounds((56, 70), (48, 80))

    assert effect == pytest.approx(0.2)
    assert low == pytest.approx(0.104424, abs=1e-6)
    assert high == pytest.approx(0.289562, abs=1e-6)


@pytest.mark.parametrize(("shown", "withheld"), [(0, 9), (9, 0), (0, 0)])
def test_there_is_no_effect_where_one_side_has_no_task(shown: int, withheld: int) -> None:
    found = uplift_of(shown=shown, shown_passed=0, withheld=withheld, withheld_passed=0)

    assert (found.effect, found.low, found.high) == (None, None, None)
    assert (found.shown, found.withheld) == (shown, withheld)


@given(rates, rates)
@example((3, 3), (0, 3))
@example((0, 3), (3, 3))
def test_the_effect_is_in_its_interval(shown: tuple[int, int], withheld: tuple[int, int]) -> None:
    low, effect, high = bounds(shown, withheld)

    assert -1 <= low <= effect + 1e-12
    assert effect - 1e-12 <= high <= 1


@given(rates, rates)
def test_swapping_the_sides_turns_the_effect_round(shown: tuple[int, int], withheld: tuple[int, int]) -> None:
    low, effect, high = bounds(shown, withheld)

    assert bounds(withheld, shown) == pytest.approx((-high, -effect, -low))


@given(rates)
def test_more_tasks_of_the_same_rates_narrow_the_interval(rate: tuple[int, int]) -> None:
    few = bounds(rate, rate)
    many = bounds((10 * rate[0], 10 * rate[1]), (10 * rate[0], 10 * rate[1]))

    assert many[2] - many[0] < few[2] - few[0]


@given(st.text(), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_subject_held_back_at_one_share_is_held_back_at_any_larger(subject: str, one: float, other: float) -> None:
    smaller, larger = sorted((one, other))

    assert is_withheld(subject, smaller) <= is_withheld(subject, larger)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5])
def test_a_share_of_the_subjects_is_held_back(share: float) -> None:
    withheld = sum(is_withheld(f"job-{number}", share) for number in range(20_000))

    assert withheld == pytest.approx(20_000 * share, rel=0.05, abs=10)


def test_nothing_is_held_back_at_a_share_of_nothing() -> None:
    assert not any(is_withheld(f"job-{number}", 0.0) for number in range(1_000))


@pytest.mark.parametrize("share", [-0.1, 0.51, float("nan")])
def test_a_share_above_a_half_or_below_nothing_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share must be in"):
        is_withheld("job-1", share)
