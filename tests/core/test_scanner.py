import pytest

from tremaux_tools.core.masks import TARGET
from tremaux_tools.core.observation import _FAILING, is_wait


@pytest.mark.parametrize(
    "line",
    [
        *("an Error", "FAILED", "it cannot", "could not", "Timed out", "time-out", "deadline Timeout", "too many open"),
        *("SIGNAL 9", "is not here", "you must", "✖ x", "deprecated", "Segfault", "<gutter> | x", "a<position>"),
    ],
)
def test_a_word_of_failure_is_found_in_any_case(line: str) -> None:
    assert _FAILING.is_in(line)


@pytest.mark.parametrize(
    ("line", "found"),
    [("p99 > 20 ms", True), ("Required: 3", True), ("too slow", True), ("went well", False), ("forgotten", False)],
)
def test_a_target_is_found_only_as_a_word(line: str, found: bool) -> None:
    assert TARGET.is_in(line) is found


def test_a_mark_alone_is_no_match() -> None:
    assert is_wait("waiting for a pod")
    assert not is_wait("the waiter is here")
