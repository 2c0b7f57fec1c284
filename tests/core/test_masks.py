import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.masks import _NEEDS, _PATTERNS, MAX_LINE_CHARS, masker


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("1 failed in 0.05s", "1 failed in 1.20s", id="duration"),
        pytest.param("/tmp/proj-x1/a.c:5: boom", "/tmp/proj-y2/a.c:9: boom", id="temporary directory and line"),
        pytest.param("==123==ABORTING", "==4567==ABORTING", id="sanitizer pid"),
        pytest.param("held by process 17", "held by process 95", id="labelled pid"),
        pytest.param("/run/app.1234.lock exists", "/run/app.1299.lock exists", id="pid in a lock's name"),
        pytest.param("attempt 3 refused", "attempt 4 refused", id="attempt counter"),
        pytest.param("2026-11-21 10:11:12,345 boom", "2026-11-22 01:02:03,004 boom", id="time stamp"),
        pytest.param("at 0x7f3a", "at 0xdeadbeef", id="address"),
        pytest.param("127.0.0.1:5000 closed", "127.0.0.1:61234 closed", id="port"),
        pytest.param("no response after 5 s", "no response after 20 s", id="raised time-out"),
        pytest.param("building 20%", "building 24%", id="progress bar"),
        pytest.param("5 | return x;", "17 | return x;", id="code gutter"),
        pytest.param('File "a.py", line 5, in f', 'File "a.py", line 6, in f', id="traceback line"),
        pytest.param("===== FAILURES =====", "========= FAILURES =========", id="terminal width"),
    ],
)
def test_what_only_differs_between_runs_is_masked(one: str, other: str) -> None:
    mask = masker()

    assert mask(one).text == mask(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("assert 41 == 42", "assert 40 == 42", id="value under test"),
        pytest.param("12 failed", "10 failed", id="count"),
        pytest.param("coverage 61%", "coverage 68%", id="coverage"),
        pytest.param("p99 120 ms exceeds SLO 90 ms", "p99 110 ms exceeds SLO 90 ms", id="measured latency"),
        pytest.param("test_step[1] failed", "test_step[2] failed", id="test parameter"),
        pytest.param("pkga/test_init.py:2: KeyError", "pkgb/test_init.py:2: KeyError", id="directory"),
        pytest.param("expect(x).toBe(10)", "expect(x).toBe(11)", id="argument of a call"),
    ],
)
def test_what_tells_failures_apart_is_kept(one: str, other: str) -> None:
    mask = masker()

    assert mask(one).text != mask(other).text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("12 failed", "10 failed", True, id="a free number goes"),
        pytest.param("test_step[1] failed", "test_step[2] failed", False, id="a parameter stays"),
        pytest.param("mod1.py failed", "mod2.py failed", False, id="a name with a digit stays"),
        pytest.param("GET /users/17 failed", "GET /users/18 failed", False, id="a path stays"),
    ],
)
def test_the_shape_masks_free_numbers_only(one: str, other: str, same: bool) -> None:
    mask = masker()

    assert (mask(one).shape == mask(other).shape) is same


def test_a_number_the_action_names_is_an_echo() -> None:
    assert masker("set the pool to 40")("pool of 40 is full").text == "pool of <arg> is full"


def test_a_long_line_keeps_its_head_and_its_tail() -> None:
    text = masker()("head " + "x" * 100_000 + " tail").text

    assert text.startswith("head ")
    assert text.endswith(" tail")
    assert len(text) <= MAX_LINE_CHARS + 3


def test_what_was_masked_can_be_shown() -> None:
    assert masker()("died at 0x7f").masks == (("0x7f", "<address>"),)


PIECES = (
    *(
        "worker[12]:",
        "==7==",
        "[1234]",
        "(node:5)",
        "77 Killed",
        "thread 'a' (9)",
        "test_x[1]",
        "[ 3/9]",
        "[=== ]",
        "⠙",
    ),
    *(
        "12345678-1234-1234-1234-123456789abc",
        "2026-11-21T10:11:12Z",
        "1:02:03",
        "Sat Nov 21 2026",
        "May  3",
        "0x7f",
        "id='1234567",
    ),
    *("127.0.0.1:5000", "localhost:80", " :8080", "port 99", "[::1]:42", "/tmp/a", "pytest-3", "/var/folders/a/b/T/c"),
    *(
        "\\Temp\\q",
        "/home/bob",
        "a.c:3:4",
        "node:fs:12",
        "Test.x(3,4)",
        "x.cs(3): ",
        "Makefile:3",
        ", line 4",
        "line 4: ",
    ),
    *(
        "12 | x",
        "3:4 e",
        "(1:2)",
        "pid 12",
        "run #4",
        "REQUEST_id=a1",
        "attempt 3 of 5",
        "a.1234.lock",
        "x.4567",
        "/proc/12",
    ),
    *(
        "deadbeef1",
        "1234567890",
        "timeout of 5s",
        "max retries 3",
        "heap limit: 4 GB",
        "45 %",
        "1.5s",
        "2m 3s",
        "3 hours",
        "5 ms",
    ),
    *("duration_ms: 4", "7 minutes", "8 µs", " ", ".", ":", "a", "1"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(max_size=30))
def test_a_mask_is_tried_wherever_it_matches(line: str) -> None:
    tried = {name for name, may_match in _NEEDS if may_match(line)}

    assert {name for name, pattern in _PATTERNS.items() if pattern.search(line)} <= tried
