"""The search for literals may report too many of them, never too few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.block import Block, Literals, likeness

WORDS = ("rror", "error: ", "Fatal error: ", "E  ", "(0x", "exit code 7", "✖ ", "✕ ", ") ", "\nE", "\n7 ")
PIECES = st.sampled_from((*WORDS, "\n", "a", "7", "é", "İ", "? ", " 12 ms", "\ud800"))
TEXTS = st.lists(PIECES, max_size=12).map("".join)
REMEMBERED = Literals(WORDS)
FOLDED = Literals([word.lower() for word in WORDS], folded=True)


@given(TEXTS)
def test_every_literal_of_a_block_is_present_in_it(text: str) -> None:
    present = REMEMBERED.present_in(Block(text).variety)

    assert {word for word in WORDS if word in f"\n{text}"} <= present


@given(TEXTS)
def test_every_literal_of_a_line_is_known_by_its_shape(text: str) -> None:
    block = Block(text)
    known = REMEMBERED.of(block.variety)

    for line, shape in zip(block.lines, block.shapes, strict=True):
        assert {word for word in WORDS if word in f"\n{line}"} <= set(known[shape])


@given(TEXTS)
def test_folded_literals_are_found_in_any_case(text: str) -> None:
    block = Block(text)
    known = FOLDED.of(block.variety)

    for line, shape in zip(block.lines, block.shapes, strict=True):
        assert {word.lower() for word in WORDS if word.lower() in f"\n{line.lower()}"} <= set(known[shape])


@pytest.mark.parametrize(
    ("text", "present"),
    [
        pytest.param("", set(), id="nothing"),
        pytest.param("request 7 took 12 ms\nrequest 8 took 13 ms", set(), id="ordinary lines"),
        pytest.param("an error", {"rror"}, id="a part and not the whole"),
        pytest.param("error: no", {"rror", "error: "}, id="a literal and its part"),
        pytest.param("E\n  x", {"\nE"}, id="a literal cut by the end of a line"),
        pytest.param("an E", set(), id="what stands at the beginning of lines, elsewhere"),
    ],
)
def test_a_literal_that_is_not_there_is_not_present(text: str, present: set[str]) -> None:
    assert Literals(WORDS).present_in(Block(text).variety) == present


def test_lines_that_differ_in_digits_alone_have_one_shape() -> None:
    assert Block("took 12 ms\ntook 34 ms\ntook 56 ms").variety == {b"took 00 ms"}


def test_lines_are_alike_unless_one_has_a_zero_where_the_other_has_none() -> None:
    assert likeness("12 failed") == likeness("93 failed") != likeness("10 failed")


def test_what_is_remembered_is_bounded_and_what_was_forgotten_is_told_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tremaux_tools.core.block._MAX_KNOWN", 1000)
    literals = Literals(["rror"])
    first = Block("an error")
    known = literals.of(first.variety)
    for number in range(200):
        literals.of(Block("x" * number).variety)

    assert known[first.shapes[0]] == ("rror",)  # whoever still reads it, in another thread, can go on
    assert len(literals.of(first.variety)) < 20
    assert literals.of(first.variety)[first.shapes[0]] == ("rror",)
