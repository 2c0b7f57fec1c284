"""Passed, failed or uncertain, with the reason first."""

import pytest

from tremaux_tools.core.postflight.assessor import assess
from tremaux_tools.core.postflight.report import Verdict

GREEN = "===== 3 passed in 0.10s =====\n"
RED = "FAILED t.py::test_x - assert 0\n===== 1 failed, 2 passed in 0.10s =====\n"


@pytest.mark.parametrize(
    ("log", "exit_code", "verdict", "validated"),
    [
        pytest.param(GREEN, 0, "passed", True, id="green and 0"),
        pytest.param(RED, 1, "failed", True, id="red and 1"),
        pytest.param(GREEN, 1, "failed", True, id="green and 1"),
        pytest.param(RED, 0, "failed", True, id="red and 0"),
        pytest.param("", 0, "passed", True, id="silent and 0"),
        pytest.param("", 137, "failed", True, id="silent and killed"),
        pytest.param(GREEN, None, "passed", True, id="green"),
        pytest.param(RED, None, "failed", True, id="red"),
        pytest.param(RED + GREEN, None, "passed", True, id="red, then mended"),
        pytest.param("built\nexit:3\n", None, "failed", True, id="the log tells the code"),
        pytest.param("", None, "uncertain", False, id="silent"),
        pytest.param("make: *** [Makefile:2: all] Error 1\n", None, "failed", False, id="ends as make does"),
        pytest.param("app.py:3:1: F821 undefined name 'x'\n", None, "failed", False, id="a linter complains"),
        pytest.param("no tests ran in 0.01s\n", None, "failed", False, id="pytest found nothing"),
        pytest.param("0 specs, 0 failures\n", None, "uncertain", False, id="jasmine found nothing"),
        pytest.param("TAP version 13\nok 1 a\nok 2 b\n", None, "uncertain", False, id="TAP without its end"),
        pytest.param("$ tar xf a.tar\ntar: a.tar: No such file or directory\n$ echo on\non\n", None, "passed", False,
                     id="an earlier command failed"),
        pytest.param("$ cat README\nModuleNotFoundError: run pip install.\n", None, "passed", False,
                     id="a shown file speaks of errors"),
        pytest.param("copied 3 files\n", None, "passed", False, id="nothing speaks of a failure"),
    ],
)  # fmt: skip
def test_a_verdict_rests_on_codes_then_counts_then_words(
    log: str, exit_code: int | None, verdict: Verdict, validated: bool
) -> None:
    report = assess(log, exit_code)

    assert (report.verdict, report.validated) == (verdict, validated)
    assert report.reasons


def test_a_masked_failure_is_named() -> None:
    report = assess(RED, 0)

    assert "something hides the failure" in report.warnings[0]
    assert report.root_cause is not None


def test_a_failure_that_no_test_shows_is_named() -> None:
    assert "something else failed" in assess(GREEN, 1).warnings[0]


def test_a_run_that_tested_nothing_is_warned_of() -> None:
    report = assess("no tests ran in 0.01s\n", 0)

    assert report.verdict == "passed"
    assert report.warnings == ("Nothing was tested: pytest says no tests ran.",)


def test_a_runner_that_never_summed_up_is_named() -> None:
    log = GREEN + "===== test session starts =====\ncollected 3 items\n"

    report = assess(log)

    assert report.verdict == "uncertain"
    assert report.reasons == ("pytest began and never summed up.",)


def test_a_code_told_by_the_log_is_told_to_be_so() -> None:
    assert assess("built\nexit:3\n").reasons == ("The log says that the exit code is 3.",)


def test_a_verdict_without_an_exit_code_says_so() -> None:
    assert "The exit code is not known." in assess(GREEN).warnings


@pytest.mark.parametrize(
    "log",
    [
        "test_error_handling PASSED\n1 passed, 1 xfailed in 0.01s\n",
        "0 failed, 0 errors\n1 passed in 0.01s\n",
        "echo error\nfailed uploads: 0\n",
    ],
)
def test_words_of_trouble_are_no_failure_when_the_code_is_zero(log: str) -> None:
    report = assess(log, 0)

    assert report.verdict == "passed"
    assert report.errors == ()
    assert report.root_cause is None
