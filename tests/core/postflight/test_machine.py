"""What tools write for machines is counted as the tools count, wherever it stands in an output."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.postflight.machine import results_in
from tremaux_tools.core.postflight.machine.values import place_in
from tremaux_tools.core.postflight.report import MAX_EXCERPT, MAX_TESTS
from tremaux_tools.core.runners import TestRun

TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"


def jest(**fields: Any) -> dict[str, Any]:
    """As jest 30 writes it, less what nobody reads."""
    trace = (
        "Error: expect(received).toBe(expected)\n\nExpected: 41\nReceived: 42\n    at Object.toBe (/p/a.test.js:3:32)\n"
    )
    own = {"ancestorTitles": [], "fullName": "bad", "status": "failed", "title": "bad", "failureMessages": [trace]}
    broken = "  ● Test suite failed to run\n\n    load\n\n      at Object.<anonymous> (b.test.js:1:7)"
    return {
        "numFailedTests": 1,
        "numPassedTests": 2,
        "numPendingTests": 1,
        "numRuntimeErrorTestSuites": 1,
        "numTodoTests": 1,
        "numTotalTests": 5,
        "testResults": [
            {"assertionResults": [own], "message": "", "name": "/p/a.test.js", "status": "failed"},
            {"assertionResults": [], "message": broken, "name": "/p/b.test.js", "status": "failed"},
        ],
    } | fields


def vitest() -> dict[str, Any]:
    report = jest()
    del report["numRuntimeErrorTestSuites"]
    return report


MOCHA = {
    "stats": {"suites": 1, "tests": 4, "passes": 2, "pending": 1, "failures": 1, "duration": 1500},
    "failures": [
        {
            "title": "two",
            "fullTitle": "suite two",
            "file": "/p/m.js",
            "err": {"message": "boom", "stack": "Error: boom\n    at Context.<anonymous> (m.js:5:51)"},
        }
    ],
}
PYTEST = {  # pytest-json-report: the last two tests are what it calls an error
    "exitcode": 1,
    "duration": 0.5,
    "summary": {"passed": 1, "xfailed": 1, "error": 2, "total": 4},
    "collectors": [
        {"nodeid": "test_b.py", "outcome": "failed", "longrepr": "test_b.py:1: in <module>\nE   ImportError: x"}
    ],
    "tests": [
        {"nodeid": "a", "outcome": "passed", "call": {"outcome": "passed"}},
        {"nodeid": "b", "outcome": "xfailed", "call": {"outcome": "skipped"}},
        {
            "nodeid": "c",
            "outcome": "error",
            "setup": {"outcome": "failed", "crash": {"path": "t.py", "lineno": 4, "message": "no"}},
        },
        {
            "nodeid": "d",
            "outcome": "error",
            "call": {"outcome": "passed"},
            "teardown": {"outcome": "failed", "longrepr": "E   end"},
        },
    ],
}
CTRF = {
    "results": {
        "tool": {"name": "Playwright"},
        "summary": {
            "tests": 6,
            "passed": 2,
            "failed": 1,
            "pending": 1,
            "skipped": 1,
            "other": 1,
            "start": 1000,
            "stop": 4000,
        },
        "tests": [
            {"name": "ok", "status": "passed", "duration": 1},
            {"name": "bad", "status": "failed", "duration": 1, "message": "boom", "filePath": "a.spec.ts", "line": 9},
        ],
    }
}
REPORTLOG = [
    {"pytest_version": "9", "$report_type": "SessionStart"},
    {
        "nodeid": "test_b.py",
        "outcome": "failed",
        "longrepr": "test_b.py:1: in\nE   ImportError: x",
        "$report_type": "CollectReport",
    },
    *(
        {"nodeid": "a", "outcome": "passed", "when": when, "$report_type": "TestReport"}
        for when in ("setup", "call", "teardown")
    ),
    {"nodeid": "x", "outcome": "skipped", "when": "call", "wasxfail": "", "$report_type": "TestReport"},
    {"nodeid": "s", "outcome": "skipped", "when": "setup", "$report_type": "TestReport"},
    {
        "nodeid": "b",
        "outcome": "failed",
        "when": "call",
        "longrepr": {"reprcrash": {"path": "/p/t.py", "lineno": 3, "message": "assert 42 == 41"}},
        "$report_type": "TestReport",
    },
    {"exitstatus": 1, "$report_type": "SessionFinish"},
]


def lines(rows: list[Any]) -> str:
    return "\n".join(map(json.dumps, rows))


@pytest.mark.parametrize(
    ("report", "run", "failures"),
    [
        pytest.param(
            json.dumps(jest()),
            TestRun("jest", 2, 1, 1, 2),
            [("bad", "/p/a.test.js", 3), ("/p/b.test.js", "b.test.js", 1)],
            id="jest",
        ),
        pytest.param(
            json.dumps(vitest()),
            TestRun("vitest", 2, 1, 1, 2),
            [("bad", "/p/a.test.js", 3), ("/p/b.test.js", "b.test.js", 1)],
            id="vitest",
        ),
        pytest.param(
            json.dumps(MOCHA, indent=2), TestRun("mocha", 2, 1, 0, 1, 0, 1.5), [("suite two", "m.js", 5)], id="mocha"
        ),
        pytest.param(
            json.dumps(PYTEST),
            TestRun("pytest", 2, 0, 3, 0, 1, 0.5),
            [("test_b.py", "test_b.py", 1), ("c", "t.py", 4), ("d", None, None)],
            id="pytest-json-report",
        ),
        pytest.param(json.dumps(CTRF), TestRun("playwright", 2, 1, 0, 3, 0, 3.0), [("bad", "a.spec.ts", 9)], id="CTRF"),
        pytest.param(
            lines(REPORTLOG),
            TestRun("pytest", 1, 1, 1, 1, 1),
            [("test_b.py", "test_b.py", 1), ("b", "/p/t.py", 3)],
            id="pytest-reportlog",
        ),
    ],
)
def test_a_report_is_counted_exactly(report: str, run: TestRun, failures: list[tuple[str, str, int]]) -> None:
    results = results_in(report)

    assert results is not None
    assert results.runs == (run,)
    assert [(failure.test, failure.file, failure.line) for failure in results.failures] == failures


def test_a_report_is_found_among_what_else_was_printed() -> None:
    results = results_in(f"> m@1.0.0 test\n> jest --json\n\n{json.dumps(jest())}\nDone in 2 s.\n{lines(REPORTLOG)}\n")

    assert results is not None
    assert [run.runner for run in results.runs] == ["jest", "pytest"]


def test_reports_of_one_runner_are_added_up() -> None:
    results = results_in(f"{json.dumps(MOCHA)}\n{json.dumps(MOCHA)}\n")

    assert results is not None
    assert results.runs == (TestRun("mocha", 4, 2, 0, 2, 0, 3.0),)


def test_a_package_that_fails_beside_its_tests_is_an_error() -> None:
    rows = [
        {"Action": "run", "Package": "m", "Test": "TestA"},
        {"Action": "pass", "Package": "m", "Test": "TestA", "Elapsed": 0},
        {"Action": "output", "Package": "m", "Output": "main_test.go:9: cleanup failed\n"},
        {"Action": "fail", "Package": "m", "Elapsed": 0.25},
        {"ImportPath": "n [n.test]", "Action": "build-output", "Output": "n/b.go:2:23: cannot use x\n"},
        {"ImportPath": "n [n.test]", "Action": "build-fail"},
        {"Action": "fail", "Package": "n", "Elapsed": 0, "FailedBuild": "n [n.test]"},
    ]

    results = results_in(lines(rows))

    assert results is not None
    assert results.runs == (TestRun("go", 1, 0, 2, 0, 0, 0.25),)
    assert [(failure.test, failure.file, failure.line) for failure in results.failures] == [
        ("m", "main_test.go", 9),
        ("n", "n/b.go", 2),
    ]


@pytest.mark.parametrize("rows", [REPORTLOG[:-1], [{"type": "test", "event": "failed", "name": "a", "stdout": "x"}]])
def test_a_stream_that_was_cut_off_counts_nothing_but_names_what_failed(rows: list[Any]) -> None:
    results = results_in(lines(rows))

    assert results is not None
    assert not results.runs
    assert results.failures


def test_eslints_warnings_are_no_errors() -> None:
    messages = [
        {"ruleId": "no-undef", "severity": 2, "message": "'foo' is not defined.", "line": 2},
        {"ruleId": "no-unused-vars", "severity": 1, "message": "'a' is unused.", "line": 1},
    ]

    results = results_in(json.dumps([{"filePath": "/p/e.js", "messages": messages, "errorCount": 1}]))

    assert results is not None
    assert [(f.test, f.message, f.file, f.line) for f in results.failures] == [
        ("eslint no-undef", "'foo' is not defined.", "/p/e.js", 2)
    ]


def test_what_a_report_quotes_is_cleaned_redacted_and_bounded() -> None:
    error = {"message": f"\x1b[31mtoken {TOKEN}\x1b[0m\u202e {'x' * 5_000}"}
    failures = [{"fullTitle": f"a\nb \x07{TOKEN}", "err": error}] * (MAX_TESTS + 5)

    results = results_in(json.dumps(MOCHA | {"failures": failures}))

    assert results is not None
    assert len(results.failures) == MAX_TESTS
    failure = results.failures[0]
    assert failure.test == "a b [redacted:github-token]"
    assert failure.message.startswith("token [redacted:github-token] xxx")
    assert len(failure.message) == MAX_EXCERPT


@pytest.mark.parametrize(
    "fields",
    [
        {"numPassedTests": -1},
        {"numPassedTests": "2"},
        {"numPassedTests": True},
        {"numPassedTests": 10**400},
        {"numPassedTests": None},
        {"testResults": {}},
    ],
    ids=str,
)
def test_a_report_with_impossible_counts_is_none(fields: dict[str, Any]) -> None:
    assert results_in(json.dumps(jest(**fields))) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        '{"numTotalTests": 1',
        '{"a": ' * 100_000,
        '{"numTotalTests": ' * 100_000,
        "{" * 10,
        "[]",
        "{}\n[]",
        '{"Action": "login", "type": "a", "event": "b", "reason": "c"}',
    ],
    ids=["empty", "prose", "cut", "deep", "deep, with a hint", "braces", "nothing", "nothing twice", "a program's log"],
)
def test_what_is_no_report_gives_none(text: str) -> None:
    assert results_in(text) is None


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "numPassedTests",
                        "numTotalTests",
                        "testResults",
                        "assertionResults",
                        "status",
                        "failureMessages",
                    ),
                    *("stats", "failures", "err", "summary", "exitcode", "tests", "results", "tool", "extra", "call"),
                    *("filePath", "messages", "filename", "code", "location", "Action", "Package", "Test", "Output"),
                    *("type", "event", "reason", "message", "spans", "$report_type", "outcome", "longrepr", "when"),
                ]
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=20,
)


@given(value=_JSON)
def test_json_of_any_shape_is_survived(value: object) -> None:
    results_in(json.dumps(value))
    results_in(f'{{"results": {json.dumps(value)}}}')


@pytest.mark.parametrize(
    ("trace", "place"),
    [
        pytest.param(
            'File "/p/a.py", line 3, in f\n  File "/x/site-packages/y.py", line 9, in g', ("/p/a.py", 3), id="python"
        ),
        pytest.param(
            ">   assert a\nE   assert 0\n\ntests/test_a.py:5: AssertionError", ("tests/test_a.py", 5), id="pytest"
        ),
        pytest.param(
            "Error\n    at x (node:internal/a.js:1:1)\n    at f (file:///p/a.mjs:4:28)", ("/p/a.mjs", 4), id="node"
        ),
        pytest.param(
            "\tat org.junit.Assert.fail(Assert.java:89)\n\tat com.x.T.t(T.java:12)", ("T.java", 12), id="java"
        ),
        pytest.param(
            "panic\n\t/usr/lib/go/src/testing/testing.go:1 +0x2\n\t/p/p_test.go:4 +0x2", ("/p/p_test.go", 4), id="go"
        ),
        pytest.param("ran at 12:30:01, version 1.2:3", None, id="no place"),
    ],
)
def test_the_place_of_a_failure_is_in_the_projects_own_code(trace: str, place: tuple[str, int] | None) -> None:
    assert place_in(trace) == place
