"""What a person would have read on the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.cleaning import is_command_echo, strip_collector_prefix, strip_controls


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b]0;title\x07text", "text", id="window title"),
        pytest.param("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link", id="hyperlink"),
        pytest.param(" 10%\r 50%\r100%", "100%", id="progress written over"),
        pytest.param("one\r\ntwo\r\n", "one\ntwo\n", id="line ends of windows"),
        pytest.param("one\r\r\ntwo", "one\ntwo", id="doubled carriage return"),
        pytest.param("done\r", "done", id="carriage return at the end"),
        pytest.param("a\tb\n", "a\tb\n", id="tabs and line ends stay"),
        pytest.param("ab\u202edc\u200b", "abdc", id="bidi and zero width"),
    ],
)
def test_only_what_was_visible_is_left(written: str, read: str) -> None:
    assert strip_controls(written) == read


@given(st.text(alphabet="ab\r\n\x1b[]0;m\x07\x9b\x00\\"))
def test_stripping_twice_changes_nothing(text: str) -> None:
    once = strip_controls(text)

    assert strip_controls(once) == once


@pytest.mark.parametrize(
    ("line", "own"),
    [
        pytest.param("2026-12-04T00:10:12.7789513Z FAIL: x", "FAIL: x", id="github"),
        pytest.param("[2026-11-22T00:10:21.350Z] make: *** [x]", "make: *** [x]", id="jenkins"),
        pytest.param("2026-11-22 00:10:21,350 ERROR x", "ERROR x", id="python logging"),
        pytest.param("2026-12-04T00:10:12Z", "", id="an empty line"),
        pytest.param("2026-12-04 is the day", "2026-12-04 is the day", id="a date is not a time stamp"),
        pytest.param("12:30:01 noon", "12:30:01 noon", id="a time of day may be data"),
    ],
)
def test_a_collectors_time_stamp_goes_and_the_line_stays(line: str, own: str) -> None:
    assert strip_collector_prefix(line) == own


@pytest.mark.parametrize(
    ("line", "echo"),
    [
        pytest.param("$ npm test", True, id="session"),
        pytest.param("+ python -m pytest", True, id="bash -x"),
        pytest.param("> cart@1.0.0 test", True, id="npm"),
        pytest.param("exit:1", True, id="trailer"),
        pytest.param("[exit status 137 after 4.70s]", True, id="trailer with a time"),
        pytest.param("cwd: /srv/x", True, id="preamble"),
        pytest.param("# tests 4", False, id="a summary of TAP"),
        pytest.param("exit status unknown", False, id="prose"),
    ],
)
def test_an_echo_is_told_from_output(line: str, echo: bool) -> None:
    assert is_command_echo(line) is echo
