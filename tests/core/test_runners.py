from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.runners import LONGEST_LINE, TestRun, read_tests, total


def ran(runner: str, passed: int = 0, failed: int = 0, errors: int = 0, skipped: int = 0, **more: Any) -> TestRun:
    return TestRun(runner, passed, failed, errors, skipped, **more)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("0 failed, 0 errors\ncreated 2 tables, updated 0, failed 0", id="words without a runner"),
        pytest.param("$ echo '2 failed, 5 passed in 0.1s'", id="a command that quotes a summary"),
        pytest.param('    assert out == "3 passed in 0.1s"', id="code"),
        pytest.param("Ran 16 tests in 0.345s\n", id="unittest cut off before its verdict"),
        pytest.param("  ● Test suite failed to run\n", id="jest cut off"),
        pytest.param("  ✔ adds\n  ✔ takes away\n", id="mocha cut off"),
        pytest.param("Running 8 tests using 1 worker\n", id="playwright cut off"),
        pytest.param("tests/test_a.py ....F", id="pytest cut off"),
        pytest.param("BUILD SUCCESSFUL in 3s", id="a build without tests"),
        pytest.param("# skip 3", id="a lone comment"),
        pytest.param("ok 3 eggs left\nnot ok 4 - sure", id="points without a plan"),
        pytest.param("ok  \tx.y/z\t0.003s\n--- FAIL: TestX (0.00s)\nFAIL\tx.y/w\t0.1s", id="go test without -v"),
        pytest.param("3 pending\n  2 failing", id="no passing line of mocha"),
        pytest.param("Error: 5\nPassed: 3\nTotal tests", id="half of vstest"),
    ],
)
def test_no_count_is_made_up(text: str) -> None:
    assert read_tests(text) == ()


def test_the_last_run_of_a_runner_counts() -> None:
    log = "=== 1 failed, 1 passed in 0.10s ===\n$ sed -i s/a/b/ m.py\n=== 2 passed in 0.20s ===\n"

    assert read_tests(log) == (ran("pytest", 2, duration_s=0.2),)


def test_a_second_invocation_of_cargo_replaces_the_first() -> None:
    build = "    Finished `test` profile [unoptimized] target(s) in 0.02s\n"
    result = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"

    assert read_tests((build + result + result) * 2)[0].passed == 6


def test_a_go_package_tested_again_replaces_its_counts() -> None:
    first = "=== RUN   TestA\n--- FAIL: TestA (0.00s)\nFAIL\tx.y/a\t0.1s\n"
    again = "=== RUN   TestA\n--- PASS: TestA (0.00s)\nok  \tx.y/a\t0.1s\n"

    assert read_tests(first + again) == (ran("go", 1),)


def test_a_second_tap_stream_replaces_the_first() -> None:
    red = "TAP version 13\nnot ok 1 - adds\n1..1\n"
    green = "ok 1 - adds\nok 2 - more\n1..2\n"

    assert read_tests(red + green) == (ran("tap", 2),)


def test_two_runners_in_one_log_are_told_apart_and_added_up() -> None:
    runs = read_tests(
        "=== 1 failed, 5 passed in 1.50s ===\nTests:       1 skipped, 2 passed, 3 total\nTime:        2.5 s\n"
    )

    assert [run.runner for run in runs] == ["pytest", "jest"]
    assert total(runs) == ran("pytest+jest", 7, 1, skipped=1, duration_s=4.0)


def test_each_jest_run_keeps_its_own_time() -> None:
    one = "Tests:       2 passed, 2 total\nTime:        2.5 s\n"

    assert read_tests(one + one) == (ran("jest", 2, duration_s=2.5),)


def test_nothing_adds_up_to_nothing() -> None:
    assert total(()) is None


def test_an_overlong_line_is_no_summary() -> None:
    assert read_tests("5 passed in 0.1s " + "x" * LONGEST_LINE) == ()


@given(st.text(alphabet="0123456789 =,.:()|#\n\tpasedfilrnoktx-[]", max_size=300))
def test_no_text_makes_counts_negative(text: str) -> None:
    for run in read_tests(text):
        assert min(run.passed, run.failed, run.errors, run.skipped, run.xfailed) >= 0


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_any_number_is_read_exactly(passed: int, failed: int, skipped: int) -> None:
    line = f"==== {failed} failed, {passed} passed, {skipped} skipped in 0.01s ===="

    assert read_tests(f"noise\n{line}\nnoise") == (ran("pytest", passed, failed, skipped=skipped, duration_s=0.01),)
