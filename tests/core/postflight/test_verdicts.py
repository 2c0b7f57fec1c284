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


@pytest.mark.parametrize(
    "log",
    [
        "[ERROR] The build could not read 1 project -> [Help 1]\n[ERROR] \n[ERROR] [Help 1] http://cwiki.apache.org/x\n",
        "Makefile:8: *** missing separator.  Stop.\n",
        "COPY failed: file not found in build context: stat dist/: file does not exist\n",
        "docker: Error response from daemon: no such image\n\nRun 'docker run --help' for more information\n",
        "✖ 1 problem (0 errors, 1 warning)\n\nESLint found too many warnings (maximum: 0).\n",
        "[warn] src/view.js\n[warn] Code style issues found in the above file. Run Prettier with --write to fix.\n",
        "lib.sh:4:1: warning: TARGET appears unused. [SC2034]\n",
        "::error title=ruff (F401),file=app/x.py,line=2::app/x.py:2:8: F401 `os` imported but unused\n",
        "No tests found, exiting with code 1\nRun with `--passWithNoTests` to exit with code 0\n",
        "testSlug\nASSERT:expected:<a-b> but was:<a_b>\n\nRan 3 tests.\n\nFAILED (failures=2)\n",
        "tar (child): a.tgz: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n",
        "dd: error writing '/dev/full': No space left on device\n1+0 records in\n0+0 records out\n",
        "error: subprocess-exited-with-error\n\n× Getting requirements did not run successfully.\nnote: not pip.\n",
        "ls: cannot access 'a': No such file or directory\n",
        "gate.sh: line 3: ruff: command not found\n",
        'Traceback (most recent call last):\n  File "a.py", line 4, in <module>\nValueError: row 7\n',
    ],
)
def test_the_last_words_of_a_failing_tool_are_a_failure(log: str) -> None:
    assert assess(log).verdict == "failed"


@pytest.mark.parametrize(
    ("log", "verdict"),
    [
        pytest.param("rm: cannot remove 'a': No such file or directory\nnothing to remove\n", "passed", id="|| true"),
        pytest.param("try 1\nls: cannot access 'a': No such file or directory\nsuccess\n", "passed", id="a retry"),
        pytest.param("rm: cannot remove 'x': No such file or directory\nmake: [Makefile:15: check] Error 1 (ignored)\n"
                     "cc -o ring ring.c\n", "passed", id="make ignores it"),
        pytest.param("Nov 22, 2026 9:14:45 AM org.example.Fees fee\nSEVERE: ERROR: negative amount -1\n", "passed",
                     id="a logger of java"),
        pytest.param("E: 0 upgraded\n", "passed", id="an error of none"),
        pytest.param("bash: line 1: 29280 Killed                  sleep 30\nstopped on purpose\n", "uncertain",
                     id="a child that was killed"),
        pytest.param('Traceback (most recent call last):\n  File "a.py", line 4, in f\nValueError: row 7\nrows: 3\n',
                     "uncertain", id="a traceback that may have been caught"),
    ],
)  # fmt: skip
def test_trouble_that_other_output_follows_is_no_failure(log: str, verdict: Verdict) -> None:
    assert assess(log).verdict == verdict


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
