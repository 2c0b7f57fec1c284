import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.postflight.findings.rules import ERROR_RULES, SUCCESS_RULES
from tremaux_tools.core.postflight.report import Alarm, Learning, Success
from tremaux_tools.core.postflight.score import LEARNINGS_COUNTED, quality_score, score_parts

ALARMS = [Alarm(rule.type, rule.severity, 1, 3, "x") for rule in ERROR_RULES]
HIGH = next(alarm for alarm in ALARMS if alarm.severity == "high")
MEDIUM = next(alarm for alarm in ALARMS if alarm.severity == "medium")
LOW = next(alarm for alarm in ALARMS if alarm.severity == "low")
GOOD = [Success(rule.type, 7) for rule in SUCCESS_RULES]
LEARNT = Learning("fix", "pin the compiler's version")


@pytest.mark.parametrize(
    ("exit_code", "errors", "successes", "learnings", "score"),
    [
        pytest.param(0, [], [], [], 80, id="exit 0"),
        pytest.param(1, [], [], [], 30, id="exit 1"),
        pytest.param(None, [], [], [], 50, id="exit not known"),
        pytest.param(1, [HIGH], [], [], 15, id="high"),
        pytest.param(1, [MEDIUM], [], [], 22, id="medium"),
        pytest.param(1, [LOW], [], [], 30, id="low"),
        pytest.param(0, [], GOOD[:2], [LEARNT], 93, id="successes and a learning"),
        pytest.param(0, [], [GOOD[0], GOOD[0]], [], 85, id="one type of success twice"),
        pytest.param(0, [], GOOD, [LEARNT] * 9, 100, id="at most 100"),
        pytest.param(1, ALARMS, [], [], 0, id="at least 0"),
        pytest.param(None, [], [], [LEARNT] * 99, 50 + 3 * LEARNINGS_COUNTED, id="only some learnings count"),
    ],
)
def test_the_score_is_the_sum_of_the_table(
    exit_code: int | None, errors: list[Alarm], successes: list[Success], learnings: list[Learning], score: int
) -> None:
    assert quality_score(score_parts(exit_code, errors, successes, learnings)) == score


def test_each_part_names_its_evidence() -> None:
    parts = score_parts(1, [HIGH, MEDIUM], GOOD[:1], [LEARNT])

    assert [(part.name, part.points, part.why) for part in parts] == [
        ("base", 50, "Every run begins with 50."),
        ("exit", -20, "The exit code is 1."),
        ("error:out_of_memory", -15, "Line 3 tells of out of memory (high severity)."),
        ("error:permission_denied", -8, "Line 3 tells of permission denied (medium severity)."),
        ("success:tests_passed", 5, "Line 7 tells of tests passed."),
        ("learnings", 3, "1 learning noted."),
    ]


@given(
    st.none() | st.integers(),
    st.lists(st.sampled_from(ALARMS)),
    st.lists(st.sampled_from(GOOD)),
    st.lists(st.just(LEARNT)),
)
def test_a_score_is_from_0_to_100_and_the_sum_of_its_parts(
    exit_code: int | None, errors: list[Alarm], successes: list[Success], learnings: list[Learning]
) -> None:
    parts = score_parts(exit_code, errors, successes, learnings)

    assert 0 <= quality_score(parts) <= 100
    assert quality_score(parts) == sum(part.points for part in parts)
    assert all(part.why.endswith(".") for part in parts)
