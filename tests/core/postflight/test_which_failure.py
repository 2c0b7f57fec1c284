"""Which of the failures that a log tells of is the root cause, and which are its consequences or none at all."""

from textwrap import dedent

import pytest

from tremaux_tools.core.postflight.assessor import assess

RED_PYTEST = """\
===== test session starts =====
F
_____ test_{name} _____
E   assert {got} == 42
FAILED test_cart.py::test_{name} - assert {got} == 42
===== 1 failed in 0.10s =====
"""

CASES = {
    "jest, a passing test that writes of an error": (
        """\
FAIL ./cart.test.js
  ● Console

    console.error
      Error: this is expected

      at Object.error (cart.test.js:3:48)

  ● adds up

    expect(received).toBe(expected) // Object.is equality

    Expected: 3
    Received: 4

      at Object.toBe (cart.test.js:2:47)

FAIL ./other.test.js
  ● Test suite failed to run
""",
        "Received: 4",
        "this is expected",
    ),
    "vitest, a passing test that writes of an error": (
        """\
stderr | v/a.spec.mjs > survives
Error: refused, trying again
    at v/a.spec.mjs:9:3

 FAIL  v/a.spec.mjs > adds up
AssertionError: expected 4 to be 3
 ❯ v/a.spec.mjs:2:47

 Test Files  1 failed (1)
      Tests  1 failed | 1 passed (2)
""",
        "expected 4 to be 3",
        "refused",
    ),
    "a parent fails after its subtests (node --test)": (
        """\
        TAP version 13
        # Subtest: a year
            # Subtest: step 0
            not ok 1 - step 0
              ---
              failureType: 'testCodeFailure'
              error: 'no calendar for 2026'
              ...
            1..1
        not ok 1 - a year
          ---
          failureType: 'testCodeFailure'
          error: |-
            Expected values to be strictly equal:
          expected: 4
          actual: 1
          ...
        # tests 2
        # pass 0
        # fail 2
        """,
        "no calendar for 2026",
        "expected: 4",
    ),
    "a hook fails and cancels the tests (node --test)": (
        """\
        # Subtest: months
            # Subtest: reads
            not ok 1 - reads
              ---
              failureType: 'cancelledByParent'
              error: 'test did not finish before its parent and was cancelled'
              ...
            1..1
        not ok 1 - months
          ---
          failureType: 'hookFailed'
          error: 'locale data is missing'
          ...
        # tests 1
        # fail 0
        # cancelled 1
        """,
        "locale data is missing",
        "cancelled",
    ),
    "an error speaks of nothing that is there (node --test)": (
        """\
        ✖ step 0 (1.4ms)
          Error: no calendar for 2026
              at next (/home/ana/months/lib/date.js:6:35)

        ✖ a year (9.9ms)
          AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

          1 !== 4
        """,
        "Error: no calendar for 2026",
        "1 !== 4",
    ),
    "a file ends its process (node --test)": (
        """\
        not ok 1 - /home/ana/months/test/sub.test.js
          ---
          exitCode: 5
          error: 'test failed'
          ...
        # tests 1
        # pass 0
        # fail 1
        """,
        "not ok 1 - /home/ana/months/test/sub.test.js",
        "# fail",
    ),
    "another test was skipped (ctest)": (
        """\
        1/2 Test #1: calc.input .......Subprocess aborted***Exception:   0.02 sec
        terminate called after throwing an instance of 'std::runtime_error'
          what():  division by zero

        2/2 Test #2: calc.slow ........***Skipped   0.02 sec

        50% tests passed, 1 tests failed out of 2

        The following tests did not run:
        \t  2 - calc.slow (Skipped)

        The following tests FAILED:
        \t  1 - calc.input (Subprocess aborted)
        Errors while running CTest
        """,
        "what():  division by zero",
        "calc.slow",
    ),
    "the next test fails louder (googletest)": (
        """\
        [ RUN      ] Area.Multiplies
        t.cc:7: Failure
        Expected equality of these values:
          area(2, 3)
            Which is: 5
          6
        [  FAILED  ] Area.Multiplies (0 ms)
        [ RUN      ] Area.Zero
        t.cc:9: Failure
        Expected equality of these values:
          area(0, 3)
            Which is: 3
          0
        ERROR: sample, 0 FAILED
        [  FAILED  ] Area.Zero (0 ms)
        """,
        "area(2, 3)",
        "area(0, 3)",
    ),
    "a script dies before its first test (prove)": (
        """\
        no dictionary
        # Looks like your test exited with 255 before it could output anything.
        t/count.t ..
        Dubious, test returned 255 (wstat 65280, 0xff00)
        Failed 4/4 subtests

        Test Summary Report
        -------------------
        t/count.t (Wstat: 65280 (exited 255) Tests: 0 Failed: 0)
          Non-zero exit status: 255
          Parse errors: Bad plan.  You planned 4 tests but ran 0.
        Result: FAIL
        """,
        "no dictionary",
        "Wstat",
    ),
    "tests that may fail are listed above (rspec)": (
        """\
        Pending: (Failures listed here are expected and do not affect your suite's status)

          1) Tally is fast
             Failure/Error: expect(1).to eq(2)

               expected: 2
                    got: 1

        Failures:

          1) Tally handles failures FIXED
             Expected pending 'No reason given' to fail. No error was raised.
             # ./spec/tally_spec.rb:9

        2 examples, 1 failure, 1 pending
        """,
        "Expected pending 'No reason given' to fail",
        "is fast",
    ),
    "each failure stands behind a bar (phpunit --testdox)": (
        """\
        Temp
         ✘ F
           │
           │ Failed asserting that 211.0 is identical to 212.0.
           │
           │ /home/ana/temp/tests/TempTest.php:5
           │

         ✔ Label
         ↩ Skipped failure

        Tests: 3, Assertions: 2, Failures: 1, Skipped: 1.
        """,
        "Failed asserting that 211.0 is identical to 212.0.",
        "Skipped failure",
    ),
    "the wrong panic (cargo)": (
        """\
        ---- gives_up stdout ----
        thread 'gives_up' panicked at src/scan.rs:59:13:
        fault at 0: %
        note: panic did not contain expected string
              panic message: "fault at 0: %"
         expected substring: "error at 0"

        test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.12s
        """,
        'panic message: "fault at 0: %"\nexpected substring: "error at 0"',
        "test result",
    ),
    "the runner ran twice": (
        RED_PYTEST.format(name="total", got=41) + RED_PYTEST.format(name="tax", got=40),
        "assert 40 == 42",
        "test_total",
    ),
    "the runner ran again, and what passes is loud": (
        RED_PYTEST.format(name="total", got=41)
        + "===== test session starts =====\nValueError: handled\n1 passed in 0s\n",
        "assert 41 == 42",
        "handled",
    ),
}


@pytest.mark.parametrize(("log", "says", "never"), CASES.values(), ids=CASES.keys())
def test_the_root_cause_is_the_failure_that_others_follow_from(log: str, says: str, never: str) -> None:
    cause = assess(dedent(log), 1).root_cause

    assert cause is not None
    assert says in cause.excerpt
    assert never not in cause.excerpt
