"""What the program in a terminal has switched on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.terminal.shells import pieces_of

from tremaux_tools.core.terminal.modes import Modes


def after(*pieces: bytes) -> tuple[bool, bool]:
    modes = Modes()
    for piece in pieces:
        modes.feed(piece)
    return modes.bracketed_paste, modes.alternate


@pytest.mark.parametrize(
    ("written", "bracketed", "alternate"),
    [
        pytest.param(b"", False, False, id="nothing"),
        pytest.param(b"\x1b[?2004h$ ", True, False, id="a prompt"),
        pytest.param(b"\x1b[?2004h$ \x1b[?2004l", False, False, id="a command began"),
        pytest.param(b"\x1b[?1;2004h", True, False, id="among others"),
        pytest.param(b"\x1b[?1049h", False, True, id="full screen"),
        pytest.param(b"\x1b[?47h\x1b[?1047l", False, False, id="full screen left another way"),
        pytest.param(b"\x1b[?2004;1049h\x1bc", False, False, id="reset"),
        pytest.param(b"\x1b[2004h\x1b[?20049h[?2004h", False, False, id="look-alikes"),
    ],
)
def test_modes_are_as_last_switched(written: bytes, bracketed: bool, alternate: bool) -> None:
    assert after(written) == (bracketed, alternate)


PARTS = [b"\x1b", b"[", b"?", b"2004", b"1049", b";", b"h", b"l", b"c", b"x", b"\x1b[?2004h", b"\x1b[?1;1049l"]


@given(st.lists(st.sampled_from(PARTS), max_size=20).map(b"".join), st.lists(st.integers(0, 60)))
def test_a_stream_switches_the_same_wherever_it_is_cut(stream: bytes, cuts: list[int]) -> None:
    assert after(*pieces_of(stream, [min(cut, len(stream)) for cut in cuts])) == after(stream)
