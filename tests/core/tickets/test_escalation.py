import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.checks import MAX_TIMEOUT
from tremaux_tools.core.tickets.escalation import LONGEST_DELAY, backoff, model_at, rung_after, timeout_after
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


@given(st.integers(1, 100), st.floats(0, LONGEST_DELAY))
def test_each_retry_waits_at_least_as_long_as_the_one_before(retry: int, first: float) -> None:
    assert first <= backoff(retry, first) <= backoff(retry + 1, first) <= LONGEST_DELAY


@given(st.floats(1, MAX_TIMEOUT), st.integers(0, 20), st.floats(1, 8))
def test_a_run_never_gets_less_time_than_its_ticket_says_nor_more_than_any_may(
    timeout: float, timeouts: int, factor: float
) -> None:
    assert timeout <= timeout_after(timeout, timeouts, factor=factor) <= MAX_TIMEOUT


def test_each_run_that_was_ended_by_the_clock_gives_the_next_one_more_time() -> None:
    assert [timeout_after(10.0, timeouts, factor=2.0) for timeouts in range(3)] == [10.0, 20.0, 40.0]
