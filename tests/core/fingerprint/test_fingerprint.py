"""The same bug has the same name, another bug another one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.fingerprint import Failure, Fingerprinter, explain_failure, fingerprint_of

PYTEST = """\
============================= test session starts ==============================
platform linux -- Python 3.11.7, pytest-9.2.0, pluggy-1.7.0
rootdir: /srv/ci/kepler-dfe734/checkout
collected 3 items

tests/test_cart.py .FF                                                   [100%]

=================================== FAILURES ===================================
__________________________________ test_total __________________________________

    def test_total():
>       assert total([41]) == 42
E       assert 41 == 42
E        +  where 41 = total([41])

tests/test_cart.py:12: AssertionError
__________________________________ test_tax ____________________________________

    def test_tax():
>       assert tax({}) == 0

tests/test_cart.py:16:
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _

    def tax(order):
>       return order["rate"]
E       KeyError: 'rate'

cart/tax.py:7: KeyError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 41 == 42
FAILED tests/test_cart.py::test_tax - KeyError: 'rate'
========================= 2 failed, 1 passed in 0.12s ==========================
"""


def _in_colour(log: str) -> str:
    return (
        log.replace("FAILED", "\x1b[31mFAILED\x1b[0m").replace("E  ", "\x1b[1m\x1b[31mE  ").replace(" - ", "\x1b[0m - ")
    )


def _stamped(log: str) -> str:
    lines = log.splitlines(keepends=True)
    return "".join(f"2026-12-04T00:10:{n % 60:02d}.7789513Z {line}" for n, line in enumerate(lines))


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(PYTEST.replace(":12:", ":112:").replace(":7:", ":9:"), id="lines moved"),
        pytest.param(PYTEST.replace("/srv/ci/kepler-dfe734/checkout", "/home/ann/src/repo"), id="another directory"),
        pytest.param(PYTEST.replace("0.12s", "3.50s"), id="another duration"),
        pytest.param(PYTEST.replace("- assert 41 == 42", "- asse..."), id="a narrow terminal"),
        pytest.param(PYTEST.replace("\n", "\r\n"), id="line ends of windows"),
        pytest.param(_in_colour(PYTEST), id="colours"),
        pytest.param(_stamped(PYTEST), id="time stamps of a CI"),
        pytest.param("$ cd /srv/x\n+ python -m pytest\n" + PYTEST + "\nexit:1\n", id="echoes of a shell"),
    ],
)
def test_the_same_bug_keeps_its_name(again: str) -> None:
    assert fingerprint_of(again, 1) == fingerprint_of(PYTEST, 1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(PYTEST.replace("41", "40"), id="another value"),
        pytest.param(PYTEST.replace("'rate'", "'rates'"), id="another message"),
        pytest.param(PYTEST.replace("test_tax", "test_tip"), id="another test"),
        pytest.param(PYTEST.replace("tests/", "web/tests/"), id="a namesake in another directory"),
        pytest.param(PYTEST.replace("KeyError", "TypeError"), id="another exception"),
    ],
)
def test_another_bug_has_another_name(other: str) -> None:
    assert fingerprint_of(other, 1) != fingerprint_of(PYTEST, 1)


def test_the_signature_shows_what_was_hashed() -> None:
    assert explain_failure(PYTEST, 1) == Failure(
        fingerprint_of(PYTEST, 1),
        signature=(
            "detail: + where 41 = total([41])",
            "detail: assert 41 == 42",
            "exception: KeyError: 'rate'",
            "frame: cart/tax.py KeyError",
            "frame: tests/test_cart.py AssertionError",
            "test: tests/test_cart.py::test_tax",
            "test: tests/test_cart.py::test_total",
        ),
        failing_tests=("tests/test_cart.py::test_tax", "tests/test_cart.py::test_total"),
    )


def test_a_long_signature_says_how_many_facts_it_leaves_out() -> None:
    log = "".join(f"FAILED tests/test_x.py::test_{n}\n" for n in range(100))

    failure = explain_failure(log, 1)

    assert len(failure.signature) == 41
    assert failure.signature[-1] == "... and 60 more"
    assert len(failure.failing_tests) == 100


@pytest.mark.parametrize("log", ["", PYTEST, "Error: no\n"])
def test_exit_code_0_has_no_fingerprint(log: str) -> None:
    assert explain_failure(log, 0) == Failure("")


@pytest.mark.parametrize(
    ("log", "failed"),
    [
        pytest.param(PYTEST, True, id="failed tests"),
        pytest.param('Traceback (most recent call last):\n  File "a.py", line 1\nOops: x\n', True, id="traceback"),
        pytest.param("make: *** [Makefile:6: test] Error 1\n", True, id="make"),
        pytest.param("ok 1 - adds\n# tests 1\n# fail  0\n", False, id="all passed"),
        pytest.param("3 passed in 0.10s\n", False, id="pytest passed"),
        pytest.param("", False, id="nothing was said"),
    ],
)
def test_without_an_exit_code_the_text_must_speak_of_a_failure(log: str, failed: bool) -> None:
    assert bool(fingerprint_of(log)) is failed


@pytest.mark.parametrize(
    ("log", "signature"),
    [
        pytest.param("", ("exit: 3", "output: <no telling output>"), id="not a word"),
        pytest.param("$ ./gate.sh\n", ("exit: 3", "output: <no telling output>"), id="only an echo"),
        pytest.param(
            "built 1\nquota 3 reached, giving up\n",
            ("exit: 3", "output: built 1", "output: quota 3 reached, giving up"),
            id="words nobody knows",
        ),
    ],
)
def test_a_failure_that_nobody_understands_has_a_name(log: str, signature: tuple[str, ...]) -> None:
    assert explain_failure(log, 3).signature == signature


def test_a_gate_declared_failing_has_a_name_whatever_the_log_says() -> None:
    assert explain_failure("all is well\n", failed=True).signature == ("output: all is well",)
    assert explain_failure("", failed=True).signature == ("output: <no telling output>",)
    assert fingerprint_of(PYTEST, 1, failed=False) == ""


def test_silent_failures_differ_by_exit_code() -> None:
    assert fingerprint_of("", 137) != fingerprint_of("", 139)


_BLOCKS = st.permutations(
    [
        "FAILED tests/test_a.py::test_one\n",
        "src/a.c:3:5: error: expected ';'\n",
        'Traceback (most recent call last):\n  File "b.py", line 3, in f\n    g()\nBroken: two\n\n',
        "--- FAIL: TestX (0.00s)\n    x_test.go:14: got 1, want 2\n",
        "  1) Cart\n       adds:\n     Error: nope\n\n",
        "thread 'main' panicked at src/lib.rs:5:9:\nboom\n\n",
        "not ok 3 - sums\n  ---\n  expected: 1\n  actual: 2\n  ...\n",
    ]
)


@given(_BLOCKS)
def test_the_order_of_independent_failures_does_not_matter(blocks: list[str]) -> None:
    assert fingerprint_of("".join(blocks), 1) == fingerprint_of("".join(sorted(blocks)), 1)


_SPEAKING = [
    "E   ValueError: x",
    "  1) a",
    "       b:",
    "- 1",
    "+ 2",
    "@@ -1 +1 @@",
    "error: no",
    "\x1b[31mFAIL: t (m.T)",
    "Traceback (most recent call last):",
    "\r",
    "ab\rFAILED a.py::t",
    "2026-12-04T00:10:12Z Error: y",
    "x" * 3000,
    "",
]
_LINES = st.lists(st.sampled_from(_SPEAKING) | st.text(max_size=40), max_size=30)


@given(_LINES, st.lists(st.integers(0, 3000), max_size=8))
def test_it_does_not_matter_how_the_log_is_cut_into_chunks(lines: list[str], cuts: list[int]) -> None:
    log = "\n".join(lines)
    fingerprinter = Fingerprinter()
    edges = sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})
    for start, end in pairwise(edges):
        fingerprinter.feed(log[start:end])

    assert fingerprinter.finish(1) == explain_failure(log, 1)


@pytest.mark.parametrize(
    ("passed", "then"),
    [
        pytest.param(
            "".join(f"step {chr(i)}\n\n\n" for i in range(0x4E00, 0x4E64)), "", id="few lines that are not blank"
        ),
        pytest.param("".join(f"step {chr(i)}\n" for i in range(0x4E00, 0x4F00)), "", id="the last lines of many"),
        pytest.param("$ make\n" * 200, "", id="commands only"),
        pytest.param("step\n" + "$ make\n" * 200, "", id="one line before many commands"),
        pytest.param("src/a.js\n" + "  so far\n" * 200, "  1:1  error  Bad name  id\n", id="a far heading"),
        pytest.param("src/a.js\n" * 200 + "  so far\n", "  1:1  error  Bad name  id\n", id="a near heading"),
        pytest.param("note\n" * 200 + "It broke\n", "  --> src/a.rs:1:1\n", id="what stands before"),
        pytest.param("note\n" * 200, "panic: no\n" + "note\n" * 200, id="a failure between"),
    ],
)
def test_a_block_passed_over_leaves_what_its_lines_would_have_left(passed: str, then: str) -> None:
    line_by_line = Fingerprinter()
    for line in (passed + then).splitlines(keepends=True):  # a line by itself is never passed over
        line_by_line.feed(line)
    at_once = Fingerprinter()
    at_once.feed(passed)
    at_once.feed(then)

    assert at_once.finish(1) == line_by_line.finish(1)


@pytest.mark.parametrize(
    ("line", "signature"),
    [
        pytest.param("  1) Cart adds up:", "test: Cart adds up", id="a numbered title"),
        pytest.param("Traceback (most recent call last):\n  f()\nstopped", "exception: stopped", id="a traceback"),
        pytest.param("@@ -1 +1 @@\n-1 apple", "diff: -1 apple", id="a hunk"),
        pytest.param("--- old\n-1 apple", "diff: -1 apple", id="a file"),
        pytest.param("Diff:\n-1 apple", "diff: -1 apple", id="a word"),
        pytest.param("- Expected\n-1 apple", "diff: -1 apple", id="a legend"),
    ],
)
def test_what_begins_without_a_word_of_failure_is_found_among_many_lines(line: str, signature: str) -> None:
    plain = "worker is up\n" * 200

    assert explain_failure(f"{plain}{line}\n{plain}", 1).signature == (signature,)


def test_a_log_of_more_failures_than_are_kept_still_has_a_name() -> None:
    lines = [f"FAILED test_cart.py::test_{i} - ValueError" for i in range(21_000)]

    assert len(explain_failure("\n".join(lines), 1).failing_tests) == 200


@given(st.text(), st.none() | st.integers(0, 255), st.none() | st.booleans())
def test_any_text_is_read_without_an_error(log: str, exit_code: int | None, failed: bool | None) -> None:
    failure = explain_failure(log, exit_code, failed=failed)

    assert bool(failure.fingerprint) is bool(failure.signature)


@given(_LINES)
def test_a_failing_gate_always_has_a_name(lines: list[str]) -> None:
    assert fingerprint_of("\n".join(lines), 1).startswith("tremaux2:")


def test_a_line_without_end_is_read_by_its_head_and_tail() -> None:
    log = "error: broken " + "x" * 5_000_000 + " tail\n"

    assert explain_failure(log, 1).signature[0].startswith("diagnostic: broken xxx")
