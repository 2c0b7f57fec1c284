from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.skills.analysis import MAX_COMMON, analyse
from tremaux_tools.core.skills.task import FinishedTask


def finished(verdict: Any = "passed", prompt: str = "p", **fields: Any) -> FinishedTask:
    return FinishedTask(**{"name": "t", "project": "/p", "prompt": prompt, "verdict": verdict} | fields)


def test_the_success_rate_is_of_tasks_with_a_verdict() -> None:
    analysis = analyse([finished("passed"), finished("passed"), finished("failed"), finished("uncertain")])

    assert (analysis.tasks, analysis.success_rate) == (4, pytest.approx(2 / 3))


def test_durations_are_of_tasks_that_know_theirs() -> None:
    analysis = analyse([finished(duration=seconds) for seconds in (1.0, 2.0, 9.0, None)])

    assert (analysis.mean_duration, analysis.median_duration) == (4.0, 2.0)


def test_nothing_is_known_of_no_task() -> None:
    analysis = analyse([])

    assert (analysis.tasks, analysis.success_rate, analysis.mean_duration, analysis.median_duration) == (
        0,
        None,
        None,
        None,
    )
    assert (analysis.common_tools, analysis.projects, analysis.patterns) == ((), (), ())


def test_tools_count_once_a_task_whatever_their_case() -> None:
    analysis = analyse([finished(tools=("Git", "git", "pytest")), finished(tools=("GIT",))])

    assert analysis.common_tools == (("Git", 2), ("pytest", 1))


def test_projects_and_kinds_of_work_are_told_the_most_frequent_first() -> None:
    prompts = ("fix it", "deploy it", "fix the rest")
    analysis = analyse([finished(prompt=prompt, project=f"/{at // 2}") for at, prompt in enumerate(prompts)])

    assert analysis.projects == (("/0", 2), ("/1", 1))
    assert analysis.patterns == (("debug", 2), ("deploy", 1))


@given(st.lists(st.sampled_from(["passed", "failed", "uncertain"])))
def test_a_rate_is_a_share(verdicts: list[str]) -> None:
    analysis = analyse([finished(verdict, tools=(f"tool{at}",)) for at, verdict in enumerate(verdicts)])

    assert (analysis.success_rate is None) == (set(verdicts) <= {"uncertain"})
    assert 0 <= (analysis.success_rate or 0) <= 1
    assert len(analysis.common_tools) == min(len(verdicts), MAX_COMMON)
