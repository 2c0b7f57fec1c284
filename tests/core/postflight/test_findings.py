from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.block import Block
from tremaux_tools.core.postflight.findings import dismissals
from tremaux_tools.core.postflight.findings.findings import MAX_DISMISSED, Findings, Found
from tremaux_tools.core.postflight.report import MAX_CONTEXT, Verdict
from tremaux_tools.core.runners import TestRun

GREEN = TestRun("pytest", passed=5, failed=0, errors=0, skipped=0)


def found_in(text: str, verdict: Verdict = "uncertain", *runs: TestRun) -> Found:
    findings = Findings()
    findings.read(Block(text), 1)
    return findings.finish(verdict=verdict, runs=runs)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Traceback (most recent call last):", "exception"),
        ("  Traceback (most recent call last):", "exception"),
        ("ValueError: bad name", "exception"),
        ("E       KeyError: 'error'", "exception"),
        ("test_m.py:2: AssertionError", "exception"),
        ("java.lang.IllegalStateException: closed", "exception"),
        ("TypeError [ERR_INVALID_ARG_TYPE]: The argument is wrong", "exception"),
        ("RuntimeError: 0 failed", "exception"),
        ("FAILED tests/test_a.py::test_b - assert 1 == 2", "test_failure"),
        ("FAIL src/a.test.ts", "test_failure"),
        ("--- FAIL: TestParse (0.00s)", "test_failure"),
        ("not ok 3 - parses", "test_failure"),
        ("  ✕ adds (3 ms)", "test_failure"),
        ("===== 3 failed, 2 passed in 0.10s =====", "test_failure"),
        ("10 failed", "test_failure"),
        ("[INFO] Tests run: 5, Failures: 1, Errors: 0, Skipped: 0", "test_failure"),
        ("main.c:3:5: error: 'x' undeclared", "build_error"),
        ("src/error.c:12:3: error: expected ';'", "build_error"),
        ("src/a.ts(3,5): error TS2304: Cannot find name 'x'.", "build_error"),
        ("error[E0308]: mismatched types", "build_error"),
        ("make: *** [Makefile:3: all] Error 1", "build_error"),
        ("Found 12 errors.", "build_error"),
        ("npm ERR! code ELIFECYCLE", "build_error"),
        ("[INFO] BUILD FAILURE", "build_error"),
        ("Segmentation fault (core dumped)", "crash"),
        ("panic: runtime error: index out of range", "crash"),
        ("thread 'main' panicked at src/main.rs:3:5:", "crash"),
        ("fatal: not a git repository", "crash"),
        ("gate.sh: line 1: 11719 File size limit exceeded", "crash"),
        ("gate.sh: line 1: 4711 Killed                  python x.py", "crash"),
        ("java.lang.OutOfMemoryError: Java heap space", "out_of_memory"),
        ("FATAL ERROR: JavaScript heap out of memory", "out_of_memory"),
        ("PermissionError: [Errno 13] Permission denied: '/etc/shadow'", "permission_denied"),
        ("bash: ./run.sh: Permission denied", "permission_denied"),
        ("ModuleNotFoundError: No module named 'requests'", "not_found"),
        ("sh: 1: jq: not found", "not_found"),
        ("ls: cannot access 'x': No such file or directory", "not_found"),
        ("curl: (7) Failed to connect to 127.0.0.1 port 9", "connection"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "connection"),
        ("Error: listen EADDRINUSE: address already in use :::3000", "connection"),
        ("TimeoutError: no answer", "timeout"),
        ("The job timed out after 30 minutes", "timeout"),
        ("ERROR: the migration did not run", "error"),
        ("2026-01-01T10:00:00.123Z ERROR upstream is gone", "error"),
        ('{"level":"error","msg":"upload failed"}', "error"),
        ('level=error msg="upload failed"', "error"),
        ("deploy.sh: line 4: DEPLOY_ENV: unbound variable", "error"),
        ("3 errors, 0 failures", "error"),
    ],
)
def test_a_line_that_tells_of_an_error_is_counted_once_under_its_most_telling_type(line: str, kind: str) -> None:
    found = found_in(line)

    assert [(alarm.type, alarm.count, alarm.line, alarm.context) for alarm in found.errors] == [(kind, 1, 1, line)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 failed", dismissals.ZERO),
        ("error: 0", dismissals.ZERO),
        ("no errors", dismissals.ZERO),
        ("created 2 tables, updated 0, failed 0", dismissals.ZERO),
        ("0 errors, 0 warnings", dismissals.ZERO),
        ("Failures: 0, Errors: 0", dismissals.ZERO),
        ("FAILED: none", dismissals.ZERO),
        ("no regressions or errors; finished without any failures", dismissals.ZERO),
        ("tests/test_a.py::test_error_handling PASSED", dismissals.PASSING_TEST),
        ("tests/test_a.py::test_error_handling PASSED       [ 33%]", dismissals.PASSING_TEST),
        ("--- PASS: TestErrors (0.00s)", dismissals.PASSING_TEST),
        ("    ✓ should throw an Error: when empty (3 ms)", dismissals.PASSING_TEST),
        ("ok 1 - handles error", dismissals.PASSING_TEST),
        ("test error_handling ... ok", dismissals.PASSING_TEST),
        ("  Applying errors.0002_failed_jobs... OK", dismissals.PASSING_TEST),
        ("XFAIL tests/test_x.py::test_oom - known error 137", dismissals.EXPECTED),
        ("not ok 3 - flaky timeout # TODO known issue", dismissals.EXPECTED),
        ("error: connection refused (expected in this test)", dismissals.EXPECTED),
        ("timed out as expected", dismissals.EXPECTED),
        ("SKIPPED [1] t/test_y.py:2: permission denied in CI", dismissals.NOT_RUN),
        ("ok 2 - rejects failed login # SKIP no network", dismissals.NOT_RUN),
        ("test ignored_error ... ignored, timeout: network", dismissals.NOT_RUN),
        ("$ grep error app.log", dismissals.COMMAND),
        ('+ echo "error"', dismissals.COMMAND),
        ("warning: connection refused", dismissals.WARNING),
        ("a.c:3:1: warning: error is unused", dismissals.WARNING),
        ("npm warn deprecated x: this fails", dismissals.WARNING),
        ("DeprecationWarning: the error handler is old", dismissals.WARNING),
        ("INFO recovered from an error", dismissals.INFORMATION),
        ('{"level":"info","msg":"error page built"}', dismissals.INFORMATION),
        ("  12 |   throw new Error('failed')", dismissals.SOURCE),
        ("    raise ValueError('error')", dismissals.SOURCE),
        ("+  print('error:', e)", dismissals.SOURCE),
        ("    at errorHandler (/app/error.js:3:5)", dismissals.SOURCE),
        ("s/net.py:2:# FIXME: fails on timeout", dismissals.SOURCE),
        ("attempt 1 failed, retrying", dismissals.RETRIED),
        ("ERROR upstream timeout (retry 1/3)", dismissals.RETRIED),
        ('{"status":"ok","errors":["x"]}', dismissals.DATA),
        ('the word "error" in a sentence', dismissals.QUOTED),
        ("use `fail` here", dismissals.QUOTED),
        ("wrote errors.py", dismissals.NAME),
        ("compiling error_handler.ts", dismissals.NAME),
        ("run with --fail-fast", dismissals.NAME),
        ("cc -Werror -c a.c", dismissals.NAME),
        ("rendered ErrorBoundary", dismissals.NAME),
        ("  error handling", dismissals.NAME),
        ("        x_test.go:6: connection refused: not found", dismissals.CONSOLE),
    ],
)
def test_a_line_with_the_words_and_not_the_meaning_is_dismissed_with_its_reason(line: str, reason: str) -> None:
    found = found_in(line)

    assert found.errors == ()
    assert [(group.reason, group.count, group.line) for group in found.dismissed] == [(reason, 1, 1)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$ cat app.log\nERROR upstream is gone\n$ make", dismissals.SHOWN),
        ("$ git log --format=%s | head -3\nfix: error when connection refused", dismissals.SHOWN),
        ("$ curl http://x || echo none\ncurl: (7) Failed to connect to x\nnone", dismissals.HANDLED),
        ("=== warnings summary ===\nthe error handler fails\n-- Docs: x", dismissals.WARNING),
        ("=== PASSES ===\nERROR    a:b.py:6 ERROR: refused\n=== 1 passed in 0.1s ===", dismissals.CONSOLE),
        ("  ● Console\n\n      Error: connection refused\n\nPASS x", dismissals.CONSOLE),
        ("stderr | a.test.ts > b\nError: refused\n\nnext", dismissals.CONSOLE),
        ("diff --git a/x b/x\n@@ -1 +1 @@\n error: context\nend", dismissals.SOURCE),
    ],
)
def test_a_line_in_a_part_of_the_log_that_is_not_about_the_run_is_dismissed(text: str, reason: str) -> None:
    found = found_in(text)

    assert found.errors == ()
    assert reason in {group.reason for group in found.dismissed}


@pytest.mark.parametrize(
    "text",
    [
        "$ cat app.log\nsome text\n$ make\nmake: *** [all] Error 1",
        "$ cat missing.log\ncat: missing.log: No such file or directory",
        "$ cat a; make\nmake: *** [all] Error 1",
        "=== warnings summary ===\nx\n-- Docs: x\nERROR: broken pipe",
        "  ● Console\n\n    x\n\nFAIL src/a.test.ts",
        "diff --git a/x b/x\n+x\nERROR: the patch did not apply",
    ],
)
def test_an_error_after_such_a_part_counts(text: str) -> None:
    assert found_in(text).errors != ()


def test_all_lines_of_one_type_are_one_alarm_with_the_first_line_and_its_neighbours() -> None:
    text = "one\ntwo\nthree\nERROR: first\nfour\nfive\nERROR: second\nERROR: third"

    (alarm,) = found_in(text).errors

    assert (alarm.count, alarm.line) == (3, 4)
    assert alarm.context == "two\nthree\nERROR: first\nfour\nfive"


def test_the_most_severe_error_comes_first() -> None:
    found = found_in("ERROR: first\nPermission denied\nSegmentation fault")

    assert [alarm.severity for alarm in found.errors] == ["high", "medium", "low"]


def test_of_a_run_that_passed_no_error_is_left() -> None:
    found = found_in("ERROR: first\nERROR: second", "passed")

    assert found.errors == ()
    assert [(group.reason, group.count) for group in found.dismissed] == [(dismissals.PASSED, 2)]


def test_no_test_failed_where_the_runner_counted_no_failure() -> None:
    found = found_in("handlers FAILED\nERROR: other", "failed", GREEN)

    assert [alarm.type for alarm in found.errors] == ["error"]
    assert [group.reason for group in found.dismissed] == [dismissals.GREEN]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("===== 5 passed in 0.10s =====", "tests_passed"),
        ("OK (skipped=1)", "tests_passed"),
        ("test result: ok. 3 passed; 0 failed", "tests_passed"),
        ("ok  \tgithub.com/x/y\t0.1s", "tests_passed"),
        ("[INFO] BUILD SUCCESS", "build_succeeded"),
        ("    Finished `dev` profile in 0.1s", "build_succeeded"),
        ("All checks passed!", "checks_clean"),
        ("Success: no issues found in 3 source files", "checks_clean"),
        ("task completed", "completed"),
        ("done", "completed"),
    ],
)
def test_a_success_is_told_with_its_first_line(line: str, kind: str) -> None:
    found = found_in(f"x\n{line}\n{line}")

    assert [(success.type, success.line) for success in found.successes] == [(kind, 2)]


@pytest.mark.parametrize(
    "line",
    ["0 passed", "1 failed, 2 passed in 0.1s", "$ echo done", "passed the torch", "not done", "unsuccessfully built"],
)
def test_words_of_success_alone_are_none(line: str) -> None:
    assert found_in(line).successes == ()


LINES = st.sampled_from(
    [
        "", "x", "  y", "ERROR: one", "FAILED a.py::b - c", "0 failed", "$ cat a", "$ make", "ok 1 - error",
        "diff --git a/x b/x", "+ error", "=== warnings summary ===", "=== 1 passed in 0.1s ===",
        "Traceback (most recent call last):",
        "  ● Console", "stdout | a", "Permission denied", "✕ é error", "İ error: 5", "task completed",
    ]
)  # fmt: skip


@given(st.lists(LINES, min_size=1, max_size=40), st.lists(st.integers(1, 7), max_size=40))
def test_how_a_log_is_split_into_blocks_does_not_matter(lines: list[str], sizes: list[int]) -> None:
    whole, parts = Findings(), Findings()
    cuts = [0, *[at for at in accumulate(sizes) if at < len(lines)], len(lines)]
    whole.read(Block("\n".join(lines)), 1)
    for start, end in pairwise(cuts):
        parts.read(Block("\n".join(lines[start:end])), start + 1)

    assert parts.finish(verdict="failed", runs=()) == whole.finish(verdict="failed", runs=())


@given(st.text() | st.lists(LINES | st.text()).map("\n".join))
def test_any_text_is_survived_and_what_is_told_of_it_is_bounded(text: str) -> None:
    found = found_in(text)

    assert len(found.dismissed) <= MAX_DISMISSED
    assert all(len(alarm.context) <= MAX_CONTEXT for alarm in found.errors)
    assert sum(alarm.count for alarm in found.errors) <= text.count("\n") + 1
