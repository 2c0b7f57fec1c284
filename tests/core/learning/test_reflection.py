"""Reflection: what a proposal is worth, by its evidence."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.learning.delta import Evidence, Proposal, Scored
from tremaux_tools.core.learning.reasoning import cited
from tremaux_tools.core.learning.reflection import reflect
from tremaux_tools.core.learning.work import Figure
from tremaux_tools.core.settings import SETTINGS

FIGURES = {
    "tasks": Figure(100, 100),
    "success_rate": Figure(0.62, 30),
    "retry_success_rate": Figure(0.4, 20),
    "latency_ms": Figure(120.0, 30),
    "cpu_percent": Figure(91.0, 30),
    "agents": Figure(9.0, 30),
    "stall_rate": Figure(0.3, 40),
    "rung_0_success_rate": Figure(0.2, 35),
}
FOUNDED = Proposal(
    type="strategy",
    operation="modify",
    target="retry.first_rung",
    new_value=1,
    reasoning="Of the runs on rung 0 20 % passed.",
    confidence=0.95,
    impact=6.0,
    source="rule stronger_first",
    evidence=Evidence("rung_0_success_rate", 0.2, 30, 6.0, 2.0, 10.0, "runs pass more often"),
)
TOLD = replace(
    FOUNDED,
    evidence=Evidence(),
    source="an agent",
    reasoning="The success rate is 62 %; judged by the pass rate of the runs that begin a rung higher.",
)
BULLET = replace(FOUNDED, type="playbook", operation="add", target="recurring failures", new_value="Sum first.")
numbers = st.floats(allow_nan=True, allow_infinity=True)


def scored(proposal: Proposal, *, old: Any = 0, record: tuple[int, int] = (0, 0), keywords: bool = False) -> Scored:
    return reflect(
        proposal,
        FIGURES,
        record=record,
        setting=SETTINGS.get(proposal.target),
        old_value=old,
        keywords=keywords,
    )


def points(found: Scored) -> dict[str, float]:
    return {part.name: part.points for part in found.parts}


def test_a_founded_proposal_without_a_history_is_worth_a_trial() -> None:
    found = scored(FOUNDED)

    # 40 x 1/2 (nothing kept or rolled back) x 30/40 tasks, all checks, 6 of 5 points, and a fifth of the work.
    assert points(found) == pytest.approx({"confidence": 15, "reasoning": 30, "impact": 20, "risk": 9})
    assert (found.score, found.risk, found.veto) == (pytest.approx(74), "low", "")


def test_who_cites_a_figure_of_the_data_is_heard() -> None:
    found = scored(TOLD)

    assert points(found) == pytest.approx({"confidence": 15, "reasoning": 24, "impact": 20, "risk": 9})
    assert found.score >= 65


@pytest.mark.parametrize(
    "reasoning",
    [
        pytest.param("It was observed that this is 100 % better, because I say so.", id="no figure"),
        pytest.param("The success rate is 31 %. Judged by the pass rate.", id="a figure that is wrong"),
        pytest.param("I looked at 100 tasks. Judged by the pass rate.", id="how much was looked at"),
    ],
)
def test_who_cites_nothing_true_is_not(reasoning: str) -> None:
    found = scored(replace(TOLD, reasoning=reasoning, impact=50.0))

    assert points(found)["confidence"] == 0
    assert points(found)["impact"] == pytest.approx(4)  # one point is believed
    assert found.score < 40


def test_an_effect_counts_only_beside_a_figure_that_the_data_show() -> None:
    wrong = replace(FOUNDED.evidence, value=0.5)

    found = scored(replace(FOUNDED, evidence=wrong))

    assert points(found) == pytest.approx({"confidence": 0, "reasoning": 18, "impact": 4, "risk": 9})
    why = {part.name: part.why for part in found.parts}
    assert "it says rung_0_success_rate 0.5, the data 0.2" in why["reasoning"]


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        pytest.param({"tasks": 29}, 4, id="29 tasks"),
        pytest.param({"metric": "happiness"}, 3, id="a figure that is none"),  # and so no effect either
        pytest.param({"low": None}, 4, id="no interval"),
        pytest.param({"criterion": " "}, 4, id="no criterion"),
    ],
)
def test_each_check_earns_a_fifth_of_the_reasoning(change: dict[str, Any], checks: int) -> None:
    found = scored(replace(FOUNDED, evidence=replace(FOUNDED.evidence, **change)))

    assert points(found)["reasoning"] == pytest.approx(6 * checks)


def test_nobody_has_seen_more_tasks_than_there_are() -> None:
    found = scored(replace(FOUNDED, evidence=replace(FOUNDED.evidence, tasks=10**6)))

    assert points(found)["confidence"] == pytest.approx(40 * 1 / 2 * 100 / 110)


def test_what_cannot_be_taken_back_costs_a_check_and_half_the_risk() -> None:
    found = scored(FOUNDED, old=None)

    assert points(found)["reasoning"] == pytest.approx(24)
    assert points(found)["risk"] == pytest.approx(4)
    assert found.risk == "medium"


@pytest.mark.parametrize("change", [{"impact": -0.1}, {"evidence": replace(FOUNDED.evidence, effect=-0.1)}])
def test_a_loss_vetoes_whatever_else_speaks_for_it(change: dict[str, Any]) -> None:
    found = scored(replace(FOUNDED, **change), record=(99, 0))

    assert found.score == 0
    assert "cost 0.1 points" in found.veto


@pytest.mark.parametrize(
    ("proposal", "old", "why"),
    [
        (replace(FOUNDED, target="learning.enabled", new_value=False), True, "only a person changes learning.enabled"),
        (replace(FOUNDED, operation="remove"), 1, "it removes something"),
        (replace(BULLET, operation="remove", target="bullet-3"), "Sum first.", "it removes something"),
        (replace(FOUNDED, target="dispatch.max_workers", new_value=4), 17, "from 17 to 4 is more than a factor of 4"),
        (replace(FOUNDED, target="dispatch.max_workers", new_value=200), 60, "more than half of what it may be"),
        (replace(FOUNDED, target="retry.first_rung", new_value=6), 0, "more than half of what it may be"),
        (replace(FOUNDED, target="no.setting"), 1, "its target is no setting"),
    ],
)
def test_a_person_decides(proposal: Proposal, old: Any, why: str) -> None:
    found = scored(proposal, old=old)

    assert found.risk == "high"
    assert why in found.parts[-1].why


@pytest.mark.parametrize(
    ("proposal", "old", "risk"),
    [
        pytest.param(replace(FOUNDED, target="dispatch.max_workers", new_value=4), 16, "medium", id="all that runs"),
        pytest.param(replace(FOUNDED, target="retry.first_rung", new_value=5), 0, "low", id="half its range"),
        pytest.param(
            replace(FOUNDED, target="coordination.strategy", new_value="adaptive"), "fixed", "medium", id="a word"
        ),
        pytest.param(BULLET, None, "low", id="a bullet"),
    ],
)
def test_nobody_need_be_asked(proposal: Proposal, old: Any, risk: str) -> None:
    assert scored(proposal, old=old).risk == risk


def test_what_was_rolled_back_here_counts_against_it() -> None:
    scores = [scored(FOUNDED, record=(0, times)).score for times in range(5)]

    assert scores == sorted(scores, reverse=True)
    assert scores[0] - scores[1] == pytest.approx(40 * (1 / 2 - 1 / 3) * 30 / 40)


def test_keywords_score_as_the_first_version_did() -> None:
    hollow = replace(TOLD, reasoning="Observed 100 % of the time, because.")

    found = scored(hollow, keywords=True)

    assert points(found)["reasoning"] == 30
    assert found.score >= 65
    assert points(scored(replace(hollow, reasoning="It is observed."), keywords=True))["reasoning"] == pytest.approx(10)


@pytest.mark.parametrize(
    ("text", "metric", "is_true"),
    [
        ("success rate 62 %", "success_rate", True),
        ("Success-rate: 0.63", "success_rate", True),
        ("a pass rate of 62 percent", "success_rate", True),
        ("62% success rate", "success_rate", True),
        ("the success rate is now only 62", "success_rate", True),
        ("success rate 70 %", "success_rate", False),
        ("retry success rate 40 %", "retry_success_rate", True),
        ("retry success rate 62 %", "retry_success_rate", False),
        ("stall_rate 0.3", "stall_rate", True),
        ("CPU 91%", "cpu_percent", True),
        ("CPU at 0.91", "cpu_percent", True),
        ("latency 0.12 s", "latency_ms", True),
        ("120 ms latency", "latency_ms", True),
        ("9 workers", "agents", True),
        ("rung 0 success rate: 20 %", "rung_0_success_rate", True),
        ("CPU 40 %, but a success rate of 62 %", "success_rate", True),
    ],
)
def test_a_figure_is_found_however_it_is_written(text: str, metric: str, is_true: bool) -> None:
    found = cited(text, FIGURES)

    assert found
    assert (found.metric, found.is_true) == (metric, is_true)


@pytest.mark.parametrize("text", ["", "it is slow", "tasks 100", "unsuccess rate 62 %"])
def test_no_figure_is_found_where_none_is(text: str) -> None:
    assert cited(text, FIGURES) is None


proposals = st.builds(
    replace,
    st.sampled_from([FOUNDED, TOLD, BULLET, replace(FOUNDED, target="learning.interval", new_value=60.0)]),
    confidence=numbers,
    impact=numbers,
    reasoning=st.text(max_size=80) | st.sampled_from([TOLD.reasoning, "CPU 91 % because"]),
    operation=st.sampled_from(["modify", "add", "remove", "adjust"]),
    evidence=st.builds(
        Evidence,
        metric=st.sampled_from(["", *FIGURES, "happiness"]),
        value=numbers,
        tasks=st.integers(-5, 10**9),
        effect=st.none() | numbers,
        low=st.none() | numbers,
        high=st.none() | numbers,
        criterion=st.text(max_size=5),
    ),
)
records = st.tuples(st.integers(0, 99), st.integers(0, 99))


@given(proposals, records, st.sampled_from([None, 0, 3, "fixed"]), st.booleans())
def test_a_score_is_the_sum_of_its_parts_from_0_to_100(
    proposal: Proposal, record: tuple[int, int], old: Any, keywords: bool
) -> None:
    found = scored(proposal, old=old, record=record, keywords=keywords)

    assert [part.most for part in found.parts] == [40, 30, 20, 10]
    assert all(0 <= part.points <= part.most and part.why for part in found.parts)
    assert found.score == (0 if found.veto else pytest.approx(math.fsum(part.points for part in found.parts)))
    assert 0 <= found.score <= 100


@given(st.integers(0, 200), st.integers(0, 200), records, st.integers(0, 9))
def test_more_evidence_never_lowers_a_score(tasks: int, more: int, record: tuple[int, int], kept: int) -> None:
    def score(number: int, history: tuple[int, int]) -> float:
        return scored(replace(FOUNDED, evidence=replace(FOUNDED.evidence, tasks=number)), record=history).score

    assert score(tasks + more, (record[0] + kept, record[1])) >= score(tasks, record)


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_larger_gain_never_scores_less(gain: float, more: float) -> None:
    assert scored(replace(TOLD, impact=gain + more)).score >= scored(replace(TOLD, impact=gain)).score
