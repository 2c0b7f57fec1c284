"""What single tools and less common runners say when they fail: verdict by words, cause and place."""

from textwrap import dedent
from typing import NamedTuple

import pytest

from tremaux_tools.core.postflight.assessor import assess


class Case(NamedTuple):
    """A log that failed, and what its root cause must say."""

    log: str
    says: str  #: a part of the excerpt
    file: str | None


CASES = {
    "test-unit": Case(
        """\
        Failure: test_a(T)
        tu.rb:3:in `test_a'
          => 3:  def test_a; assert_equal 3, 2; end
        <3> expected but was
        <2>
        1 tests, 1 assertions, 1 failures, 0 errors, 0 pendings, 0 omissions, 0 notifications
        """,
        "<3> expected but was\n<2>",
        None,
    ),
    "minitest": Case(
        """\
          1) Failure:
        T#test_a [t.rb:3]:
        Expected: 3
          Actual: 2

        1 runs, 1 assertions, 1 failures, 0 errors, 0 skips
        """,
        "Expected: 3\nActual: 2",
        "t.rb",
    ),
    "behave": Case(
        """\
            Then the sum is 5 # features/steps/s.py:4
              ASSERT FAILED: sum is 2

        0 scenarios passed, 1 failed, 0 skipped
        """,
        "ASSERT FAILED: sum is 2",
        None,
    ),
    "robot": Case(
        """\
        Adds                              | FAIL |
        1 != 2
        ----------------------------------------
        1 test, 0 passed, 1 failed
        """,
        "1 != 2",
        None,
    ),
    "flutter": Case(
        "00:01 +0 -1: adds up [E]\n  Expected: <42>\n    Actual: <41>\n00:01 +0 -1: Some tests failed.\n",
        "Expected: <42>\nActual: <41>",
        None,
    ),
    "rake": Case("rake aborted!\nno key\nTasks: TOP => x\n", "no key", None),
    "rustfmt": Case("Diff in /src/lib.rs:1:\n-pub fn f() {}\n+pub fn f() {\n+}\n", "-pub fn f() {}", None),
    "bazel": Case(
        """\
        ERROR: /home/ana/shop/BUILD:3:10: Compiling cart.cc failed: (Exit 1): gcc failed
        cart.cc:9:12: error: 'totl' was not declared in this scope
        INFO: Elapsed time: 1.201s, Critical Path: 0.5s
        FAILED: Build did NOT complete successfully
        """,
        "'totl' was not declared",
        "cart.cc",
    ),
    "webpack": Case(
        "ERROR in ./src/index.js 3:0-30\nModule not found: Error: Can't resolve './cart'\n\ncompiled with 1 error\n",
        "Can't resolve './cart'",
        "./src/index.js",
    ),
    "vite": Case(
        'x Build failed in 120ms\nerror during build:\nsrc/main.ts (2:9): "total" is not exported by "src/cart.ts".\n',
        '"total" is not exported',
        None,
    ),
    "jq": Case("parse error: Invalid numeric literal at line 2, column 0\n", "Invalid numeric literal", None),
    "dash": Case("sh: 1: nolint: not found\n", "nolint: not found", None),
    "ssh": Case("ssh: connect to host 10.0.0.1 port 22: Connection refused\n", "Connection refused", None),
    "apt": Case("E: Unable to locate package nope\n", "Unable to locate package nope", None),
    "cmd": Case(
        "'ruff' is not recognized as an internal or external command,\noperable program or batch file.\n",
        "'ruff' is not recognized",
        None,
    ),
    "PowerShell": Case(
        """\
        ruff : The term 'ruff' is not recognized as the name of a cmdlet, function, script file, or operable program.
        At gate.ps1:3 char:1
        + ruff check
            + CategoryInfo          : ObjectNotFound: (ruff:String) [], CommandNotFoundException
            + FullyQualifiedErrorId : CommandNotFoundException
        """,
        "The term 'ruff' is not recognized",
        None,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_failure_is_read_from_what_its_tool_said(case: Case) -> None:
    report = assess(dedent(case.log))

    assert report.verdict == "failed"
    assert report.root_cause is not None
    assert case.says in report.root_cause.excerpt
    assert report.root_cause.file == case.file
