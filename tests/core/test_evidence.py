import pytest

from tremaux_tools.core.evidence import weigh

GREEN = "===== 5 passed in 0.10s =====\n"
RED = "===== 2 failed, 5 passed in 0.10s =====\n"
NOTHING = "===== no tests ran in 0.01s =====\n"


@pytest.mark.parametrize(
    ("claimed", "text", "exit_code", "gate"),
    [
        pytest.param("pass", GREEN, 0, "pass", id="all agree"),
        pytest.param("pass", GREEN, None, "pass", id="counts agree"),
        pytest.param("pass", "", 0, "pass", id="only the exit code tells"),
        pytest.param("pass", RED, 1, "fail", id="tests and exit code deny"),
        pytest.param("pass", RED, None, "fail", id="tests deny"),
        pytest.param("pass", RED, 0, "fail", id="tests deny what `| tee` hid"),
        pytest.param("pass", GREEN, 1, "fail", id="the exit code denies"),
        pytest.param("pass", RED + GREEN, 0, "pass", id="mended in the same log"),
        pytest.param("pass", NOTHING, 5, "fail", id="pytest's code for no tests"),
        pytest.param("pass", NOTHING, 0, "pass", id="nothing tested"),
        pytest.param("fail", GREEN, 0, "fail", id="an agent rejects a green run"),
        pytest.param("fail", RED, 1, "fail", id="a failure told as such"),
        pytest.param("blocked", RED, 1, "blocked", id="blocked stays"),
        pytest.param("none", RED, 1, "none", id="none stays"),
    ],
)
def test_a_claim_gives_way_to_evidence_only_where_it_says_pass(
    claimed: str, text: str, exit_code: int | None, gate: str
) -> None:
    assert weigh(claimed, text, exit_code).gate == gate


@pytest.mark.parametrize(
    ("claimed", "text", "exit_code", "warning"),
    [
        pytest.param(
            "pass", RED, None, "claimed pass, but pytest says 2 failed, 5 passed: judged as fail.", id="tests"
        ),
        pytest.param("pass", "", 2, "claimed pass, but the exit code is 2: judged as fail.", id="exit code"),
        pytest.param(
            "pass",
            RED,
            1,
            "claimed pass, but pytest says 2 failed, 5 passed and the exit code is 1: judged as fail.",
            id="both",
        ),
        pytest.param(
            "pass",
            "cc m.c\nmake: *** [Makefile:3: all] Error 1\n",
            None,
            "claimed pass, but the output says 'make: *** [Makefile:3: all] Error 1': judged as fail.",
            id="last words",
        ),
        pytest.param(
            "pass",
            NOTHING,
            0,
            "claimed pass, but nothing was tested: pytest says no tests ran.",
            id="no tests",
        ),
        pytest.param(
            "fail",
            GREEN,
            0,
            "claimed fail, but the exit code is 0 and pytest says 5 passed: kept as fail.",
            id="a green run called failed",
        ),
        pytest.param(
            "blocked",
            RED,
            None,
            "claimed blocked, but pytest says 2 failed, 5 passed.",
            id="blocked beside tests",
        ),
    ],
)
def test_a_contradiction_is_told_with_its_evidence(
    claimed: str, text: str, exit_code: int | None, warning: str
) -> None:
    assert weigh(claimed, text, exit_code).warnings == (warning,)


@pytest.mark.parametrize(
    ("claimed", "text", "exit_code"),
    [
        pytest.param("pass", GREEN, 0, id="pass"),
        pytest.param("fail", RED, 1, id="fail"),
        pytest.param("fail", "", None, id="fail without output"),
        pytest.param("none", "cat notes.txt", 0, id="none"),
        pytest.param("blocked", "Permission denied", 1, id="blocked"),
    ],
)
def test_agreement_is_silent(claimed: str, text: str, exit_code: int | None) -> None:
    assert weigh(claimed, text, exit_code).warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "src/a.c:3:5: error: expected ';'\n1 error generated.",
        "src/a.ts(3,5): error TS2322: Type 'string' is not assignable.",
        "error: could not compile `heck` (lib test) due to 1 previous error",
        "Found 3 errors in 1 file (checked 12 source files)",
        "✖ 3 problems (2 errors, 1 warning)",
        "# x.y/z\n./a.go:3:2: undefined: b\nFAIL\tx.y/z [build failed]\nFAIL",
        "npm ERR! Test failed.  See above for more details.",
        "[INFO] BUILD FAILURE",
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nKeyError: 'a'",
        "TypeError: x is not a function\n    at run (a.js:1:1)\n\nNode.js v20.20.2",
        "gate.sh: line 4: DEPLOY_ENV: unbound variable",
        "Segmentation fault (core dumped)",
        "thread 'main' panicked at src/main.rs:2:5:\nboom",
        "fatal: not a git repository",
        'Jest: Coverage for lines (80%) does not meet "global" threshold\nTests:       3 passed, 3 total',
        "2026-01-01T10:00:00.123Z make: *** [all] Error 2",
    ],
)
def test_a_tool_that_says_last_that_it_failed_is_believed_without_an_exit_code(text: str) -> None:
    assert weigh("pass", text, None).gate == "fail"
    assert weigh("pass", text, 0).gate == "pass"


@pytest.mark.parametrize(
    "text",
    [
        "0 failed, 0 errors",
        "Found 0 errors.",
        "error: 0, failed: 0, FAILED handlers: none",
        "test_error_handling PASSED\n===== 1 passed, 1 xfailed in 0.10s =====",
        "$ grep -rn Error s\ns/net.py:3:class ConnectionError(Exception): pass",
        'README: stop the server on "Error: EADDRINUSE"',
        "ModuleNotFoundError: run pip install.",
        "m.c:1:24: error: 'x' undeclared\n$ sed -i s/x/0/ m.c\n$ gcc m.c && echo build ok\nbuild ok",
        "ERROR upstream timeout (retry 1/3)\nINFO recovered, 0 failed",
        "make: [clean] Error 1 (ignored)",
        "npm warn deprecated inflight@1.0.6: leaks memory",
        "✖ 3 problems (0 errors, 3 warnings)",
        "a.c:3:5: error: x\n" + GREEN,
        "",
    ],
)
def test_words_of_failure_in_a_passing_log_raise_no_alarm(text: str) -> None:
    assert weigh("pass", text, None).warnings == ()
    assert weigh("pass", text, 0).warnings == ()


def test_the_counts_of_all_runners_are_summed() -> None:
    tests = weigh("pass", GREEN + "4 examples, 0 failures\n", 0).tests

    assert tests is not None
    assert (tests.runner, tests.passed) == ("pytest+rspec", 9)
