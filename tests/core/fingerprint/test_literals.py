"""The search for literals may report too many of them, never too few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.fingerprint.literals import Literals, shapes_of

WORDS = ("rror", "error: ", "Fatal error: ", "E  ", "(0x", "exit code 7", "✖ ", "✕ ", ") ")


@given(st.lists(st.sampled_from((*WORDS, "\n", "a", "7", "é", "? ", " 12 ms")), max_size=12).map("".join))
def test_every_literal_of_a_block_is_present_in_its_shapes(block: str) -> None:
    present = Literals(WORDS).present_in(shapes_of(block))

    assert {word for word in WORDS if word in block} <= set(present)


@pytest.mark.parametrize(
    ("block", "present"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("request 7 took 12 ms\nrequest 8 took 13 ms", [], id="ordinary lines"),
        pytest.param("an error", ["rror"], id="a part and not the whole"),
        pytest.param("error: no", ["rror", "error: "], id="a literal and its part"),
        pytest.param("E\n  x", [], id="a literal cut by the end of a line"),
    ],
)
def test_a_literal_that_is_not_there_is_not_present(block: str, present: list[str]) -> None:
    assert Literals(WORDS).present_in(shapes_of(block)) == present


def test_lines_that_differ_in_digits_alone_have_one_shape() -> None:
    assert shapes_of("took 12 ms\ntook 34 ms\ntook 56 ms") == b"took 00 ms"
