"""Lines come out whole however the text was cut, and never too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.fingerprint.lines import MAX_LINE, LineCutter, shorten


@given(st.text(alphabet="ab\n"), st.integers(1, 5))
def test_the_lines_do_not_depend_on_the_chunks(text: str, size: int) -> None:
    cutter = LineCutter()
    blocks = [block for start in range(0, len(text), size) for block in cutter.feed(text[start : start + size])]
    blocks.append(cutter.finish())

    assert "\n".join(blocks).split("\n") == text.split("\n")


@pytest.mark.parametrize("size", [1, 700, MAX_LINE, 5 * MAX_LINE])
def test_a_line_that_is_too_long_keeps_its_head_and_tail(size: int) -> None:
    line = "head" + "x" * (3 * MAX_LINE) + "tail"
    cutter = LineCutter()
    for start in range(0, len(line), size):
        assert list(cutter.feed(line[start : start + size])) == []

    rest = cutter.finish()

    assert rest == shorten(line)
    assert len(rest) == MAX_LINE
    assert rest.startswith("head")
    assert rest.endswith("tail")


@given(st.integers(0, 3 * MAX_LINE), st.integers(0, 3 * MAX_LINE))
def test_a_long_line_may_be_shortened_in_pieces(first: int, second: int) -> None:
    head, tail = "a" * first, "b" * second

    assert shorten(shorten(head) + tail) == shorten(head + tail)
