"""Where to look first, in logs of many runners: the telling line, its number, and the place in the project."""

from textwrap import dedent
from typing import NamedTuple

import pytest

from tremaux_tools.core.postflight.assessor import assess
from tremaux_tools.core.postflight.report import MAX_EXCERPT


class Case(NamedTuple):
    """A log that failed, and what its root cause must say."""

    log: str
    says: str  #: a part of the excerpt
    line: int
    place: tuple[str | None, int | None]


CASES = {
    "pytest": Case(
        """\
        _______________ test_total _______________

            def test_total():
        >       assert total([1]) == 42
        E       assert 41 == 42

        tests/test_cart.py:7: AssertionError
        FAILED tests/test_cart.py::test_total - assert 41 == 42
        1 failed, 2 passed in 0.12s
        """,
        "assert 41 == 42",
        5,
        ("tests/test_cart.py", 7),
    ),
    "pytest with nothing but its summary": Case(
        """\
        ..F
        FAILED tests/test_cart.py::test_total - assert 41 == 42
        1 failed, 2 passed in 0.12s
        """,
        "assert 41 == 42",
        2,
        (None, None),
    ),
    "unittest": Case(
        """\
        ERROR: test_load (tests.test_io.IoTest.test_load)
        ----------------------------------------------------------------------
        Traceback (most recent call last):
          File "/home/ana/shop/tests/test_io.py", line 9, in test_load
            load("x")
          File "/home/ana/shop/shop/io.py", line 3, in load
            return json.loads(text)
          File "/usr/lib/python3.12/json/__init__.py", line 346, in loads
            return _default_decoder.decode(s)
        json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)

        Ran 3 tests in 0.001s

        FAILED (errors=1)
        """,
        "JSONDecodeError: Expecting value",
        10,
        ("/home/ana/shop/shop/io.py", 3),
    ),
    "jest": Case(
        """\
        FAIL src/cart.test.js
          ● Cart › adds up

            expect(received).toBe(expected) // Object.is equality

            Expected: 42
            Received: 41

              5 | test('adds up', () => {
            > 6 |   expect(total()).toBe(42);

              at Object.<anonymous> (src/cart.test.js:6:19)

        Tests:       1 failed, 4 passed, 5 total
        """,
        "Expected: 42\nReceived: 41",
        6,
        ("src/cart.test.js", 6),
    ),
    "a suite of jest that does not load": Case(
        """\
        FAIL src/cart.test.js
          ● Test suite failed to run

            Cannot find module 'dayjs' from 'src/cart.js'

              at Resolver._throw (node_modules/jest-resolve/build/index.js:427:11)
              at Object.<anonymous> (src/cart.js:1:15)

        Tests:       0 total
        """,
        "Cannot find module 'dayjs'",
        2,
        ("src/cart.js", 1),
    ),
    "mocha": Case(
        """\
          Cart
            1) adds up

          0 passing (4ms)
          1 failing

          1) Cart
               adds up:
             AssertionError [ERR_ASSERTION]: 41 == 42
              at Context.<anonymous> (test/cart.js:8:12)
        """,
        "AssertionError [ERR_ASSERTION]: 41 == 42",
        9,
        ("test/cart.js", 8),
    ),
    "go": Case(
        """\
        === RUN   TestTotal
            cart_test.go:12: got 41, want 42
        --- FAIL: TestTotal (0.00s)
        FAIL
        FAIL\texample.org/cart\t0.003s
        """,
        "got 41, want 42",
        2,
        ("cart_test.go", 12),
    ),
    "go, whose passing tests log too": Case(
        """\
        === RUN   TestRetry
            net_test.go:5: failed once, as expected
        --- PASS: TestRetry (0.00s)
        === RUN   TestTotal
            cart_test.go:12: got 41, want 42
        --- FAIL: TestTotal (0.00s)
        === RUN   TestSkipped
            net_test.go:9: needs a network
        --- SKIP: TestSkipped (0.00s)
        FAIL
        """,
        "got 41, want 42",
        5,
        ("cart_test.go", 12),
    ),
    "googletest": Case(
        """\
        [ RUN      ] Area.Multiplies
        area_test.cc:9: Failure
        Expected equality of these values:
          area(2, 3)
            Which is: 5
          6
        [  FAILED  ] Area.Multiplies (0 ms)
        [  FAILED  ] 1 test, listed below:
        """,
        "Which is: 5",
        3,
        ("area_test.cc", 9),
    ),
    "cargo": Case(
        """\
        running 1 test
        test total ... FAILED

        ---- total stdout ----
        thread 'total' panicked at src/lib.rs:14:9:
        assertion `left == right` failed
          left: 41
         right: 42

        test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
        """,
        "left: 41\nright: 42",
        7,
        ("src/lib.rs", 14),
    ),
    "rustc": Case(
        """\
        error[E0308]: mismatched types
         --> src/lib.rs:3:5
          |
        3 |     "x"
          |     ^^^ expected `u32`, found `&str`

        error: could not compile `cart` (lib) due to 1 previous error
        """,
        "mismatched types",
        1,
        ("src/lib.rs", 3),
    ),
    "gcc": Case(
        """\
        cc -c main.c
        main.c: In function 'main':
        main.c:4:12: error: 'wdith' undeclared (first use in this function)
            4 |     return wdith;
        make: *** [Makefile:3: main.o] Error 1
        """,
        "'wdith' undeclared",
        3,
        ("main.c", 4),
    ),
    "eslint": Case(
        """\
        /home/ana/shop/src/cart.js
          3:5  warning  Unexpected console statement  no-console
          9:1  error    'total' is not defined        no-undef

        ✖ 2 problems (1 error, 1 warning)
        """,
        "'total' is not defined",
        3,
        ("/home/ana/shop/src/cart.js", 9),
    ),
    "ruff": Case(
        """\
        F401 [*] `os` imported but unused
         --> shop/cart.py:3:8
          |
        3 | import os

        Found 1 error.
        """,
        "F401 [*] `os` imported but unused",
        2,
        ("shop/cart.py", 3),
    ),
    "java, which says last what caused it": Case(
        """\
        [ERROR] testLoad  Time elapsed: 0.01 s  <<< ERROR!
        java.lang.IllegalStateException: cannot start
        \tat shop.App.start(App.java:9)
        Caused by: java.io.IOException: port 80 is taken
        \tat shop.Net.bind(Net.java:31)
        """,
        "port 80 is taken",
        4,
        ("Net.java", 31),
    ),
    "node --test": Case(
        """\
        not ok 1 - adds up
          ---
          duration_ms: 1.5
          location: '/home/ana/shop/test/cart.test.js:5:1'
          failureType: 'testCodeFailure'
          error: 'Expected values to be strictly equal:'
          code: 'ERR_ASSERTION'
          expected: 42
          actual: 41
          operator: 'strictEqual'
          ...
        # tests 1
        # suites 0
        # pass 0
        # fail 1
        """,
        "expected: 42\nactual: 41",
        8,
        (None, None),
    ),
    "rspec": Case(
        """\
        Failures:

          1) Cart adds up
             Failure/Error: expect(total).to eq(42)

               expected: 42
                    got: 41

             # ./spec/cart_spec.rb:6:in `block (2 levels) in <top (required)>'

        1 example, 1 failure
        """,
        "expected: 42\ngot: 41",
        6,
        ("./spec/cart_spec.rb", 6),
    ),
    "cmake": Case(
        """\
        -- The C compiler identification is GNU 12.2.0
        CMake Error at CMakeLists.txt:5 (find_package):
          Could not find a package configuration file provided by "Fmt"

        -- Configuring incomplete, errors occurred!
        """,
        'Could not find a package configuration file provided by "Fmt"',
        2,
        ("CMakeLists.txt", 5),
    ),
    "npm": Case(
        """\
        npm error code ERESOLVE
        npm error ERESOLVE unable to resolve dependency tree
        npm error
        npm error Found: react@19.0.0
        npm error A complete log of this run can be found in: /root/.npm/_logs/x-debug-0.log
        """,
        "unable to resolve dependency tree",
        1,
        (None, None),
    ),
    "a command that does not exist": Case(
        "./gate.sh: line 3: ruff: command not found\n", "ruff: command not found", 1, ("./gate.sh", 3)
    ),
    "a runner nobody knows": Case(
        "checking a\nchecking b\nwidget b is missing its cog\nstopped\n", "widget b is missing its cog", 3, (None, None)
    ),
    "words nobody knows, from GitHub": Case(
        """\
        2026-01-02T03:04:05.1234567Z ##[group]Run ./deploy
        2026-01-02T03:04:05.1234567Z shell: /usr/bin/bash -e {0}
        2026-01-02T03:04:05.1234567Z ##[endgroup]
        2026-01-02T03:04:05.1234567Z the moon is full
        exit:1
        """,
        "the moon is full",
        4,
        (None, None),
    ),
    "words nobody knows": Case("$ ./deploy\nstep 1\nthe moon is full\n", "the moon is full", 1, (None, None)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_root_cause_is_the_line_that_tells_most(case: Case) -> None:
    cause = assess(dedent(case.log), 1).root_cause

    assert cause is not None
    assert case.says in cause.excerpt
    assert (cause.line, (cause.file, cause.file_line)) == (case.line, case.place)
    assert len(cause.excerpt) <= MAX_EXCERPT


def test_what_a_passing_test_logged_does_not_win() -> None:
    log = "ERROR: upstream refused\nRuntimeError: retrying\n" * 3 + dedent(CASES["pytest"].log)

    cause = assess(log, 1).root_cause

    assert cause is not None
    assert "assert 41 == 42" in cause.excerpt
    assert "retrying" not in cause.excerpt


def test_what_a_program_survived_does_not_win() -> None:
    log = "ValueError: row 7 is bad\nskipped\nValueError: row 9 is bad\nskipped\nerror: only 2 rows are left, need 3\n"

    cause = assess(log, 1).root_cause

    assert cause is not None
    assert (cause.line, "need 3" in cause.excerpt) == (5, True)


def test_what_an_earlier_command_complained_of_does_not_win() -> None:
    log = "$ make lint || true\nmain.c:1:1: error: no newline\n$ make test\nmain.c:9:2: error: 'x' undeclared\n"

    cause = assess(log, 2).root_cause

    assert cause is not None
    assert (cause.line, cause.file_line) == (4, 9)


def test_both_sides_of_a_difference_are_shown() -> None:
    log = dedent(
        """\
        E   AssertionError: assert 'a' == 'b'
        E     - b
        E     + a
        FAILED test_x.py::test_x
        1 failed in 0.1s
        """
    )

    cause = assess(log, 1).root_cause

    assert cause is not None
    assert cause.excerpt.split("\n")[1:] == ["E     - b", "E     + a"]


def test_a_run_that_passed_has_no_root_cause() -> None:
    assert assess("ValueError: handled\n3 passed in 0.1s\n", 0).root_cause is None


def test_secrets_and_control_sequences_never_reach_an_excerpt() -> None:
    log = "\x1b[31mRuntimeError: no access with password=hunter2hunter2\x1b[0m\n"

    report = assess(log, 1)

    assert report.root_cause is not None
    assert report.root_cause.excerpt == "RuntimeError: no access with password=[redacted:assigned]"
    assert report.redactions == 1
