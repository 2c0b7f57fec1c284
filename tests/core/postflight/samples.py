"""Reports to write down: one as it mostly is, and hostile ones of any shape."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tremaux_tools.core.postflight.report import (
    Alarm,
    Learning,
    Report,
    RootCause,
    ScorePart,
    Success,
)
from tremaux_tools.core.runners import TestRun

RUN = TestRun("pytest", passed=5, failed=2, errors=1, skipped=1, xfailed=1, duration_s=1.25)
CAUSE = RootCause(line=41, excerpt="E   assert 42 == 41\ntest_a.py:5: in test_bad", file="test_a.py", file_line=5)

FAILED = Report(
    verdict="failed",
    reasons=("pytest says 2 failed, 1 error.", "The exit code is 1."),
    validated=True,
    exit_code=1,
    exit_meaning="",
    quality_score=15,
    score_parts=(ScorePart("base", 50, "where every report begins"), ScorePart("exit code", -35, "it is 1")),
    tests=RUN,
    runs=(RUN,),
    failing_tests=("test_a.py::test_bad", "test_b.py::test_worse"),
    errors=(Alarm("AssertionError", "high", 2, 41, "E   assert 42 == 41"),),
    dismissed=(),
    warnings=("The log is cut off.",),
    successes=(Success("tests passed", 50),),
    root_cause=CAUSE,
    learnings=(),
    recommendations=("Run `pytest test_a.py::test_bad` again.",),
    redactions=0,
)
PASSED = replace(
    FAILED,
    verdict="passed",
    reasons=("The exit code is 0.",),
    exit_code=0,
    quality_score=80,
    score_parts=(ScorePart("base", 50, "where every report begins"), ScorePart("exit code", 30, "it is 0")),
    tests=TestRun("pytest", 7, 0, 0, 0),
    runs=(TestRun("pytest", 7, 0, 0, 0),),
    failing_tests=(),
    errors=(),
    warnings=(),
    root_cause=None,
    recommendations=(),
)

HOSTILE = "```\n</pre><script>alert(1)</script> @everyone <!channel> [x](https://evil.example) | a ]]> # h\x1b[0m\x00&"


def changed(report: Report, **fields: Any) -> Report:
    return replace(report, **fields)


def reports() -> st.SearchStrategy[Report]:
    """Reports with any text in every place where a log's words may stand."""
    text = st.one_of(
        st.just(HOSTILE),
        st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40),
        st.text(alphabet="`~<>@|*_[]()#!\\\n &;:-1. a", max_size=30),
    )
    number = st.integers(min_value=0, max_value=300)
    runs = st.builds(TestRun, st.sampled_from(["pytest", "go"]), number, number, number, number, number, st.just(0.5))
    causes = st.builds(RootCause, st.just(3), text, st.none() | text, st.none() | st.integers(1, 99))
    return st.builds(
        lambda run, **fields: replace(FAILED, tests=run, runs=(run,) if run else (), **fields),
        run=st.none() | runs,
        verdict=st.sampled_from(["passed", "failed", "uncertain"]),
        reasons=st.lists(text, min_size=1, max_size=3).map(tuple),
        exit_code=st.none() | st.integers(0, 255),
        exit_meaning=text,
        quality_score=st.integers(0, 100),
        failing_tests=st.lists(text, max_size=4).map(tuple),
        errors=st.lists(
            st.builds(Alarm, text, st.sampled_from(["high", "medium", "low"]), number, number, text), max_size=3
        ).map(tuple),
        warnings=st.lists(text, max_size=2).map(tuple),
        root_cause=st.none() | causes,
        learnings=st.lists(st.builds(Learning, st.just("fix"), text), max_size=3).map(tuple),
        recommendations=st.lists(text, max_size=2).map(tuple),
    )
