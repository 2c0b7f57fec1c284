"""Figures of how work went."""

from dataclasses import replace

import pytest
from tests.core.learning.workload import TASK, task, work_of

from tremaux_tools.core.learning.tries import Stalls
from tremaux_tools.core.learning.work import Figure, metrics


def test_figures_are_of_the_newest_thirty_tasks() -> None:
    newest = [task(passed=False, seconds=2.0, workers=4, latency=0.05, outcome="timed_out", waited=1.0)] * 15
    older = [task(seconds=4.0, workers=2, latency=0.15, epoch=2, model="small", rung=1)] * 15
    oldest = [task(passed=False, workers=99, epoch=2, model="small", rung=1)] * 15
    work = replace(work_of(cpu_percent=40.0, stalls=Stalls(goals=8, stalled=2)), tasks=[*newest, *older, *oldest])

    found = metrics(work)

    assert found == {
        "tasks": Figure(45, 45),
        "success_rate": Figure(0.5, 30),
        "seconds": Figure(3.0, 30),
        "agents": Figure(3.0, 30),
        "latency_ms": Figure(pytest.approx(100.0), 30),
        "waited_seconds": Figure(1.0, 15),
        "timeout_rate": Figure(0.5, 30),
        "retry_rate": Figure(0.5, 30),
        "retry_success_rate": Figure(0.5, 30),  # of all 45: a share of them is small enough
        "retry_success_rate_small": Figure(0.5, 30),
        "rung_1_success_rate": Figure(0.5, 30),
        "stall_rate": Figure(0.25, 8),
        "recurring_failures": Figure(0, 45),
        "flaky_gates": Figure(0, 45),
        "cpu_percent": Figure(40.0, 30),
    }


def test_what_nobody_knows_has_no_figure() -> None:
    plain = replace(TASK, ran=None, seconds=None)

    assert set(metrics(work_of((3, plain)))) == {"tasks", "success_rate", "recurring_failures", "flaky_gates"}
    assert "success_rate" not in metrics(work_of())


def test_what_began_at_once_has_a_latency() -> None:
    assert metrics(work_of((3, task(latency=0.0))))["latency_ms"] == Figure(0.0, 3)
