"""What is volatile is hidden, what may be the bug is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.fingerprint.masks import mask


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        pytest.param("at 2026-11-22T00:10:12.77Z sharp", "at <time> sharp", id="time stamp"),
        pytest.param("_logs/2026-11-22T00_10_21_350Z-debug-0.log", "_logs/<time>-debug-0.log", id="npm's log name"),
        pytest.param("<object object at 0x7f3e21b3e690>", "<object object at <address>>", id="address"),
        pytest.param("id 123e4567-e89b-12d3-a456-426614174000", "id <uuid>", id="uuid"),
        pytest.param("commit 1f988db0 main", "commit <hex> main", id="git hash"),
        pytest.param("com.x.Cart@1b2c3d", "com.x.Cart@<address>", id="java object"),
        pytest.param("stale at 1795307129.156675", "stale at <id>", id="unix time"),
        pytest.param("connect 127.0.0.1:58547 failed", "connect 127.0.0.1:<port> failed", id="port"),
        pytest.param("pid 4711 and pid=12", "pid <n> and pid=<n>", id="labelled number"),
        pytest.param("took 1.25s (12 ms)", "took <duration> (<duration>)", id="durations"),
        pytest.param("src/a.c:12:5: bad", "src/a.c: bad", id="line and column"),
        pytest.param("Unexpected token (3:5)", "Unexpected token (<at>)", id="babel's place"),
        pytest.param("src/a.ts(12,5): error TS2322", "src/a.ts(<at>): error TS2322", id="tsc's place"),
        pytest.param("App.java:[12,5] error: bad", "App.java:(<at>) error: bad", id="maven's place"),
        pytest.param("e: a.kt: (12, 5): bad", "e: a.kt:(<at>): bad", id="kotlin's place"),
        pytest.param("/srv/ci/kepler-dfe734/src/a.py", "a.py", id="absolute path"),
        pytest.param("in '/home/dev/proj'", "in '<dir>'", id="absolute directory"),
        pytest.param("/tmp/tmpab12cd34", "<tmp>", id="temporary name"),
        pytest.param("C:\\Users\\x\\a.py", "a.py", id="path of windows"),
        pytest.param("got {'b', 'a'}", "got {'a', 'b'}", id="members of a set"),
        pytest.param("\u2018token\u2019", "'token'", id="quotes of a locale"),
    ],
)
def test_a_volatile_token_is_hidden(said: str, kept: str) -> None:
    assert mask(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "assert 41 == 42",
        "assert (1, 2) == (3, 4)",
        "+ where 1 = f(7, 9)",
        "got [3, 4]",
        "test_step[2]",
        "expected 1.2, but got 1.",
        "api/cart.py differs from web/cart.py",
        "should match '/x/foo/y'",
        "Coverage for lines (95.45%) does not meet threshold (99%)",
        "http://localhost/health answered 503",
        "defaced facade",
    ],
)
def test_what_may_be_the_bug_is_kept(said: str) -> None:
    assert mask(said) == said


@given(st.text(max_size=300))
def test_any_text_is_masked_to_one_line(text: str) -> None:
    assert "\n" not in mask(text)
