import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.escalation import FIRST_WAIT, MAX_WAIT, backoff, model_at, rung_after

LADDER = ("haiku", "sonnet", "opus")


def test_each_retry_uses_the_next_model_and_then_stays_at_the_last() -> None:
    rung, models = 0, []
    for _ in range(5):
        models.append(model_at(LADDER, rung))
        rung = rung_after(rung, is_stalled=False, ladder_length=len(LADDER))

    assert models == ["haiku", "sonnet", "opus", "opus", "opus"]


def test_a_stalled_ticket_goes_to_the_last_model_at_once() -> None:
    assert model_at(LADDER, rung_after(0, is_stalled=True, ladder_length=3)) == "opus"


@pytest.mark.parametrize("is_stalled", [True, False])
def test_without_a_ladder_there_is_no_model_to_name(is_stalled: bool) -> None:
    rung = rung_after(0, is_stalled=is_stalled, ladder_length=0)

    assert rung == 0
    assert model_at((), rung) is None


def test_a_ladder_that_became_shorter_still_has_a_last_model() -> None:
    assert model_at(("haiku",), 2) == "haiku"
    assert rung_after(7, is_stalled=False, ladder_length=1) == 0


@given(st.integers(1, 10_000))
def test_waiting_grows_up_to_its_bound(retry: int) -> None:
    assert FIRST_WAIT <= backoff(retry) <= backoff(retry + 1) <= MAX_WAIT


def test_the_first_waits_double() -> None:
    assert [backoff(retry) for retry in (1, 2, 3)] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
