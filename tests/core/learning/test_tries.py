"""What attempts of all goals show together."""

from collections.abc import Iterable

import pytest

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.learning.tries import FlakyGate, Recurring, Try, flaky, recurring, stalls


def tries(goal: int, story: str, *, project: str = "/p") -> list[Try]:
    """An attempt for each letter: `.` passes, `-` verifies nothing, any other fails in its own way."""
    gates = {".": Gate.PASS, "-": Gate.NONE}
    return [
        Try(goal, project, gates.get(each, Gate.FAIL), each if each.isalpha() else "", f"step {goal}.{number}")
        for number, each in enumerate(story)
    ]


def runs(gates: str, tree: str | None = "t", command: str = "pytest") -> list[Try]:
    return [Try(1, "/p", Gate.PASS if each == "." else Gate.FAIL, "", "a", command, tree) for each in gates]


def joined(*parts: Iterable[Try]) -> list[Try]:
    return [each for part in parts for each in part]


def test_a_goal_stalls_on_the_same_failure_in_a_row() -> None:
    found = stalls(joined(tries(1, "aaa."), tries(2, "aabaa."), tries(3, "."), tries(4, "---")), repeats=3)

    assert (found.goals, found.stalled, found.tries) == (3, 1, 11)


def test_runs_are_counted_by_their_length_and_by_whether_a_pass_ended_them() -> None:
    found = stalls(joined(tries(1, "aaab-b."), tries(2, "a.aa.bb")), repeats=3)

    assert found.runs == {3: 1, 2: 2, 1: 1}  # nobody knows yet where the last one goes
    assert found.passes == {3: 0, 2: 2, 1: 1}
    assert [found.reached(length) for length in (1, 2, 3, 4)] == [4, 3, 1, 0]


def test_goals_do_not_mix() -> None:
    one, other = tries(1, "aa."), tries(2, "aa.")
    mixed = joined(*zip(one, other, strict=True))

    assert stalls(mixed, repeats=3).stalled == 0


def test_a_failure_recurs_that_several_goals_met() -> None:
    found = recurring(joined(tries(1, "ab"), tries(2, "a.", project="/q"), tries(3, "ca-.")))

    assert found == [Recurring("a", 3, ("/p", "/q"), ended_by="step 2.1")]


@pytest.mark.parametrize("story", ["aaaa.", "a.a.a."])
def test_a_failure_of_one_goal_does_not_recur(story: str) -> None:
    assert recurring(tries(1, story)) == []


@pytest.mark.parametrize(
    ("attempts", "flips"),
    [
        pytest.param(runs(".x."), 2, id="forth and back"),
        pytest.param(joined(runs(".x"), runs("x.", "u")), 0, id="once on each of two trees"),
        pytest.param(
            joined(runs(".x."), runs("x.x.", "u"), runs("x.", "v")), 3, id="on several trees, the most of one"
        ),
        pytest.param(runs(".x"), 0, id="only once"),
        pytest.param(joined(runs("."), runs("x", "u"), runs(".", "v")), 0, id="each time on another tree"),
        pytest.param(runs(".x.x", None), 0, id="on a tree that nobody knows"),
        pytest.param(joined(runs(".x"), runs(".x", command="ruff")), 0, id="two commands"),
    ],
)
def test_a_gate_is_flaky_that_changes_its_verdict_on_the_same_tree(attempts: list[Try], flips: int) -> None:
    assert flaky(attempts) == ([FlakyGate("/p", "pytest", flips)] if flips else [])
