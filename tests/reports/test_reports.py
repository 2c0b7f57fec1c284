"""Report files are read exactly, as their runners wrote them, and whatever else a file may hold."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.postflight.machine import results_in
from tremaux_tools.core.postflight.results import Results
from tremaux_tools.core.runners import TestRun, read_tests
from tremaux_tools.reports import MAX_REPORT_BYTES, read_report, read_reports
from tremaux_tools.reports.junit import MAX_DEPTH

ENOUGH = 120  # seconds for a compiler that starts cold

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a report file."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "report"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def run(*command: str, cwd: Path, **variables: str) -> str:
    """Run a tool that may fail and return what it printed."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTEST_ADDOPTS": "", **variables}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=ENOUGH, check=False
    )
    return done.stdout + done.stderr


def needs(tool: str, *version: str) -> str:
    """The tool's path; a tool that cannot even tell its version, such as a proxy without a toolchain, is not there."""
    path = shutil.which(tool)
    asked = [path or "", *(version or ("--version",))]
    if path is None or subprocess.run(asked, capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{tool} is not installed")
    return path


def counts(run: TestRun) -> tuple[str, int, int, int, int, int]:
    return run.runner, run.passed, run.failed, run.errors, run.skipped, run.xfailed


def read(path: Path) -> Results:
    results = read_report(path)
    assert results is not None
    return results


PYTEST = """
import pytest

def test_good(): pass
def test_bad(): assert 42 == 41
@pytest.mark.skip(reason="later")
def test_skip(): pass
@pytest.mark.xfail
def test_expected(): assert 0
@pytest.mark.xfail
def test_surprise(): pass
@pytest.fixture
def broken(): raise RuntimeError("no fixture")
def test_without_fixture(broken): pass
@pytest.fixture
def bad_end():
    yield
    raise RuntimeError("teardown")
def test_bad_end(bad_end): pass
def test_bad_twice(bad_end): assert "a" == "b"
"""


def test_pytest_says_the_same_in_junit_xml_as_in_its_summary(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(PYTEST)
    (tmp_path / "test_b.py").write_text("import no_such_module\n")
    printed = run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=report.xml"),
        "--continue-on-collection-errors",
        cwd=tmp_path,
    )

    results = read(tmp_path / "report.xml")

    assert counts(results.runs[0]) == ("pytest", 3, 2, 4, 1, 1)
    assert counts(results.runs[0]) == counts(read_tests(printed)[0])
    told = {(failure.test, failure.message, failure.file, failure.line) for failure in results.failures}
    assert ("test_a.test_bad", "assert 42 == 41", "test_a.py", 5) in told
    assert ("test_b", "ModuleNotFoundError: No module named 'no_such_module'", "test_b.py", 1) in told
    assert len(results.failures) == 6


NODE = """
const { test, describe, it } = require('node:test');
const assert = require('node:assert');
test('good', () => {});
test('bad', () => { assert.strictEqual(41, 42); });
test('skip', { skip: 'later' }, () => {});
test('todo', { todo: true }, () => { throw new Error('not yet'); });
describe('suite', () => { it('one', () => {}); it('issue #12', () => { throw new Error('boom'); }); });
"""


@pytest.mark.parametrize("reporter", ["junit", "tap"])
def test_node_says_the_same_in_its_reports_as_in_its_summary(tmp_path: Path, reporter: str) -> None:
    node = needs("node")
    (tmp_path / "a.test.js").write_text(NODE)
    (tmp_path / "b.test.js").write_text("throw new Error('load');\n")
    if "test-reporter" not in run(node, "--help", cwd=tmp_path):
        pytest.skip("this node has no reporters")
    reporters = ("--test-reporter=spec", "--test-reporter-destination=stdout")
    machine = (f"--test-reporter={reporter}", "--test-reporter-destination=report")
    printed = run(node, "--test", *reporters, *machine, cwd=tmp_path)

    results = read(tmp_path / "report")

    assert counts(results.runs[0]) == ("node", 2, 3, 0, 2, 0)
    assert counts(results.runs[0]) == counts(read_tests(printed)[0])
    bad, nested, load = results.failures
    assert (bad.test, bad.file, bad.line) == ("bad", str(tmp_path / "a.test.js"), 5)
    assert "41 !== 42" in bad.message
    assert (nested.message, nested.line) == ("boom", 8)
    assert "issue" in nested.test
    assert load.test.endswith("b.test.js")


GO = """package m

import "testing"

func TestGood(t *testing.T) {}
func TestBad(t *testing.T)  { t.Errorf("want 41, got 42") }
func TestSkip(t *testing.T) { t.Skip("later") }
func TestSub(t *testing.T) {
	t.Run("one", func(t *testing.T) {})
	t.Run("two", func(t *testing.T) { t.Fatal("boom") })
}
"""


def test_go_says_the_same_as_json_as_in_words(tmp_path: Path) -> None:
    go = needs("go", "version")
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.18\n")
    (tmp_path / "a_test.go").write_text(GO)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "b.go").write_text('package broken\n\nfunc X() int { return "a" }\n')
    (tmp_path / "broken" / "b_test.go").write_text(
        'package broken\n\nimport "testing"\n\nfunc TestX(t *testing.T) {}\n'
    )
    printed = run(go, "test", "-v", "./...", cwd=tmp_path)

    results = results_in(run(go, "test", "-json", "./...", cwd=tmp_path))

    assert results is not None
    assert counts(results.runs[0]) == ("go", 2, 3, 1, 1, 0)
    assert counts(results.runs[0]) == counts(read_tests(printed)[0])
    told = {(failure.test, failure.message.strip(), failure.file, failure.line) for failure in results.failures}
    assert ("TestBad", "a_test.go:6: want 41, got 42", "a_test.go", 6) in told
    assert ("TestSub/two", "a_test.go:10: boom", "a_test.go", 10) in told
    assert "example.com/m/broken" in {failure.test for failure in results.failures}


RUST = """
pub fn add(a: i32, b: i32) -> i32 { a + b }
#[cfg(test)]
mod tests {
    use super::*;
    #[test] fn good() { assert_eq!(add(1, 2), 3); }
    #[test] fn bad() { assert_eq!(add(1, 2), 4, "sum"); }
    #[test] #[ignore] fn later() {}
}
"""


def crate(folder: Path, source: str) -> str:
    cargo = needs("cargo")
    (folder / "src").mkdir()
    (folder / "Cargo.toml").write_text('[package]\nname = "m"\nversion = "0.1.0"\nedition = "2021"\n')
    (folder / "src" / "lib.rs").write_text(source)
    return cargo


def test_cargo_says_the_same_as_json_as_in_words(tmp_path: Path) -> None:
    cargo = crate(tmp_path, RUST)
    printed = run(cargo, "test", "--offline", "--lib", cwd=tmp_path)
    # The test harness has its JSON on nightly compilers, and on those that are told to be one.
    machine = ("--message-format=json", "--", "-Z", "unstable-options", "--format", "json")

    results = results_in(run(cargo, "test", "--offline", "--lib", *machine, cwd=tmp_path, RUSTC_BOOTSTRAP="1"))

    assert results is not None
    assert counts(results.runs[0]) == ("cargo", 1, 1, 0, 1, 0)
    assert counts(results.runs[0]) == counts(read_tests(printed)[0])
    (bad,) = results.failures
    assert (bad.test, bad.file, bad.line) == ("tests::bad", "src/lib.rs", 7)
    assert "left: 3" in bad.message


def test_what_the_rust_compiler_calls_an_error_is_read_with_its_place(tmp_path: Path) -> None:
    cargo = crate(tmp_path, 'pub fn add() -> i32 {\n    let unused = 1;\n    "x"\n}\n')

    results = results_in(run(cargo, "build", "--offline", "--message-format=json", cwd=tmp_path))

    assert results is not None
    (error,) = results.failures
    assert (error.test, error.file, error.line) == ("error[E0308]", "src/lib.rs", 3)
    assert error.message.startswith("error[E0308]: mismatched types")


def test_ctest_says_in_junit_xml_what_a_failed_test_printed(tmp_path: Path) -> None:
    needs("cmake")
    ctest = needs("ctest")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.21)\nproject(t NONE)\nenable_testing()\n"
        "add_test(NAME good COMMAND true)\nadd_test(NAME off COMMAND true)\n"
        'add_test(NAME bad COMMAND sh -c "echo main.c:7: boom; exit 1")\n'
        "set_tests_properties(off PROPERTIES DISABLED TRUE)\n"
    )
    run("cmake", "-B", "build", ".", cwd=tmp_path)
    run(ctest, "--output-junit", str(tmp_path / "report"), cwd=tmp_path / "build")

    results = read(tmp_path / "report")

    assert counts(results.runs[0]) == ("ctest", 1, 1, 0, 1, 0)
    (bad,) = results.failures
    assert (bad.test, bad.message, bad.file, bad.line) == ("bad", "main.c:7: boom", "main.c", 7)


def test_linters_reports_hold_their_errors(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('import os\nx: int = "a"\n')
    ruff = run(
        *(sys.executable, "-m", "ruff", "check", "--isolated", "--select=F", "--output-format=json", "a.py"),
        cwd=tmp_path,
    )
    mypy = run(sys.executable, "-m", "mypy", "--output=json", "--cache-dir=.mypy", "a.py", cwd=tmp_path)

    results = results_in(f"{ruff}\n{mypy}")

    assert results is not None
    assert not results.runs
    assert [(failure.test, failure.line) for failure in results.failures] == [("ruff F401", 1), ("mypy assignment", 2)]


SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:noNamespaceSchemaLocation="https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd"
  name="com.example.FooTest" time="0.05" tests="3" errors="1" skipped="0" failures="1">
  <properties><property name="user.home" value="/home/x"/></properties>
  <testcase name="adds" classname="com.example.FooTest" time="0.01"/>
  <testcase name="fails" classname="com.example.FooTest" time="0.01">
    <failure message="expected:&lt;4> but was:&lt;3>" type="java.lang.AssertionError"><![CDATA[java.lang.AssertionError
\tat org.junit.Assert.fail(Assert.java:89)
\tat com.example.FooTest.fails(FooTest.java:12)
<!DOCTYPE html> is only text here]]></failure>
    <system-out><![CDATA[token ghp_0123456789abcdefghijABCDEFGHIJ012345]]></system-out>
  </testcase>
  <testcase name="breaks" classname="com.example.FooTest" time="0.01">
    <error type="java.lang.NullPointerException">java.lang.NullPointerException
\tat com.example.Foo.run(Foo.java:7)</error>
    <rerunFailure message="again" type="x"/>
  </testcase>
</testsuite>
"""


def test_surefires_reports_of_many_classes_are_one_run(tmp_path: Path) -> None:
    paths = [tmp_path / f"TEST-{number}.xml" for number in range(3)]
    for path in paths:
        path.write_text(SUREFIRE)

    reports = read_reports([*paths, tmp_path])

    assert [counts(run) for run in reports.results.runs] == [("surefire", 3, 3, 3, 0, 0)]
    assert reports.results.runs[0].duration_s == pytest.approx(0.15)
    fails, breaks = reports.results.failures[:2]
    assert (fails.message, fails.file, fails.line) == ("expected:<4> but was:<3>", "FooTest.java", 12)
    assert (breaks.test, breaks.file, breaks.line) == ("com.example.FooTest.breaks", "Foo.java", 7)
    assert reports.problems == (f"the report {str(tmp_path)!r} was not read: it is no regular file.",)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(
            '<testsuites name="jest tests" tests="2" failures="1" errors="0" time="1.5"><testsuite name="a" tests="2">'
            '<testcase classname="a" name="one"/><testcase classname="a" name="two"><failure>Error: x\n'
            "    at b (src/b.test.js:3:1)</failure></testcase></testsuite></testsuites>",
            ("jest", 1, 1, 0, 0, 0),
            id="jest-junit",
        ),
        pytest.param(
            '<testsuites><testsuite name="m" tests="1" failures="0"><properties><property name="go.version" value="1"/>'
            '</properties><testcase name="TestA" classname="m"/></testsuite></testsuites>',
            ("go", 1, 0, 0, 0, 0),
            id="go-junit-report",
        ),
        pytest.param(
            '<testsuites tests="2" failures="0" disabled="1" errors="0" time="0." name="AllTests"><testsuite name="A">'
            '<testcase name="x" status="run" result="completed" classname="A"/>'
            '<testcase name="DISABLED_y" status="notrun" result="suppressed" classname="A"/></testsuite></testsuites>',
            ("googletest", 1, 0, 0, 1, 0),
            id="GoogleTest",
        ),
        pytest.param(
            '<testsuite name="pytest" tests="2"><testcase classname="t" name="a"/>'
            '<testcase classname="t" name="b"><failure message="41 != 42"/></testcase></testsuite>',
            ("pytest", 1, 1, 0, 0, 0),
            id="pytest, written anew without its counts",
        ),
        pytest.param("<testsuites/>", ("junit", 0, 0, 0, 0, 0), id="nothing was tested"),
        pytest.param(
            "\ufeff<!-- made by hand --><testsuite name='a'><testcase name='b\x1b[31m&#27;'/></testsuite>",
            ("junit", 1, 0, 0, 0, 0),
            id="characters that XML forbids",
        ),
    ],
)
def test_other_dialects_of_junit_are_counted(write: Write, report: str, expected: tuple[str, int]) -> None:
    assert counts(read(write(report)).runs[0]) == expected


def test_tap_without_a_runner_is_read(write: Write) -> None:
    report = write(
        "TAP version 14\n1..4\nok 1 - a\nnot ok 2 - issue #12\n  ---\n  message: 'went wrong'\n  at: lib/x.js:3:1\n"
        "  ...\nok 3 - c # SKIP later\nnot ok 4 - d # TODO\n"
    )

    results = read(report)

    assert counts(results.runs[0]) == ("tap", 1, 1, 0, 1, 1)
    (failure,) = results.failures
    assert (failure.test, failure.message, failure.file, failure.line) == ("issue #12", "went wrong", "lib/x.js", 3)


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><testsuites><testsuite name='&j;'/></testsuites>"
)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(BILLION_LAUGHS, "it declares a document type", id="billion laughs"),
        pytest.param(
            '<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuites/>', "it declares a document type", id="external entity"
        ),
        pytest.param("<testsuite>" + "<a>" * 100_000, f"more than {MAX_DEPTH} deep", id="a deep document"),
        pytest.param(SUREFIRE[: len(SUREFIRE) // 2], "it is cut off or damaged", id="half of an XML report"),
        pytest.param("<testsuite>&undeclared;</testsuite>", "it is cut off or damaged", id="an unknown entity"),
        pytest.param("TAP version 13\n1..3\nok 1 - a\n", "it tells of 1 of 3 tests", id="half of a TAP report"),
        pytest.param('{"numTotalTests": 3, "testResults": [', "it is cut off or damaged", id="half of a JSON report"),
        pytest.param('{"numTotalTests": ' + "[" * 100_000, "it is cut off or damaged", id="deep JSON"),
        pytest.param(b" " * (MAX_REPORT_BYTES + 1), "it is larger than 16 MiB", id="a huge file"),
    ],
)
def test_a_report_that_cannot_be_read_is_told_in_a_sentence(write: Write, content: str | bytes, problem: str) -> None:
    reports = read_reports([path := write(content)])

    assert reports.results == Results((), ())
    (said,) = reports.problems
    assert problem in said
    assert read_report(path) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n" * 5_000,
        "[]",
        "{}",
        "null",
        "hello\n",
        "ok then\n",
        '{"name": "package", "results": {}}',
        "<html><body/></html>",
    ],
)
def test_what_is_no_report_is_passed_over(write: Write, content: str) -> None:
    path = write(content)

    assert read_reports([path]).problems == ()
    assert read_report(path) is None


def test_reports_are_read_up_to_a_total_size(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tremaux_tools.reports.MAX_TOTAL_CHARS", 20)
    path = write("TAP version 13\n1..1\nok 1 - a\n")
    reports = read_reports([path, path])

    assert [run.passed for run in reports.results.runs] == [1]
    assert reports.problems == ("only the first 1 of 2 reports were read: they are large.",)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert read_report(tmp_path / "pipe") is None


_PARTS = st.sampled_from(
    [
        *(b"<testsuite>", b"</testsuite>", b'<testcase name="a">', b"</testcase>", b"<failure/>", b"<![CDATA[", b"]]>"),
        *(b"<!DOCTYPE a>", b"&lt;", b"&#0;", b"\xff\xfe", b"\0", b"TAP version 13\n", b"1..2\n", b"not ok 1 - a\n"),
        *(b"  ok 2\n", b"  ---\n", b"{", b"}", b'"results": {', b'"stats":', b"[", b"]", b"\n", b'{"Action":"fail"}\n'),
        *(b'{"Action":1}\n', b'{"type":"suite","event":"ok","passed":-1}\n', b'{"reason":"compiler-message"}\n'),
    ]
)


@given(content=st.one_of(st.binary(max_size=300), st.lists(_PARTS, max_size=30).map(b"".join)))
def test_any_bytes_are_survived(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)

    for run in read_reports([path]).results.runs:
        assert min(run.passed, run.failed, run.errors, run.skipped, run.xfailed) >= 0
