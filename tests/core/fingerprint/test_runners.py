"""One excerpt of every runner that is read, and what it is taken to state."""

import pytest

from tremaux_tools.core.fingerprint import explain_failure

_STATED = [
    pytest.param(
        """\
tests/test_cart.py:5: in test_tax
    tax({})
cart/tax.py:7: in tax
    return order["rate"]
E   KeyError: 'rate'
FAILED tests/test_cart.py::test_tax[de - at] - KeyError: 'rate'
""",
        (
            "exception: KeyError: 'rate'",
            "frame: cart/tax.py tax",
            "frame: tests/test_cart.py test_tax",
            "test: tests/test_cart.py::test_tax[de - at]",
        ),
        id="pytest short",
    ),
    pytest.param(
        """\
[gw1] [ 50%] FAILED tests/test_cart.py::TestTax::test_tax
""",
        ("test: tests/test_cart.py::TestTax::test_tax",),
        id="pytest xdist verbose",
    ),
    pytest.param(
        """\
ERROR tests/test_cart.py
E   ModuleNotFoundError: No module named 'yamlx'
""",
        (
            "exception: ModuleNotFoundError: No module named 'yamlx'",
            "test: tests/test_cart.py",
        ),
        id="pytest collection",
    ),
    pytest.param(
        """\
FAIL: test_total (test_cart.T.test_total) (n=3)
Traceback (most recent call last):
  File "/srv/ci/x/test_cart.py", line 8, in test_total
    self.assertEqual(total(3), 6)
AssertionError: 7 != 6
FAILED (failures=1)
""",
        (
            "exception: AssertionError: 7 != 6",
            "frame: test_cart.py test_total",
            "test: test_total (test_cart.T.test_total) (n=3)",
        ),
        id="unittest",
    ),
    pytest.param(
        """\
File "/srv/ci/x/cart.py", line 11, in cart.names
Failed example:
    names([1])
Expected:
    ['a']
Got:
    ['A']
""",
        (
            "detail: Failed example",
            "detail: ['A']",
            "detail: ['a']",
            "detail: names([1])",
            "expected: Expected",
            "expected: Got",
            "test: cart.py cart.names",
        ),
        id="doctest",
    ),
    pytest.param(
        """\
Traceback (most recent call last):
  File "/srv/ci/x/cart.py", line 3, in load
    open(path)
FileNotFoundError: [Errno 2] No such file or directory: '/tmp/tmpab12cd34'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/ci/x/main.py", line 9, in <module>
    load(path)
NoConfig: no config
""",
        (
            "exception: FileNotFoundError: [Errno 2] No such file or directory: '<tmp>'",
            "exception: NoConfig: no config",
            "frame: cart.py load",
            "frame: main.py <module>",
        ),
        id="chained python tracebacks",
    ),
    pytest.param(
        """\
FAIL ./cart.test.js
  ● cart › totals

    Expected: 6
    Received: 7

      at Object.toBe (cart.test.js:3:63)
""",
        (
            "expected: Expected: 6",
            "expected: Received: 7",
            "frame: Object.toBe cart.test.js",
            "suite: ./cart.test.js",
            "test: cart › totals",
        ),
        id="jest",
    ),
    pytest.param(
        """\
FAIL src/cart.test.ts
  ● Test suite failed to run

    Cannot find module './nosuch' from 'src/cart.test.ts'
""",
        (
            "detail: Cannot find module './nosuch' from 'src/cart.test.ts'",
            "detail: Test suite failed to run",
            "suite: src/cart.test.ts",
        ),
        id="jest suite",
    ),
    pytest.param(
        """\
  console.error
    error: a passing test printed this

    TypeError: and this

      at Object.<anonymous> (src/cart.test.ts:3:11)

FAIL src/cart.test.ts
  ✕ adds up (4 ms)
  ● adds up
    Expected: 3
    Received: 4
""",
        (
            "expected: Expected: 3",
            "expected: Received: 4",
            "suite: src/cart.test.ts",
            "test: adds up",
        ),
        id="jest console",
    ),
    pytest.param(
        """\
 FAIL  cart.test.mjs > cart > totals
AssertionError: expected 7 to be 6 // Object.is equality

- Expected
+ Received

- 6
+ 7

 ❯ total cart.mjs:3:63
""",
        (
            "diff: + 7",
            "diff: - 6",
            "exception: AssertionError: expected 7 to be 6 // Object.is equality",
            "frame: total cart.mjs",
            "test: cart.test.mjs > cart > totals",
        ),
        id="vitest",
    ),
    pytest.param(
        """\
    1) totals

  1) cart
       totals:

      AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

7 !== 6

      + expected - actual

      -7
      +6

      at Context.<anonymous> (cart.test.js:3:31)
      at process.processImmediate (node:internal/timers:483:21)
""",
        (
            "detail: 7 !== 6",
            "diff: +6",
            "diff: -7",
            "exception: AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:",
            "frame: Context.<anonymous> cart.test.js",
            "test: cart > totals",
        ),
        id="mocha",
    ),
    pytest.param(
        """\
✖ totals (3.581368ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

  7 !== 6

      at TestContext.<anonymous> (/srv/ci/x/cart.test.js:3:31)
      at Test.run (node:internal/test_runner/test:796:25)
""",
        (
            "detail: 7 !== 6",
            "exception: AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:",
            "frame: TestContext.<anonymous> cart.test.js",
            "test: totals",
        ),
        id="node --test spec",
    ),
    pytest.param(
        """\
    not ok 1 - totals
      ---
      duration_ms: 3.729022
      error: |-
        Expected values to be strictly equal:

        7 !== 6
      expected: 6
      actual: 7
      ...
""",
        (
            "detail: 7 !== 6",
            "detail: error",
            "expected: Expected values to be strictly equal:",
            "expected: actual: 7",
            "expected: expected: 6",
            "test: totals",
        ),
        id="node --test tap",
    ),
    pytest.param(
        """\
not ok 1 is six
  ---
    expected: |-
      [ 'a' ]
    actual: |-
      [ 'b' ]
    at: Test.<anonymous> (/srv/ci/x/cart.test.js:2:27)
""",
        (
            "detail: [ 'a' ]",
            "detail: [ 'b' ]",
            "detail: at: Test.<anonymous> (cart.test.js)",
            "expected: actual",
            "expected: expected",
            "test: is six",
        ),
        id="tape",
    ),
    pytest.param(
        """\
  ✘ [fail]: totals
  Difference (- actual, + expected):

  - 7
  + 6
""",
        (
            "diff: + 6",
            "diff: - 7",
            "test: totals",
        ),
        id="ava",
    ),
    pytest.param(
        """\
--- FAIL: TestTotal (0.00s)
    --- FAIL: TestTotal/three (0.00s)
        cart_test.go:7: Total() = 7, want 6
FAIL
FAIL	example.com/cart	0.003s
""",
        (
            "diagnostic: cart_test.go Total() = 7, want 6",
            "test: TestTotal",
            "test: TestTotal/three",
        ),
        id="go test",
    ),
    pytest.param(
        """\
panic: runtime error: index out of range [9] with length 3 [recovered]
goroutine 7 [running]:
example.com/cart.Names({0xc00001, 0x2})
	/srv/ci/x/cart.go:14 +0x1d
""",
        (
            "crash: panic: runtime error: index out of range [9] with length 3",
            "frame: cart.go",
            "frame: example.com/cart.Names",
        ),
        id="go panic",
    ),
    pytest.param(
        """\
test tests::test_total ... FAILED

thread 'tests::test_total' (5954) panicked at src/lib.rs:8:31:
assertion `left == right` failed: totals differ
  left: 7
 right: 6
error: test failed, to rerun pass `--lib`
""",
        (
            "detail: assertion `left == right` failed: totals differ",
            "expected: left: 7",
            "expected: right: 6",
            "frame: src/lib.rs",
            "test: tests::test_total",
        ),
        id="cargo test",
    ),
    pytest.param(
        """\
error[E0425]: cannot find value `u` in this scope
 --> src/lib.rs:3:70
warning: unused variable: `t`
 --> src/lib.rs:2:9
""",
        (
            "diagnostic: [E0425] cannot find value `u` in this scope",
            "diagnostic: src/lib.rs error[E0425]: cannot find value `u` in this scope",
        ),
        id="rustc",
    ),
    pytest.param(
        """\
    Start 1: total
1/3 Test #1: total ............................***Failed    0.00 sec
total: expected 6, got 7
    Start 2: check
""",
        (
            "expected: total: expected 6, got 7",
            "test: total Failed",
        ),
        id="ctest",
    ),
    pytest.param(
        """\
[ERROR] Tests run: 17, Failures: 1, Time elapsed: 1.073 s <<< FAILURE! - in org.x.CartTest
[ERROR] org.x.CartTest.totals  Time elapsed: 0.075 s  <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <6> but was: <7>
	at org.x.CartTest.totals(CartTest.java:12)
	at org.junit.jupiter.api.Assert.fail(Assert.java:55)
""",
        (
            "exception: org.opentest4j.AssertionFailedError: expected: <6> but was: <7>",
            "frame: org.x.CartTest.totals CartTest.java",
            "suite: org.x.CartTest",
            "test: org.x.CartTest.totals",
        ),
        id="surefire",
    ),
    pytest.param(
        """\
[ERROR] COMPILATION ERROR :
[ERROR] /srv/ci/x/src/main/java/Cart.java:[248,9] cannot find symbol
  symbol:   method nosuch(int)
""",
        (
            "detail: symbol: method nosuch(int)",
            "diagnostic: Cart.java cannot find symbol",
        ),
        id="maven compiler",
    ),
    pytest.param(
        """\
CartTest > totals FAILED
> Task :test FAILED
* What went wrong:
Execution failed for task ':test'.
""",
        (
            "detail: Execution failed for task ':test'.",
            "diagnostic: What went wrong",
            "test: CartTest > totals",
        ),
        id="gradle",
    ),
    pytest.param(
        """\
  1) cart totals
     Failure/Error: expect(total(3)).to eq(6)

       expected: 6
            got: 7
     # ./spec/cart_spec.rb:3:in `block (2 levels) in <top (required)>'
rspec ./spec/cart_spec.rb:3 # cart totals
""",
        (
            "detail: expect(total(3)).to eq(6)",
            "expected: expected: 6",
            "expected: got: 7",
            "frame: ./spec/cart_spec.rb block (2 levels) in <top (required)>",
            "test: cart totals",
        ),
        id="rspec",
    ),
    pytest.param(
        """\
  1) Failure:
TestCart#test_total [test_cart.rb:4]:
Expected: 6
  Actual: 7
""",
        (
            "expected: Actual: 7",
            "expected: Expected: 6",
            "test: TestCart#test_total",
        ),
        id="minitest",
    ),
    pytest.param(
        """\
1) CartTest::testTotal
Failed asserting that 7 is identical to 6.

/srv/ci/x/CartTest.php:5
""",
        (
            "detail: Failed asserting that 7 is identical to 6.",
            "frame: CartTest.php",
            "test: CartTest::testTotal",
        ),
        id="phpunit",
    ),
    pytest.param(
        """\
not ok 1 - totals
#   Failed test 'totals'
#   at t/cart.t line 2.
#          got: '7'
#     expected: '6'
""",
        (
            "expected: expected: '6'",
            "expected: got: '7'",
            "test: totals",
        ),
        id="perl tap",
    ),
    pytest.param(
        """\
t/cart.t (Wstat: 256 (exited 1) Tests: 3 Failed: 1)
Result: FAIL
""",
        ("suite: t/cart.t",),
        id="prove",
    ),
    pytest.param(
        """\
  Failed Cart.Tests.Totals [12 ms]
  Error Message:
   Assert.Equal() Failure: Values differ
Expected: 6
Actual:   7
""",
        (
            "detail: Assert.Equal() Failure: Values differ",
            "detail: Error Message",
            "expected: Actual: 7",
            "expected: Expected: 6",
            "test: Cart.Tests.Totals",
        ),
        id="dotnet test",
    ),
    pytest.param(
        """\
cart_test.cc:12: Failure
Expected equality of these values:
  total(3)
    Which is: 7
  6
[  FAILED  ] Cart.Totals (0 ms)
""",
        (
            "detail: 6",
            "detail: Which is: 7",
            "detail: cart_test.cc",
            "detail: total(3)",
            "expected: Expected equality of these values:",
            "test: Cart.Totals",
        ),
        id="googletest",
    ),
    pytest.param(
        """\
cart.c: In function ‘total’:
cart.c:6:36: error: expected expression before ‘;’ token
""",
        ("diagnostic: cart.c expected expression before ';' token",),
        id="gcc",
    ),
    pytest.param(
        """\
/usr/bin/ld: /tmp/ccAbCd12.o: in function `total':
cart.c:(.text+0x1e): undefined reference to `nosuch'
collect2: error: ld returned 1 exit status
""",
        ("diagnostic: undefined reference to `nosuch'",),
        id="ld",
    ),
    pytest.param(
        """\
Cart.java:5: error: ';' expected
1 error
""",
        ("diagnostic: Cart.java ';' expected",),
        id="javac",
    ),
    pytest.param(
        """\
Exception in thread "main" java.lang.IllegalStateException: name
	at Cart.main(Cart.java:9)
Caused by: java.lang.RuntimeException: inner
""",
        (
            "exception: java.lang.IllegalStateException: name",
            "exception: java.lang.RuntimeException: inner",
            "frame: Cart.main Cart.java",
        ),
        id="java",
    ),
    pytest.param(
        """\
src/a.ts(3,3): error TS2322: Type 'string' is not assignable to type 'number'.
""",
        ("diagnostic: src/a.ts TS2322 Type 'string' is not assignable to type 'number'.",),
        id="tsc",
    ),
    pytest.param(
        """\
src/a.ts:3:3 - error TS2322: Type 'string' is not assignable to type 'number'.

3   return "x";
    ~~~~~~
""",
        ("diagnostic: src/a.ts TS2322 Type 'string' is not assignable to type 'number'.",),
        id="tsc pretty",
    ),
    pytest.param(
        """\
/srv/ci/x/lib/a.js
  3:10  error  'u' is not defined  no-undef

✖ 1 problem (1 error, 0 warnings)
""",
        ("diagnostic: a.js 'u' is not defined no-undef",),
        id="eslint stylish",
    ),
    pytest.param(
        """\
/srv/ci/x/lib/a.js:3:10: 'u' is not defined. [Error/no-undef]
""",
        ("diagnostic: a.js 'u' is not defined. /no-undef",),
        id="eslint unix",
    ),
    pytest.param(
        """\
src/a.py:12: error: Incompatible return value type (got "str", expected "int")  [return-value]
""",
        ('diagnostic: src/a.py Incompatible return value type (got "str", expected "int") [return-value]',),
        id="mypy",
    ),
    pytest.param(
        """\
toolz/a.py:6:19: F401 [*] `os.path` imported but unused
Found 1 error.
""",
        ("diagnostic: toolz/a.py F401 `os.path` imported but unused",),
        id="ruff concise",
    ),
    pytest.param(
        """\
F401 [*] `os` imported but unused
 --> cart.py:2:8
  |
2 | import os
""",
        ("diagnostic: cart.py F401 [*] `os` imported but unused",),
        id="ruff full",
    ),
    pytest.param(
        """\
make: *** No rule to make target 'release'.  Stop.
""",
        ("command: No rule to make target 'release'. Stop.",),
        id="make",
    ),
    pytest.param(
        """\
+ frobx --all
run.sh: line 5: frobx: command not found
""",
        ("command: frobx command not found",),
        id="shell",
    ),
    pytest.param(
        """\
gate.sh: line 1:  9556 Killed                  python3 train.py
""",
        ("crash: Killed",),
        id="killed",
    ),
    pytest.param(
        """\
npm error Missing script: "deploy"
npm error A complete log of this run can be found in: /home/dev/.npm/_logs/x.log
""",
        ('command: Missing script: "deploy"',),
        id="npm",
    ),
    pytest.param(
        """\
error: pathspec 'release/9.9' did not match any file(s) known to git
""",
        ("diagnostic: pathspec 'release/9.9' did not match any file(s) known to git",),
        id="git",
    ),
    pytest.param(
        """\
Jest: Coverage for lines (95.45%) does not meet "global" threshold (100%)
""",
        ('diagnostic: Coverage for lines (95.45%) does not meet "global" threshold (100%)',),
        id="coverage",
    ),
    pytest.param(
        """\
status is -2, not 3
FAILED: test for a JSON object (at line 30)
""",
        (
            "detail: status is -2, not 3",
            "test: test for a JSON object (at line <n>)",
        ),
        id="a runner of ones own",
    ),
]


@pytest.mark.parametrize(("log", "signature"), _STATED)
def test_a_runner_is_understood(log: str, signature: tuple[str, ...]) -> None:
    assert explain_failure(log, 1).signature == signature
