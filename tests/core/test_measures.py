import pytest

from tremaux_tools.core.measures import Measure, declared_measure
from tremaux_tools.core.observation import observe
from tremaux_tools.core.wildcards import ValuePattern


def named(output: str) -> dict[str, tuple[float, str]]:
    return {m.name: (m.value, m.better) for m in observe(output).measures if m.better != "either"}


@pytest.mark.parametrize(
    ("output", "name", "value"),
    [
        pytest.param("=== 2 failed, 7 passed in 0.31s ===", "failures", 2, id="pytest"),
        pytest.param("FAILED (failures=2, errors=1)", "failures", 2, id="unittest"),
        pytest.param("Test Suites: 1 failed, 1 total\nTests: 3 failed, 9 passed, 12 total", "failures", 3, id="jest"),
        pytest.param("# pass 1\n# fail 4", "failures", 4, id="node"),
        pytest.param("test result: FAILED. 3 passed; 2 failed; 0 ignored", "failures", 2, id="cargo"),
        pytest.param("✖ 41 problems (30 errors, 11 warnings)", "failures", 41, id="eslint"),
        pytest.param("error: could not compile `x` due to 3 previous errors", "failures", 3, id="rustc"),
        pytest.param("--- FAIL: TestA (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL", "failures", 2, id="go counts its items"),
        pytest.param("a.c:1:2: error: x\na.c:7:2: error: x", "failures", 2, id="gcc counts its items"),
        pytest.param("TOTAL  1204 stmts  coverage 61%", "coverage", 61, id="coverage"),
        pytest.param("TOTAL   1204   200   83%", "coverage", 83, id="coverage table"),
        pytest.param("val_loss 0.47 above 0.05", "loss", 0.47, id="loss"),
        pytest.param("p99 latency 120 ms (SLO 90 ms)", "latency", 120, id="latency"),
    ],
)
def test_a_number_is_measured_by_its_own_words(output: str, name: str, value: float) -> None:
    assert named(output)[name][0] == value


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("make: *** [all] Error 2", id="exit code"),
        pytest.param("TimeoutError: no response after 20 s", id="time-out"),
        pytest.param("building 24%", id="progress"),
        pytest.param("held by process 4711", id="pid"),
        pytest.param("Required test coverage of 80% not reached", id="what is asked for"),
        pytest.param("uptime 1047", id="clock"),
    ],
)
def test_a_number_that_measures_nothing_is_no_measure(output: str) -> None:
    values = {m.value for m in observe(output).measures}

    assert not values - {1.0}  # the one failed item


def test_more_passing_tests_say_nothing_while_some_fail() -> None:
    assert "passed" not in named("1 failed, 9 passed")
    assert named("41 passed of 50")["passed"] == (41, "higher")


def test_the_project_can_declare_its_own_metric() -> None:
    seen = observe("fill level 0.71 reached", metric_pattern="fill level {value} ", metric_better="higher")

    assert seen.measures[0] == Measure("metric", 0.71, "higher")


def test_a_declared_metric_without_a_number_is_left_out() -> None:
    assert declared_measure("fill level unknown", ValuePattern.parse("fill level {value}"), "higher") is None
