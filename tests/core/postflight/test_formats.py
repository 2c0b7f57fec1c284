"""A report in another format says the same, is valid there, and lets no log do more than be read."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.core.postflight.samples import CAUSE, FAILED, HOSTILE, PASSED, RUN, changed, reports

from tremaux_tools.core.postflight.formats import as_ctrf, as_junit, as_markdown
from tremaux_tools.core.postflight.inert import code, fenced
from tremaux_tools.core.postflight.machine import results_in
from tremaux_tools.core.postflight.report import Report
from tremaux_tools.core.runners import TestRun

SCHEMAS = Path(__file__).parents[2] / "schemas"
JUNIT = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
CTRF = jsonschema.Draft7Validator(json.loads((SCHEMAS / "ctrf-0.0.json").read_text()))
MARKDOWN = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])

QUIET = changed(FAILED, tests=None, runs=(), failing_tests=(), root_cause=None, reasons=("The exit code is 2.",))


def cases(document: str) -> dict[str, str]:
    """The test cases of a JUnit document and their messages; empty for one that passed."""
    return {
        case.name: next((result.message for result in case.result), "")
        for suite in JUnitXml.fromstring(document.encode())
        for case in suite
    }


def test_junit_xml_has_the_exact_counts_and_the_root_cause_where_it_belongs() -> None:
    document = as_junit(FAILED, name="unit tests")

    (suite,) = JUnitXml.fromstring(document.encode())
    assert suite.name == "unit tests (pytest)"
    assert (suite.tests, suite.failures, suite.errors, suite.skipped, suite.time) == (10, 2, 1, 2, 1.25)
    assert cases(document) == {
        "test_a.py::test_bad": "E   assert 42 == 41",
        "test_b.py::test_worse": "failed; the log has the details",
    }
    (bad, _) = suite
    assert "test_a.py:5" in bad.result[0].text


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(PASSED, {}, id="all passed"),
        pytest.param(QUIET, {"exit code": "failed, exit code 1"}, id="no tests, failed"),
        pytest.param(changed(QUIET, verdict="passed", exit_code=0), {"exit code": ""}, id="no tests, passed"),
        pytest.param(
            changed(QUIET, verdict="uncertain", exit_code=None), {"exit code": "uncertain"}, id="no tests, uncertain"
        ),
        pytest.param(
            changed(PASSED, verdict="failed", exit_code=137, exit_meaning="killed"),
            {"exit code": "failed, exit code 137"},
            id="all tests passed, and then it was killed",
        ),
    ],
)
def test_a_verdict_that_no_test_tells_is_a_test_of_its_own(report: Report, expected: dict[str, str]) -> None:
    document = as_junit(report, name="make")

    assert cases(document) == expected
    JUNIT.validate(document)


def test_ctrf_has_the_exact_counts_and_the_root_cause_where_it_belongs() -> None:
    results = json.loads(as_ctrf(FAILED, name="unit tests"))["results"]

    assert results["tool"] == {"name": "pytest"}
    summary = {"tests": 10, "passed": 5, "failed": 3, "skipped": 1, "pending": 0, "other": 1, "start": 0, "stop": 1250}
    assert results["summary"] == summary | {"extra": {"errors": 1, "xfailed": 1}}
    bad, worse = results["tests"]
    assert (bad["filePath"], bad["line"]) == ("test_a.py", 5)
    assert bad["message"].startswith(CAUSE.excerpt)
    assert "filePath" not in worse


@given(run=st.builds(TestRun, st.just("pytest"), *[st.integers(0, 10**6)] * 5, st.just(0.5)))
def test_our_ctrf_is_read_back_as_it_was_counted(run: TestRun) -> None:
    document = as_ctrf(changed(FAILED, verdict="passed", tests=run, runs=(run,), failing_tests=()), name="x")

    results = results_in(document)

    assert results is not None
    (read,) = results.runs
    assert (read.passed, read.failed, read.errors, read.skipped, read.xfailed) == (
        *(run.passed, run.failed, run.errors, run.skipped, run.xfailed),
    )


@settings(max_examples=50, deadline=None)  # validating is slow
@given(report=reports(), name=st.text(max_size=20))
def test_any_report_is_valid_in_every_format(report: Report, name: str) -> None:
    junit = as_junit(report, name=name)
    JUNIT.validate(junit)
    ET.fromstring(junit.encode())
    CTRF.validate(json.loads(as_ctrf(report, name=name)))
    as_markdown(report, name=name).encode()


@settings(max_examples=50, deadline=None)  # validating is slow
@given(report=reports(), name=st.just(HOSTILE) | st.text(max_size=20))
def test_no_word_of_a_log_is_markup_in_markdown(report: Report, name: str) -> None:
    tokens = list(_flat(MARKDOWN.parse(as_markdown(report, name=name))))

    kinds = {token.type for token in tokens}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "code_block", "em_open", "blockquote_open"}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h3"]
    for inline in (token for token in tokens if token.type == "inline"):  # a mention means nothing in code
        shown = "".join("." if child.type == "code_inline" else child.content for child in inline.children or [])
        assert not re.search(r"(?<!\w)@\w", shown)


def test_markdown_shows_what_a_person_needs() -> None:
    text = as_markdown(FAILED, name="pytest -q")

    assert text.startswith("### ❌ failed: `pytest -q`\n\nexit code 1 · quality 15/100\n")
    assert "| `pytest` | 5 | 2 | 1 | 1 | 1 | 1.25 |" in text
    assert "- `test_a.py::test_bad`" in text
    assert "**Root cause** at `test_a.py:5`\n\n```text\nE   assert 42 == 41\n" in text
    assert "| exit code | -35 | it is 1 |\n| sum | 15 |  |" in text
    assert "| `AssertionError` | high | 2 | 41 |" in text


def test_a_command_to_run_next_is_code_in_markdown() -> None:
    steps = ("Run only what failed: `pytest test_a.py`.", "Check `a` and `b`: one of them holds ` alone.")
    text = as_markdown(changed(FAILED, recommendations=steps), name="x")

    assert "1. Run only what failed: `pytest test_a.py`." in text
    assert "2. Check \\`a\\`" in text


def test_a_sum_over_several_runners_has_a_row_of_its_own() -> None:
    go = TestRun("go", 1, 0, 0, 0)
    both = TestRun("pytest+go", 6, 2, 1, 1, 1, 1.25)

    text = as_markdown(changed(FAILED, tests=both, runs=(RUN, go)), name="all")

    assert [line.split(" | ")[0] for line in text.split("\n") if line.startswith("| `")][:3] == [
        *("| `pytest`", "| `go`", "| `pytest+go`"),
    ]


@given(text=st.text(alphabet="`~ \nab", max_size=40))
def test_a_fence_is_ended_by_nothing_within(text: str) -> None:
    (block,) = MARKDOWN.parse(fenced(text))

    assert block.type == "fence"
    assert block.content == f"{text}\n"


@given(text=st.text(alphabet="`| ab\\*", min_size=1, max_size=20))
def test_a_code_span_is_ended_by_nothing_within(text: str) -> None:
    (row,) = [token for token in MARKDOWN.parse(f"| a |\n|---|\n| {code(text)} |")[-6:] if token.type == "inline"]
    children = row.children or []

    assert [child.content.strip() for child in children if child.type == "code_inline"] == (
        [" ".join(text.split())] if text.strip() else []
    )
    assert not [child for child in children if child.type != "code_inline" and child.content]


def _flat(tokens: list[Token]) -> list[Token]:
    return [token for outer in tokens for token in (outer, *_flat(outer.children or []))]
