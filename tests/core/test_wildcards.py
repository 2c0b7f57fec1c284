import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.wildcards import ValuePattern, is_in

TEXT = st.text(alphabet="ab* 1.", max_size=30)


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("tip of the day", "a tip of the day: rest", True),
        ("tip of the day", "Tip of the day", False),
        ("tip * day", "tip of the day", True),
        ("day * tip", "tip of the day", False),
        ("a.c", "abc", False),
        ("aa*aa", "aaa", False),
        ("aa*aa", "aaaa", True),
    ],
)
def test_a_star_stands_for_any_text_and_all_else_for_itself(pattern: str, line: str, found: bool) -> None:
    assert is_in(pattern, line) is found


@given(TEXT, TEXT)
def test_a_pattern_finds_what_its_regular_expression_finds(pattern: str, line: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))

    assert is_in(pattern, line) is (re.search(expression, line) is not None)


@given(st.text(max_size=200), st.text(max_size=2_000))
def test_any_pattern_on_any_line_returns(pattern: str, line: str) -> None:
    is_in(pattern, line)
    ValuePattern(pattern, pattern).value_in(line)


def test_a_pattern_made_to_backtrack_looks_at_each_piece_once() -> None:
    line = "a1" * 1_000_000

    assert not is_in("*a" * 90 + "*b", line)
    assert ValuePattern.parse("*a" * 90 + "{value}*b").value_in(line) is None


@pytest.mark.parametrize(
    ("pattern", "line", "value"),
    [
        ("p95: {value} ms", "p50: 3 ms p95: 12.5 ms", 12.5),
        ("p95: {value} s", "p95: 12.5 ms", None),
        ("fill * at {value}", "fill level at -7", -7.0),
        ("{value}% *covered", "12 of 40 are 30% well covered", 30.0),
        ("{value}% *covered", "30% of it", None),
        ("total*{value}", "total is 42", 42.0),
        ("x{value}", "nothing", None),
    ],
)
def test_the_number_of_a_metric_stands_where_its_pattern_says(pattern: str, line: str, value: float | None) -> None:
    assert ValuePattern.parse(pattern).value_in(line) == value
