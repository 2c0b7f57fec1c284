import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.escalation import FIRST_DELAY, LONGEST_DELAY, backoff, model_at, rung_after
from tremaux_tools.core.tickets.ticket import DEFAULT_RETRIES

LADDER = ("haiku", "sonnet", "opus")


def test_retry_n_takes_the_nth_model_and_the_last_one_from_there_on() -> None:
    rung, models = 0, []
    for _ in range(5):
        models.append(model_at(LADDER, rung))
        rung = rung_after(rung, is_stalled=False, ladder_length=len(LADDER))

    assert models == ["haiku", "sonnet", "opus", "opus", "opus"]


def test_the_default_retries_reach_the_top_of_a_ladder_of_three() -> None:
    assert len(LADDER) - 1 <= DEFAULT_RETRIES


@pytest.mark.parametrize("rung", [0, 1, 2])
def test_a_stall_climbs_to_the_end_of_the_ladder(rung: int) -> None:
    assert rung_after(rung, is_stalled=True, ladder_length=3) == 2


@pytest.mark.parametrize("is_stalled", [False, True])
def test_without_a_ladder_the_worker_chooses_its_model(is_stalled: bool) -> None:
    assert rung_after(0, is_stalled=is_stalled, ladder_length=0) == 0
    assert model_at((), 0) is None


def test_a_ladder_that_became_shorter_gives_its_last_model() -> None:
    assert model_at(("only",), 4) == "only"


@given(st.integers(1, 100))
def test_each_retry_waits_at_least_as_long_as_the_one_before(retry: int) -> None:
    assert FIRST_DELAY <= backoff(retry) <= backoff(retry + 1) <= LONGEST_DELAY
