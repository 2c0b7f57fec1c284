"""What a terminal's bytes say as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.terminal.shells import pieces_of

from tremaux_tools.core.terminal.plain import STRING_LIMIT, Plain, plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(b"one\r\ntwo\r\r\nthree\n", "one\ntwo\nthree\n", id="line ends"),
        pytest.param(b">>> ", ">>> ", id="a prompt ends in its space"),
        pytest.param(b"a\tb\r\n", "a\tb\n", id="tab"),
        pytest.param(b" 10%\r100%\n", "100%\n", id="written over"),
        pytest.param(b"downloading\rdone\n", "doneloading\n", id="a shorter text leaves the rest"),
        pytest.param(b"downloading\rdone\x1b[K\n", "done\n", id="the rest erased"),
        pytest.param(b"abc\b\bX\n", "aXc\n", id="backspace"),
        pytest.param(b"abc\b \b\n", "ab \n", id="a shell rubs out"),
        pytest.param(b"\b\bab\n", "ab\n", id="backspace at the edge"),
        pytest.param(b"\x1b[1G\x1b[0J> \x1b[3Gabc", "> abc", id="node's prompt"),
        pytest.param(b"ab\x1b[3Cc\x1b[4Dd", "abd  c", id="move right and left"),
        pytest.param(b"abc\x1b[2D\x1b[Pd", "ad", id="delete"),
        pytest.param(b"abc\x1b[2D\x1b[@d", "adbc", id="insert"),
        pytest.param(b"abcd\r\x1b[2Xe", "e cd", id="blank"),
        pytest.param(b"abcd\x1b[2D\x1b[1K", "   d", id="erase to the left"),
        pytest.param(b"abcd\x1b[2K\rx", "x", id="erase the line"),
        pytest.param(b"\x1b[31mred\x1b[0m \x1b(B\x1b[?25lx", "red x", id="what moves nothing"),
        pytest.param(b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\x1bktitle\x1b\\c", "abc", id="titles and links"),
        pytest.param(b"\x1b]0;for i in 1\ndo x\x07a", "a", id="a title of two lines"),
        pytest.param(b"\x1bPq#0;2~\x1b\\a\x1b_Gi=1\x1b\\b", "ab", id="images"),
        pytest.param(b"\x1b]0;never ended\x1b[1mbold", "bold", id="an escape ends a string"),
        pytest.param(b"\x1b[3\x1b[31ma\x1b", "a", id="sequences cut off"),
        pytest.param(b"\x1b[2;1Hone\x1b[3;3Htwo", "one\n  two", id="another row is another line"),
        pytest.param(b"1+1\r\n2\x1b[6G\x1b[1A\x1b[1B\x1b[2K\x1b[1A\r\n2", "1+1\n\n2", id="node's preview"),
        pytest.param(b"\x1b[H\x1b[2J\x1b[3Ja", "a", id="a cleared screen"),
        pytest.param("漢字\rx".encode(), "x 字", id="half of a wide character"),
        pytest.param("漢字\x1b[3Gx".encode(), "漢x ", id="columns of wide characters"),
        pytest.param("e\u0301\bx".encode(), "x", id="a combined character is one column"),
        pytest.param("👩\u200d💻 pass\u200dword\u200b\u202e".encode(), "👩\u200d💻 password", id="joined emoji"),
        pytest.param(b"a\xc3(\xff", "a\ufffd(\ufffd", id="not UTF-8"),
        pytest.param(b"a\xe2\x82", "a\ufffd", id="cut within a character"),
        pytest.param("a\x0cb\n\x85c\u2028d\n".encode(), "ab\nc\u2028d\n", id="only a line feed ends a line"),
        pytest.param(b"\x00a\x07\x0e\x7fb", "ab", id="other controls"),
    ],
)
def test_text_is_what_a_person_read(written: bytes, read: str) -> None:
    assert plain(written) == read


def test_a_line_that_wraps_stays_one_line() -> None:
    assert plain(b"abcdefgh\r\n", width=3) == "abcdefgh\n"
    assert plain("ab漢字\t漢x\n".encode(), width=3) == "ab漢字\t漢x\n"


def test_only_the_last_row_of_a_wrapped_line_is_written_over() -> None:
    assert plain(b"abcdefgh\rX", width=3) == "abcdefXh"


def test_a_prompt_behind_a_missing_line_end_begins_a_line_and_erases_no_output() -> None:
    written = b"abc\x1b[7m%\x1b[0m" + b" " * 19 + b"\r \r\x1b[J$ "  # zsh

    assert plain(written, width=20) == "abc%" + " " * 16 + "\n$ "


PLAIN = ["a", "ab cd", "\t", "\r", "\n", "\r\n", "\b", "\a", "漢", "é", "\u0301", "\u200d", "👩"]
BROKEN = ["\x1b", "[", "]", "\\", "0", ";", "m", "K", "\x18", "\x1b]0;"]
MOVES = [f"\x1b[{sequence}" for sequence in ("K", "2C", "2D", "5G", "1;4H", "A", "P", "@", "31m", "1K", "2X")]
PARTS = st.sampled_from([part.encode() for part in (*PLAIN, *BROKEN, *MOVES)] + [b"\xff", b"\xe2"])


@given(st.lists(PARTS, max_size=40).map(b"".join) | st.binary(max_size=60), st.lists(st.integers(0, 120)))
def test_a_stream_says_the_same_wherever_it_is_cut(stream: bytes, cuts: list[int]) -> None:
    whole, cut = Plain(width=7), Plain(width=7)
    whole.feed(stream)

    for piece in pieces_of(stream, [min(offset, len(stream)) for offset in cuts]):
        cut.feed(piece)

    assert (cut.text, cut.total) == (whole.text, whole.total)


@given(st.text(alphabet="ab \t\n漢é\u0301👩\u200d\u200b\ufe0f"))
def test_a_line_written_at_once_and_by_character_are_equal(text: str) -> None:
    by_character = Plain(width=5)

    for character in text:
        by_character.feed(character.encode())

    assert by_character.text == plain(text.encode())


@given(st.lists(st.sampled_from(["a", "bc\n", "d" * 30, "\n"]), max_size=30))
def test_the_newest_characters_are_kept_and_all_are_counted(parts: list[str]) -> None:
    text = "".join(parts)
    reader = Plain(limit=20, width=8)

    for part in parts:
        reader.feed(part.encode())

    assert (reader.text, reader.total) == (text[-20:], len(text))


def test_a_string_that_never_ends_swallows_no_more_than_its_limit() -> None:
    reader = Plain()

    reader.feed(b"before\x1b]0;" + b"x" * STRING_LIMIT)
    reader.feed(b" after")

    assert reader.text.endswith("x after")


def test_few_bytes_make_no_endless_text() -> None:
    assert len(plain(b"\x1b[999999999Cx\n" * 1_000)) <= 8 * 15_000
