import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.tickets.blocked import BLOCKED, MAX_REASON, NO_REASON, blocked_reason


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        pytest.param("BLOCKED: no API key", "no API key", id="colon"),
        pytest.param("BLOCKED:no API key", "no API key", id="colon without space"),
        pytest.param("BLOCKED - no API key", "no API key", id="dash"),
        pytest.param("BLOCKED — no API key", "no API key", id="long dash"),
        pytest.param("BLOCKED. I have no API key.", "I have no API key.", id="full stop"),
        pytest.param("BLOCKED\nno API key\n", "no API key", id="line of its own"),
        pytest.param("\n  BLOCKED \t\r\n no API key", "no API key", id="white space"),
        pytest.param("**BLOCKED**: no API key", "no API key", id="emphasis"),
        pytest.param("**BLOCKED:** no API key", "no API key", id="emphasis with the colon"),
        pytest.param("__BLOCKED__ - no API key", "no API key", id="emphasis by underscores"),
        pytest.param("## BLOCKED\n\nno API key", "no API key", id="heading"),
        pytest.param("`BLOCKED`: no API key", "no API key", id="code"),
        pytest.param("BLOCKED", NO_REASON, id="nothing more"),
        pytest.param("**BLOCKED:**", NO_REASON, id="emphasis only"),
        pytest.param("BLOCKED:\n\n  \n", NO_REASON, id="an empty reason"),
    ],
)
def test_a_result_that_begins_with_the_word_blocks_with_its_reason(result: str, reason: str) -> None:
    assert blocked_reason(result) == reason


@pytest.mark.parametrize(
    "result",
    [
        "I was not BLOCKED by anything.",
        "Done. BLOCKED: no",
        "Done.\nBLOCKED: the old ticket, which I closed",
        "Unblocked the queue",
        "UNBLOCKED: all",
        "blocked: no",
        "Blocked: no",
        "BLOCKED_USERS table created",
        "_BLOCKED_USERS_ table created",
        "BLOCKED-BY: links are shown now",
        "BLOCKED.md was written",
        "BLOCKED users can no longer log in",
        "BLOCKEDNESS: done",
        "> BLOCKED: what the ticket before this one said",
        "",
    ],
)
def test_a_result_that_only_mentions_the_word_does_not_block(result: str) -> None:
    assert blocked_reason(result) is None


@given(st.text().filter(lambda text: BLOCKED not in text))
def test_a_text_before_the_word_keeps_it_from_blocking(before: str) -> None:
    result = f"{before}x {BLOCKED}: reason"

    assert blocked_reason(result) is None


@given(st.text(max_size=3 * MAX_REASON))
def test_a_reason_is_never_empty_and_never_long(reason: str) -> None:
    told = blocked_reason(f"{BLOCKED}: {reason}")

    assert told is not None
    assert 0 < len(told) <= MAX_REASON
