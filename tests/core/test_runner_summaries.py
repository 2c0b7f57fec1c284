from typing import Any

import pytest

from tremaux_tools.core.runners import RUNNERS, TestRun, read_tests


def ran(runner: str, passed: int = 0, failed: int = 0, errors: int = 0, skipped: int = 0, **more: Any) -> TestRun:
    return TestRun(runner, passed, failed, errors, skipped, **more)


def lines(*of_log: str) -> str:
    return "\n".join(of_log)


# What each runner printed, cut to its summary, and what its machine-readable report said.
SUMMARIES = [
    pytest.param(
        "==== 14 failed, 142 passed, 3 skipped, 2 warnings in 4.94s ====",
        ran("pytest", 142, 14, skipped=3, duration_s=4.94),
        id="pytest",
    ),
    pytest.param("156 passed in 3.24s", ran("pytest", 156, duration_s=3.24), id="pytest quiet"),
    pytest.param(
        "===== 1 failed, 1 passed, 1 skipped, 1 xfailed, 1 xpassed, 1 error in 75.10s (0:01:15) =====",
        ran("pytest", 2, 1, 1, 1, xfailed=1, duration_s=75.1),
        id="pytest with all its words",
    ),
    pytest.param(
        "== 5 passed, 2 deselected, 4 subtests passed in 0.12 seconds ==",
        ran("pytest", 5, duration_s=0.12),
        id="pytest of old with deselected tests and subtests",
    ),
    pytest.param(
        lines(
            "collected 0 items",
            "",
            "==== no tests ran in 0.01s ====",
        ),
        ran("pytest", duration_s=0.01),
        id="pytest without tests",
    ),
    pytest.param(
        lines(
            "Ran 16 tests in 0.345s",
            "",
            "OK",
        ),
        ran("unittest", 16, duration_s=0.345),
        id="unittest passing",
    ),
    pytest.param(
        lines(
            "Ran 6 tests in 0.002s",
            "",
            "FAILED (failures=1, errors=1, skipped=1, expected failures=1, unexpected successes=1)",
        ),
        ran("unittest", 1, 2, 1, 1, xfailed=1, duration_s=0.002),
        id="unittest with all its words",
    ),
    pytest.param(
        lines(
            "Ran 0 tests in 0.000s",
            "",
            "NO TESTS RAN",
        ),
        ran("unittest", duration_s=0.0),
        id="unittest without tests",
    ),
    pytest.param(
        lines(
            "Ran 3 tests in 0.010s",
            "",
            "OK (SKIP=1)",
        ),
        ran("unittest", 2, skipped=1, duration_s=0.01),
        id="nose",
    ),
    pytest.param(
        lines(
            "FAIL: test_many (tests.test_stock.StockTest.test_many) (n=1)",
            "AssertionError: 2 != 1",
            "FAIL: test_many (tests.test_stock.StockTest.test_many) (n=2)",
            "FAIL: test_take (tests.test_stock.StockTest.test_take)",
            "Ran 8 tests in 0.005s",
            "",
            "FAILED (failures=3, skipped=1)",
        ),
        ran("unittest", 5, 3, skipped=1, duration_s=0.005),
        id="unittest with failing subtests",
    ),
    pytest.param(
        lines(
            "ERROR: setUpClass (tests.test_stock.StockTest)",
            "ERROR: tearDownModule (tests.test_report)",
            "Ran 2 tests in 0.001s",
            "",
            "FAILED (errors=2)",
        ),
        ran("unittest", 2, errors=2, duration_s=0.001),
        id="unittest with broken fixtures of a class and a module",
    ),
    pytest.param(
        lines(
            "FAIL: order (printed by a test)",
            "FAIL: order (printed by a test)",
            "Ran 2 tests in 0.001s",
            "",
            "OK",
        ),
        ran("unittest", 2, duration_s=0.001),
        id="unittest passing, with headings that its tests print",
    ),
    pytest.param(
        lines(
            "Ran 13 tests in 0.332s",
            "",
            "OK (skipped=1)",
            "FAILED (failures=3)",
        ),
        ran("unittest", 12, skipped=1, duration_s=0.332),
        id="unittest, then what the tests printed",
    ),
    pytest.param(
        lines(
            "Test Suites: 4 passed, 4 total",
            "Tests:       1 skipped, 1 todo, 168 passed, 170 total",
            "Snapshots:   0 total",
            "Time:        3.5 s, estimated 4 s",
        ),
        ran("jest", 168, skipped=2, duration_s=3.5),
        id="jest passing",
    ),
    pytest.param(
        lines(
            "FAIL a.test.js",
            "  ● Test suite failed to run",
            "",
            "    SyntaxError: x",
            "",
            "FAIL b.test.js",
            "  ● Test suite failed to run",
            "",
            "Test Suites: 3 failed, 3 total",
            "Tests:       1 failed, 1 passed, 2 total",
        ),
        ran("jest", 1, 1, 2),
        id="jest with suites that fail to run",
    ),
    pytest.param(
        lines(
            "  ● Test suite failed to run",
            "Summary of all failing tests",
            "  ● Test suite failed to run",
            "Tests:       30 passed, 30 total",
        ),
        ran("jest", 30, errors=1),
        id="jest telling its failures twice",
    ),
    pytest.param(
        lines(
            " Test Files  1 passed (1)",
            "      Tests  377 passed | 1 expected fail | 1 skipped | 1 todo (380)",
            "   Start at  00:14:03",
            "   Duration  4.46s (transform 1.52s, tests 1.37s)",
        ),
        ran("vitest", 377, skipped=2, xfailed=1, duration_s=4.46),
        id="vitest passing",
    ),
    pytest.param(
        lines(
            "⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯",
            " Test Files  2 failed | 1 passed (3)",
            "      Tests  1 failed | 2 passed (3)",
            "     Errors  1 error",
            "   Start at  02:29:41",
        ),
        ran("vitest", 2, 1, 2),
        id="vitest with a broken file and a stray error",
    ),
    pytest.param(
        lines(
            "⎯⎯ Failed Suites 1 ⎯⎯",
            " Test Files  1 failed (1)",
            "      Tests  no tests",
            "   Start at  02:29:41",
        ),
        ran("vitest", errors=1),
        id="vitest without tests",
    ),
    pytest.param(
        lines(
            " Test Files   (1)",
            "      Tests  1 failed | 2 passed (376)",
            "     Errors  1 error",
            "   Start at  00:22:36",
            "   Duration  3.20s (transform 1.54s, tests 0ms)",
        ),
        ran("vitest", 2, 1, 1, 373, duration_s=3.2),
        id="vitest with a worker that died before its other tests",
    ),
    pytest.param(
        lines(
            " Test Files   (1)",
            "      Tests   (376)",
            "     Errors  1 error",
            "   Start at  00:22:36",
        ),
        ran("vitest", errors=1, skipped=376),
        id="vitest with a worker that died before its tests",
    ),
    pytest.param(
        lines(
            "  204 passing (352ms)",
            "  3 pending",
            "  49 failing",
            "",
            "  1) a",
        ),
        ran("mocha", 204, 49, skipped=3, duration_s=0.352),
        id="mocha",
    ),
    pytest.param(
        lines(
            "  ✔ ok",
            "  ✔ ok2",
            "  ✘ [fail]: bad",
            "  ✔ [expected fail] kf",
            "  ─",
            "",
            "  bad",
            "",
            "  ─",
            "",
            "  1 test failed",
            "  1 known failure",
            "  1 test skipped",
            "  1 test todo",
        ),
        ran("ava", 2, 1, skipped=2, xfailed=1),
        id="ava failing",
    ),
    pytest.param(
        lines(
            "  ✔ ok",
            "  ─",
            "",
            "  1 test passed",
        ),
        ran("ava", 1),
        id="ava passing",
    ),
    pytest.param(
        lines(
            "  ─",
            "",
            "  1 hook failed",
            "  1 uncaught exception",
        ),
        ran("ava", errors=2),
        id="ava with a broken hook",
    ),
    pytest.param(
        lines(
            "Running 8 tests using 1 worker",
            "  2 failed",
            "    a.spec.js:2:20 bad",
            "  1 flaky",
            "  2 skipped",
            "  1 did not run",
            "  3 passed (3.4s)",
        ),
        ran("playwright", 4, 2, skipped=3, duration_s=3.4),
        id="playwright",
    ),
    pytest.param("5 specs, 1 failure, 1 pending spec", ran("jasmine", 3, 1, skipped=1), id="jasmine"),
    pytest.param(
        lines(
            " 1 pass",
            " 1 skip",
            " 1 todo",
            " 2 fail",
            " 1 error",
            " 2 expect() calls",
            "Ran 5 tests across 2 files. [78.00ms]",
        ),
        ran("bun", 1, 2, skipped=2, duration_s=0.078),
        id="bun",
    ),
    pytest.param(
        "FAILED | 2 passed (1 step) | 1 failed | 1 ignored (25ms)",
        ran("deno", 2, 1, skipped=1, duration_s=0.025),
        id="deno",
    ),
    pytest.param(
        lines(
            "\u2139 tests 8",
            "\u2139 suites 1",
            "\u2139 pass 3",
            "\u2139 fail 2",
            "\u2139 cancelled 1",
            "\u2139 skipped 1",
            "\u2139 todo 1",
            "\u2139 duration_ms 712.471",
        ),
        ran("node", 3, 2, 1, 2, duration_s=0.712471),
        id="node --test, spec",
    ),
    pytest.param(
        lines(
            "TAP version 13",
            "ok 1 - adds",
            "not ok 2 - s",
            "1..2",
            "# tests 8",
            "# suites 1",
            "# pass 3",
            "# fail 2",
            "# cancelled 1",
            "# skipped 1",
            "# todo 1",
            "# duration_ms 704.42",
        ),
        ran("node", 3, 2, 1, 2, duration_s=0.70442),
        id="node --test, TAP",
    ),
    pytest.param(
        lines(
            "TAP version 13",
            "ok 1 a",
            "not ok 2 b",
            "ok 3 no # SKIP",
            "not ok 4 c # TODO",
            "",
            "1..4",
            "# tests 4",
            "# pass  3",
            "# fail  1",
        ),
        ran("tap", 1, 1, skipped=1, xfailed=1),
        id="tape",
    ),
    pytest.param(
        lines(
            "# tests 252",
            "# pass  247",
            "# fail  5",
        ),
        ran("tap", 247, 5),
        id="tape after grep",
    ),
    pytest.param(
        lines(
            "1..3",
            "ok 1 - a",
            "not ok 2 - b",
            "ok 3",
            "Bail out!",
        ),
        ran("tap", 2, 1, 1),
        id="TAP that bails out",
    ),
    pytest.param(
        lines(
            "ok 1 x ok",
            "not ok 2 x bad",
            "ok 3 x s # SKIP -",
            "# tests 3",
            "# pass 1",
            "# fail 1",
            "1..3",
        ),
        ran("tap", 1, 1, skipped=1),
        id="mocha, TAP",
    ),
    pytest.param(
        lines(
            "pl/a.t .. ",
            "ok 1",
            "not ok 2",
            "1..2",
            "Failed 1/4 subtests ",
            "\t(less 1 skipped subtest: 2 okay)",
            "pl/b.t .. ok",
            "Files=2, Tests=5,  0 wallclock secs ( 0.02 usr)",
            "Result: FAIL",
        ),
        ran("prove", 3, 1, skipped=1),
        id="prove",
    ),
    pytest.param(
        lines(
            "All 1 subtests passed ",
            "Files=1, Tests=1,  0 wallclock secs",
            "Result: FAIL",
        ),
        ran("prove", 1, errors=1),
        id="prove with a script that died",
    ),
    pytest.param(
        lines(
            "Failed 4/4 subtests ",
            "  Parse errors: Bad plan.  You planned 4 tests but ran 0.",
            "Files=2, Tests=3,  0 wallclock secs",
            "Result: FAIL",
        ),
        ran("prove", 3, 4),
        id="prove with planned tests that did not run",
    ),
    pytest.param(
        lines(
            "=== RUN   TestSub",
            "=== RUN   TestSub/a",
            "--- FAIL: TestSub (0.00s)",
            "    --- PASS: TestSub/a (0.00s)",
            "    --- SKIP: TestSub/b (0.00s)",
            "FAIL",
            "FAIL\tx.y/z/p1\t0.004s",
            "=== RUN   TestOk",
            "--- PASS: TestOk (0.00s)",
            "PASS",
            "ok  \tx.y/z/p2\t0.003s",
            "FAIL\tx.y/z/p3 [build failed]",
            "FAIL",
        ),
        ran("go", 2, 1, 1, 1),
        id="go test -v",
    ),
    pytest.param(
        lines(
            "=== RUN   TestOk",
            "--- PASS: TestOk (0.00s)",
            "ok  \tx.y/z/p2\t0.003s",
            "",
            "DONE 44 tests, 1 skipped, 2 failures, 1 error in 0.123s",
        ),
        ran("gotestsum", 40, 2, 1, 1, duration_s=0.123),
        id="gotestsum",
    ),
    pytest.param(
        lines(
            "    Finished `test` profile [unoptimized + debuginfo] target(s) in 0.02s",
            "test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 1s",
        ),
        ran("cargo", 2, 1, skipped=1, duration_s=1.0),
        id="cargo test, two binaries",
    ),
    pytest.param(
        "     Summary [   0.012s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 2 skipped",
        ran("nextest", 3, 2, skipped=2, duration_s=0.012),
        id="cargo nextest",
    ),
    pytest.param(
        lines(
            "40% tests passed, 3 tests failed out of 5",
            "",
            "Total Test time (real) =   1.01 sec",
            "",
            "The following tests did not run:",
            "\t  3 - skip (Skipped)",
            "\t  4 - dis (Disabled)",
            "",
        ),
        ran("ctest", 1, 3, skipped=1, duration_s=1.01),
        id="ctest",
    ),
    pytest.param("No tests were found!!!", ran("ctest"), id="ctest without tests"),
    pytest.param(
        lines(
            "[==========] Running 5 tests from 2 test suites.",
            "[  FAILED  ] Foo.Bar (0 ms)",
            "[==========] 5 tests from 2 test suites ran. (3 ms total)",
            "[  PASSED  ] 3 tests.",
            "[  SKIPPED ] 1 test, listed below:",
            "[  FAILED  ] 1 test, listed below:",
            "[  FAILED  ] Foo.Bar",
            "",
            " 1 FAILED TEST",
        ),
        ran("googletest", 3, 1, skipped=1, duration_s=0.003),
        id="googletest",
    ),
    pytest.param(
        lines(
            "Passed!  - Failed:     0, Passed:     5, Skipped:     0, Total:     5, Duration: 12 ms - a.dll",
            "Failed!  - Failed:     1, Passed:     2, Skipped:     1, Total:     4, Duration: 1 s - b.dll",
        ),
        ran("dotnet", 7, 1, skipped=1, duration_s=1.012),
        id="dotnet test, two projects",
    ),
    pytest.param(
        lines(
            "Test Run Failed.",
            "Total tests: 4",
            "     Passed: 2",
            "     Failed: 1",
            "    Skipped: 1",
            " Total time: 1.5 Seconds",
        ),
        ran("dotnet", 2, 1, skipped=1),
        id="vstest",
    ),
    pytest.param(
        "Test summary: total: 5, failed: 1, succeeded: 4, skipped: 0, duration: 1.2s",
        ran("dotnet", 4, 1, duration_s=1.2),
        id="dotnet's terminal logger",
    ),
    pytest.param(
        lines(
            "[INFO] Scanning for projects...",
            "[ERROR] Tests run: 5, Failures: 0, Errors: 4, Skipped: 0, Time elapsed: 1 s <<< FAILURE! - a.B",
            "[ERROR] Tests run: 98, Failures: 1, Errors: 49, Skipped: 2",
            "[WARNING] Tests run: 7, Failures: 0, Errors: 0, Skipped: 1",
        ),
        ran("surefire", 52, 1, 49, 3),
        id="maven, two modules",
    ),
    pytest.param(
        lines(
            "> Task :test FAILED",
            "",
            "5 tests completed, 1 failed, 1 skipped",
            "",
            "BUILD FAILED in 3s",
        ),
        ran("gradle", 3, 1, skipped=1, duration_s=3.0),
        id="gradle",
    ),
    pytest.param("[info] Passed: Total 5, Failed 0, Errors 0, Passed 5", ran("sbt", 5), id="sbt"),
    pytest.param(
        lines(
            "[         5 tests found           ]",
            "[         1 tests skipped         ]",
            "[         3 tests successful      ]",
            "[         1 tests failed          ]",
        ),
        ran("junit", 3, 1, skipped=1),
        id="junit console",
    ),
    pytest.param(
        lines(
            "1 feature passed, 1 failed, 0 skipped",
            "3 scenarios passed, 1 failed, 2 skipped",
            "9 steps passed, 1 failed, 4 skipped",
            "Took 0min 0.002s",
        ),
        ran("behave", 3, 1, skipped=2),
        id="behave",
    ),
    pytest.param(
        lines("A.B | PASS |", "1 test, 1 passed, 0 failed", "A   | FAIL |", "4 tests, 2 passed, 1 failed, 1 skipped"),
        ran("robot", 2, 1, skipped=1),
        id="robot",
    ),
    pytest.param("4 examples, 1 failure, 2 pending", ran("rspec", 1, 1, skipped=2), id="rspec"),
    pytest.param(
        "0 examples, 0 failures, 1 error occurred outside of examples",
        ran("rspec", errors=1),
        id="rspec with a file that does not load",
    ),
    pytest.param("4 runs, 2 assertions, 1 failures, 1 errors, 1 skips", ran("minitest", 1, 1, 1, 1), id="minitest"),
    pytest.param(
        "3 tests, 2 assertions, 1 failures, 0 errors, 0 pendings, 1 omissions, 0 notifications",
        ran("test-unit", 1, 1, skipped=1),
        id="test-unit",
    ),
    pytest.param("OK (1 test, 1 assertion)", ran("phpunit", 1), id="phpunit passing"),
    pytest.param(
        lines(
            "ERRORS!",
            "Tests: 6, Assertions: 2, Errors: 1, Failures: 1, Skipped: 1, Incomplete: 1, Risky: 1.",
        ),
        ran("phpunit", 2, 1, 1, 2),
        id="phpunit",
    ),
    pytest.param(
        lines(
            "  Tests:    1 failed, 1 skipped, 5 passed (7 assertions)",
            "  Duration: 0.12s",
        ),
        ran("pest", 5, 1, skipped=1),
        id="pest",
    ),
    pytest.param("1 doctest, 5 tests, 1 failure, 1 skipped", ran("exunit", 4, 1, skipped=1), id="exunit"),
]


@pytest.mark.parametrize(("text", "expected"), SUMMARIES)
def test_counts_are_those_of_the_runners_own_report(text: str, expected: TestRun) -> None:
    assert read_tests(text) == (expected,)


@pytest.mark.parametrize(("text", "expected"), SUMMARIES)
def test_time_stamps_carriage_returns_and_colours_change_no_count(text: str, expected: TestRun) -> None:
    dressed = "".join(
        f"2026-01-01T10:00:00.1234567Z \x1b[31m{line}\x1b[0m\r\n" for line in f"before\n{text}\nafter".split("\n")
    )

    assert read_tests(dressed) == (expected,)


def test_every_runner_has_a_golden_summary() -> None:
    seen = {run.runner for case in SUMMARIES for run in (case.values[1],) if isinstance(run, TestRun)}

    assert {getattr(runner, "runner", None) for runner in RUNNERS} - {None} <= seen
