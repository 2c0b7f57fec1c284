"""One report out of any text, however it arrives."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.head_tail import KEPT_CHARS
from tremaux_tools.core.postflight.assessor import Assessor, assess
from tremaux_tools.core.postflight.report import MAX_EXCERPT, MAX_TESTS, Report
from tremaux_tools.core.postflight.results import Failed, Results
from tremaux_tools.core.runners import TestRun

LOG = (
    "===== test session starts =====\n"
    "E       assert 41 == 42\n"
    "tests/test_cart.py:7: AssertionError\n"
    "FAILED tests/test_cart.py::test_total - assert 41 == 42\n"
    "FAILED tests/test_cart.py::test_tax - assert 1 == 2\n"
    "===== 2 failed, 5 passed, 1 skipped in 0.12s =====\n"
)
FRAGMENTS = st.sampled_from(
    [
        "E   assert 1 == 2\n", "FAILED t.py::test_x\n", "1 failed, 2 passed in 0.1s\n",
        "  ● Cart › adds\n", "Expected: 1\n", "--- a\n+++ b\n- x\n+ y\n", "  1) Cart\n       adds:\n",
        "Traceback (most recent call last):\n", '  File "a.py", line 3, in f\n', "Caused by: x\n", "$ make\n",
        "+ make\n", "not ok 1\n", "TAP version 13\n",
        "FAILED: 1 of 2\n", "exit:1\n", "npm error code X\n", "\x1b[31m", "\r", "\n", "make: *** [a] Error 1\n",
        "=== RUN   TestX\n", "    x_test.go:3: got 1\n", "--- FAIL: TestX (0.00s)\n", "--- PASS: TestY (0.00s)\n",
        "error: x\n", "  --> a.rs:1:2\n", "   3:5  error  x  y\n", "password=hunter2hunter2\n", "thrown: x\n",
    ]
)  # fmt: skip
LOGS = st.lists(st.one_of(FRAGMENTS, st.text(max_size=40)), max_size=40).map("".join)
CODES = st.one_of(st.none(), st.integers(-(2**31), 2**32))


def in_pieces(text: str, size: int, exit_code: int | None = None) -> Report:
    assessor = Assessor()
    for start in range(0, len(text), size):
        assessor.feed(text[start : start + size])
    return assessor.finish(exit_code)


@given(LOGS, CODES)
def test_any_text_gives_a_report_that_adds_up(log: str, exit_code: int | None) -> None:
    report = assess(log, exit_code)

    assert report.quality_score == sum(part.points for part in report.score_parts)
    assert 0 <= report.quality_score <= 100
    assert report.reasons
    assert (report.root_cause is None) or report.verdict != "passed"
    if report.root_cause is not None:
        assert 0 < len(report.root_cause.excerpt) <= MAX_EXCERPT
        assert 1 <= report.root_cause.line <= log.count("\n") + 1


@given(LOGS, st.integers(1, 50), CODES)
def test_chunks_make_no_difference(log: str, size: int, exit_code: int | None) -> None:
    assert in_pieces(log, size, exit_code) == assess(log, exit_code)


@given(st.binary(max_size=300), CODES)
def test_any_bytes_are_survived(log: bytes, exit_code: int | None) -> None:
    assert assess(log.decode("utf-8", "replace"), exit_code).verdict in ("passed", "failed", "uncertain")


def test_counts_and_failing_tests_are_those_of_the_runner() -> None:
    report = assess(LOG, 1)

    assert report.tests == TestRun("pytest", passed=5, failed=2, errors=0, skipped=1, duration_s=0.12)
    assert report.failing_tests == ("tests/test_cart.py::test_total", "tests/test_cart.py::test_tax")


def test_failing_tests_are_bounded() -> None:
    log = "".join(f"FAILED t.py::test_{number}\n" for number in range(2 * MAX_TESTS))

    assert len(assess(log, 1).failing_tests) == MAX_TESTS


def test_several_runners_are_told_apart_and_added_up() -> None:
    report = assess("===== 3 passed in 0.1s =====\nTests:       1 failed, 4 passed, 5 total\nTime:        1 s\n", 1)

    assert [run.runner for run in report.runs] == ["pytest", "jest"]
    assert report.tests is not None
    assert (report.tests.passed, report.tests.failed) == (7, 1)


@pytest.fixture
def reported() -> Results:
    return Results(
        (TestRun("pytest", passed=6, failed=1, errors=0, skipped=1),),
        (Failed("tests.test_cart::test_tax", "assert 1 == 2\npassword=hunter2hunter2", "tests/test_cart.py", 12),),
    )


def finish_with(results: Results, log: str = LOG) -> Report:
    assessor = Assessor()
    assessor.feed(log)
    return assessor.finish(1, results=results)


def test_a_machine_report_outranks_the_text_of_its_runner(reported: Results) -> None:
    report = finish_with(reported, LOG + "Tests:       4 passed, 4 total\nTime:        1 s\n")

    assert [(run.runner, run.passed) for run in report.runs] == [("pytest", 6), ("jest", 4)]
    assert report.failing_tests[0] == "tests.test_cart::test_tax"


def test_a_machine_report_gives_the_root_cause_where_the_log_is_silent(reported: Results) -> None:
    cause = finish_with(reported, "").root_cause

    assert cause is not None
    assert cause.excerpt == "tests.test_cart::test_tax\nassert 1 == 2\npassword=[redacted:assigned]"
    assert (cause.file, cause.file_line) == ("tests/test_cart.py", 12)


def test_what_only_a_report_tells_is_in_no_line_of_the_log(reported: Results) -> None:
    nowhere = Results(reported.runs, (replace(reported.failures[0], file=None, line=None),))
    report = finish_with(nowhere, "all is well\nbye\n")

    assert report.root_cause is not None
    assert report.root_cause.line == 0
    assert not any("line 0" in step for step in report.recommendations)


@pytest.mark.parametrize("log", ["FAILED t.py::test_x - assert 1 == 2\n", "--- FAIL: TestX (0.00s)\n"])
def test_a_failing_test_that_is_named_is_a_failure_without_any_count(log: str) -> None:
    assert assess(log).verdict == "failed"
    assert assess(f"{log}retrying\n3 passed in 0.10s\n").verdict == "passed"


def test_a_failure_in_the_middle_of_a_huge_log_is_found_with_its_line() -> None:
    assessor = Assessor()
    noise = "all is well here\n" * (KEPT_CHARS // 17)
    assessor.feed(noise)
    assessor.feed("E   assert 41 == 42\nFAILED t.py::test_x\n")
    assessor.feed(noise)

    report = assessor.finish(1)

    assert report.root_cause is not None
    assert report.root_cause.line == noise.count("\n") + 1
    assert report.failing_tests == ("t.py::test_x",)


def test_the_last_words_of_a_huge_log_are_counted_from_its_beginning() -> None:
    assessor = Assessor()
    noise = "all is well here\n" * (KEPT_CHARS // 8)
    assessor.feed(noise + "the moon is full\n")

    cause = assessor.finish(1).root_cause

    assert cause is not None
    assert cause.excerpt.endswith("the moon is full")
    assert cause.line == noise.count("\n") - 1


def test_a_log_that_is_a_report_for_machines_is_read_as_one() -> None:
    log = json.dumps(
        {
            "numFailedTests": 1,
            "numPassedTests": 2,
            "numTotalTests": 3,
            "numPendingTests": 0,
            "numTodoTests": 0,
            "numRuntimeErrorTestSuites": 0,
            "testResults": [
                {
                    "name": "/p/cart.test.js",
                    "status": "failed",
                    "message": "",
                    "assertionResults": [
                        {
                            "fullName": "cart adds",
                            "status": "failed",
                            "failureMessages": ["Error: expected 1 to be 2\n    at f (/p/src/cart.js:3:4)"],
                        },
                        *({"fullName": f"cart {n}", "status": "passed", "failureMessages": []} for n in range(2)),
                    ],
                }
            ],
        }
    )
    report = assess(log, 1)

    assert report.tests is not None
    assert (report.tests.runner, report.tests.passed, report.tests.failed) == ("jest", 2, 1)
    assert report.failing_tests == ("cart adds",)
    assert report.root_cause is not None
    assert "expected 1 to be 2" in report.root_cause.excerpt
    assert (report.root_cause.file, report.root_cause.file_line) == ("/p/src/cart.js", 3)


def test_of_a_log_of_nothing_but_trouble_the_end_is_read_and_what_is_left_out_is_told() -> None:
    assessor = Assessor()
    for n in range(0, 160_000, 1_000):
        assessor.feed(
            "".join(f"ERROR worker {k:x} could not reach /srv/{k * 31:x}: refused\n" for k in range(n, n + 1_000))
        )
    assessor.feed("E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed in 0.12s\n")
    report = assessor.finish(1)

    assert report.root_cause is not None
    assert "assert 41 == 42" in report.root_cause.excerpt
    assert report.root_cause.line in (160_001, 160_002)
    assert any("only the tests were counted" in warning for warning in report.warnings)
    assert report.failing_tests == ("test_cart.py::test_total",)
