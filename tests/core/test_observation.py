import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.observation import MAX_BYTES, Observation, observe

LINES = st.lists(st.text(max_size=60).filter(lambda s: "\r" not in s), max_size=12)


@given(st.text(max_size=400))
def test_an_observation_survives_json(output: str) -> None:
    seen = observe(output)

    assert Observation.from_dict(json.loads(json.dumps(seen.to_dict()))) == seen


@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_lines_makes_no_difference(lines: list[str], random: object) -> None:
    shuffled = sorted(lines, key=lambda _: random.random())  # type: ignore[attr-defined]

    one, other = observe("\n".join(lines)), observe("\n".join(shuffled))

    assert (one.exact, one.shape) == (other.exact, other.shape)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("\n".join(f"error {i}x in " + "\U0001f600" * 90 for i in range(900)), id="emoji"),
        pytest.param("\n".join(f"error: thing_{i} is missing {'y' * 300}" for i in range(2_000)), id="many errors"),
        pytest.param("a" * 5_000_000, id="one endless line"),
        pytest.param("\n".join(f"{i} failed rows, left: {i}" for i in range(2_000)), id="many measures"),
        pytest.param("error \x00\x1b[31m\ud800 " * 10_000, id="control characters and a lone surrogate"),
        pytest.param("x\r" * 200_000 + "y" * 200_000, id="carriage returns"),
    ],
)
def test_an_observation_stays_small_whatever_the_output(output: str) -> None:
    assert len(json.dumps(observe(output).to_dict())) <= MAX_BYTES


def test_silence_is_told_apart_by_its_exit_code() -> None:
    assert observe("", exit_code=1).exact == observe(" \n", exit_code=1).exact
    assert observe("", exit_code=1).exact != observe("", exit_code=139).exact
    assert observe("").is_empty


def test_chatter_is_no_part_of_a_failure() -> None:
    one = observe("INFO worker alpha started\ntest_a PASSED [ 50%]\nKeyError: 'x'")
    other = observe("DEBUG worker beta ready\n.F.  [100%]\nKeyError: 'x'")

    assert one.exact == other.exact
    assert one.whole != other.whole


def test_an_ignored_line_is_not_looked_at() -> None:
    ignore = ("tip of the *:",)

    assert (
        observe("tip of the day: rest\nboom", ignore_patterns=ignore).whole
        == observe("tip of the day: eat\nboom", ignore_patterns=ignore).whole
    )


@pytest.mark.parametrize(
    ("output", "infra"),
    [
        pytest.param("HTTP 429: retry-after=3s", True, id="rate limit"),
        pytest.param("npm ERR! code ETIMEDOUT\nnpm ERR! request to https://x.org failed", True, id="registry"),
        pytest.param("Error: socket hang up", True, id="socket"),
        pytest.param("AssertionError: expected 200, got status 503", False, id="a test about a 503"),
        pytest.param("KeyError: 'status'", False, id="a bug"),
    ],
)
def test_a_failing_network_is_not_a_failing_program(output: str, infra: bool) -> None:
    assert observe(output).is_infra is infra


@pytest.mark.parametrize(
    ("output", "waiting"),
    [
        pytest.param("rollout: waiting for 3 pods", True, id="rollout"),
        pytest.param("build is still running", True, id="build"),
        pytest.param("timed out waiting for the port", False, id="it is over"),
        pytest.param("a.c:1: error: x\nmake: *** Waiting for unfinished jobs....", False, id="make -j"),
    ],
)
def test_waiting_is_for_what_is_still_at_work(output: str, waiting: bool) -> None:
    assert observe(output).is_waiting is waiting


def test_lines_that_name_the_failure_come_first() -> None:
    seen = observe("1 failed in 0.1s\n    raise KeyError(name)\nE   KeyError: 'name'\nFAILED t.py::test_x")

    assert seen.lines[0].text == "E KeyError: 'name'"
