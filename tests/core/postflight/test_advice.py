import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.postflight.advice import MAX_ADVICE, advise
from tremaux_tools.core.postflight.report import Alarm, RootCause, Verdict
from tremaux_tools.core.postflight.reruns import rerun
from tremaux_tools.core.runners import TestRun


def red(runner: str) -> TestRun:
    return TestRun(runner, passed=3, failed=1, errors=0, skipped=0)


@pytest.mark.parametrize(
    ("runner", "test", "file", "command"),
    [
        ("pytest", "t/test_a.py::test_b[x y]", None, "pytest 't/test_a.py::test_b[x y]'"),
        ("unittest", "test_b (pkg.mod.Case.test_b)", None, "python -m unittest pkg.mod.Case.test_b"),
        ("unittest", "test_b (__main__.Case.test_b)", "test_a.py", "python test_a.py Case.test_b"),
        ("unittest", "test_b (pkg.mod.Case)", None, "python -m unittest pkg.mod.Case.test_b"),
        ("jest", "suite › adds (all)", "src/a.test.ts", r"npx jest src/a.test.ts -t 'adds \(all\)'"),
        ("jest", "adds", "src/a.ts", "npx jest -t adds"),
        ("vitest", "src/a.spec.ts > suite > adds", None, "npx vitest run src/a.spec.ts -t adds"),
        ("mocha", "suite > adds", None, "npx mocha -g adds"),
        ("node", "adds", "a.test.js", "node --test --test-name-pattern='^adds$' a.test.js"),
        ("go", "TestParse/empty", None, "go test -run '^TestParse$' ./..."),
        ("cargo", "parser::tests::empty", None, "cargo test parser::tests::empty"),
        ("ctest", "parse_empty", None, "ctest --output-on-failure -R '^parse_empty$'"),
        ("surefire", "testEmpty(org.x.ParserTest)", None, "mvn test -Dtest='ParserTest#testEmpty'"),
        ("surefire", "org.x.ParserTest.testEmpty", None, "mvn test -Dtest='ParserTest#testEmpty'"),
        ("gradle", "ParserTest > empty()", None, "./gradlew test --tests ParserTest.empty"),
        ("rspec", "Parser is empty", None, "rspec -e 'Parser is empty'"),
        ("phpunit", "App\\ParserTest::testEmpty", None, "phpunit --filter testEmpty"),
    ],
)
def test_each_runner_has_its_command_for_just_the_test_that_failed(
    runner: str, test: str, file: str | None, command: str
) -> None:
    assert rerun(runner, [test], file) == command


@pytest.mark.parametrize("runner", ["pytest", "go", "ctest"])
def test_several_tests_are_named_in_one_command(runner: str) -> None:
    words = rerun(runner, ["TestA", "TestB"], None)

    assert "TestA" in words
    assert "TestB" in words


@pytest.mark.parametrize("test", ["", "x" * 999, "a\nb", "a\x1b[31mb", "case <hex> of it"])
def test_a_name_that_is_no_name_makes_no_command(test: str) -> None:
    assert rerun("pytest", [test], None) == ""


@given(st.text(min_size=1), st.sampled_from(["pytest", "cargo", "rspec", "go", "jest", "ctest", "dotnet", "node"]))
def test_no_name_out_of_a_log_can_leave_its_quotes(test: str, runner: str) -> None:
    plain = rerun(runner, ["x"], None)
    hostile = rerun(runner, [test], None)

    assert hostile == "" or len(shlex.split(hostile)) == len(shlex.split(plain))


@pytest.mark.parametrize(
    ("exit_code", "context", "words"),
    [
        (1, "ModuleNotFoundError: No module named 'requests.auth'", "pip install requests"),
        (1, "Error: Cannot find module 'left-pad'", "npm install left-pad"),
        (1, "Error: listen EADDRINUSE: address already in use :::3000", "lsof -i :3000"),
        (1, "PermissionError: [Errno 13] Permission denied: '/a b'", "ls -ld '/a b'"),
        (126, "", "chmod +x"),
        (127, "", "PATH"),
        (124, "", "time limit"),
        (137, "", "memory"),
        (139, "", "gdb"),
        (-11, "", "gdb"),
        (-9, "", "fewer workers"),
        (-1, "", "SIGHUP"),
    ],
)
def test_a_known_cause_has_its_next_step(exit_code: int, context: str, words: str) -> None:
    errors = [Alarm("error", "low", 1, 1, context)] if context else []
    advice = advise(verdict="failed", exit_code=exit_code, runs=(), failing_tests=(), root_cause=None, errors=errors)

    assert any(words in step for step in advice)


def test_the_failing_test_comes_first_and_then_the_place() -> None:
    advice = advise(
        verdict="failed",
        exit_code=1,
        runs=[red("pytest")],
        failing_tests=["a.py::b"],
        root_cause=RootCause(7, "E  assert 1 == 2", "src/m.py", 3),
        errors=(),
    )

    assert advice == ("Run only what failed: `pytest a.py::b`.", "Look at src/m.py:3; line 7 of the log tells why.")


def test_go_without_counts_is_known_by_its_names() -> None:
    advice = advise(verdict="failed", exit_code=1, runs=(), failing_tests=["TestSI"], root_cause=None, errors=())

    assert advice == ("Run only what failed: `go test -run '^TestSI$' ./...`.",)


def test_where_nothing_was_tested_the_collection_is_to_be_checked() -> None:
    advice = advise(
        verdict="failed",
        exit_code=None,
        runs=[TestRun("pytest", 0, 0, 0, 0)],
        failing_tests=(),
        root_cause=None,
        errors=(),
    )

    assert advice == ("pytest ran no test: check what it finds with `pytest --collect-only -q`.",)


def test_an_uncertain_run_is_to_be_run_where_its_exit_code_is_seen() -> None:
    advice = advise(verdict="uncertain", exit_code=None, runs=(), failing_tests=(), root_cause=None, errors=())

    assert "tremaux run -- COMMAND" in advice[-1]


def test_a_pass_that_no_exit_code_proves_is_to_be_proven() -> None:
    advice = advise(verdict="passed", exit_code=None, runs=(), failing_tests=(), root_cause=None, errors=())

    assert "tremaux run -- COMMAND" in advice[0]


@pytest.mark.parametrize(("skipped", "steps"), [(0, 0), (1, 0), (50, 1)])
def test_after_a_success_only_many_skipped_tests_are_worth_a_word(skipped: int, steps: int) -> None:
    runs = [TestRun("pytest", passed=100, failed=0, errors=0, skipped=skipped)]

    advice = advise(verdict="passed", exit_code=0, runs=runs, failing_tests=(), root_cause=None, errors=())

    assert len(advice) == steps


@given(
    st.sampled_from(["passed", "failed", "uncertain"]),
    st.none() | st.integers(-300, 300),
    st.lists(st.text()),
    st.text(),
    st.text(),
)
def test_any_texts_are_survived_and_advice_is_bounded(
    verdict: Verdict, exit_code: int | None, tests: list[str], file: str, context: str
) -> None:
    advice = advise(
        verdict=verdict,
        exit_code=exit_code,
        runs=[red("pytest"), red("jest")],
        failing_tests=tests,
        root_cause=RootCause(1, context, file, 1),
        errors=[Alarm("error", "low", 1, 1, context)],
    )

    assert len(advice) <= MAX_ADVICE
    assert all("\n" not in step and "\x1b" not in step for step in advice)
