import pytest

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.changes import FileChange
from tremaux_tools.core.observation import observe
from tremaux_tools.core.postflight.turning import MAX_ACTIONS, lesson, newest_turning

BLANK = observe("")


def tries(*gates: str) -> list[Attempt]:
    return [
        Attempt(n, n, f"edit {n}", Gate(gate), BLANK, signature=(f"exception: E{n}",) if gate == "fail" else ())
        for n, gate in enumerate(gates, start=1)
    ]


@pytest.mark.parametrize(
    ("attempts", "failing", "passing", "actions"),
    [
        pytest.param(tries("fail", "pass"), 1, 2, ("edit 2",), id="the next try"),
        pytest.param(tries("fail", "none", "pass"), 1, 3, ("edit 2", "edit 3"), id="a step in between"),
        pytest.param(tries("fail", "fail", "pass"), 2, 3, ("edit 3",), id="the last failure"),
        pytest.param(tries("fail", "pass", "pass"), 1, 2, ("edit 2",), id="a pass that only confirms"),
        pytest.param(tries("fail", "pass", "fail", "pass"), 3, 4, ("edit 4",), id="the newest"),
    ],
)
def test_a_turning_is_the_last_failure_and_the_pass_after_it(
    attempts: list[Attempt], failing: int, passing: int, actions: tuple[str, ...]
) -> None:
    turning = newest_turning(attempts)

    assert turning is not None
    assert (turning.failing.id, turning.passing.id, turning.actions) == (failing, passing, actions)


@pytest.mark.parametrize("gates", [(), ("pass",), ("fail",), ("fail", "pass", "fail"), ("none", "pass"), ("blocked",)])
def test_without_a_failure_that_ended_there_is_no_turning(gates: tuple[str, ...]) -> None:
    assert newest_turning(tries(*gates)) is None


def test_a_lesson_names_the_failure_the_actions_and_the_files() -> None:
    turning = newest_turning(tries("fail", "pass"))
    assert turning is not None
    learning = lesson(turning, [FileChange("a.py", "modified", 3, 1), FileChange("logo.png", "added", None, None)])

    assert learning is not None
    assert learning.type == "turned_green"
    assert learning.content == ("Failure: E1. Ended by: edit 2. Changed: a.py (modified +3 -1), logo.png (added).")


def test_a_lesson_without_actions_and_files_teaches_nothing() -> None:
    turning = newest_turning([Attempt(1, 1, "", Gate.FAIL, BLANK), Attempt(2, 2, "", Gate.PASS, BLANK)])
    assert turning is not None

    assert lesson(turning, []) is None


def test_a_long_way_is_told_by_its_last_steps() -> None:
    turning = newest_turning(tries("fail", *["none"] * 20, "pass"))
    assert turning is not None
    learning = lesson(turning, [FileChange(f"f{n}", "added", 1, 0) for n in range(9)])

    assert learning is not None
    assert learning.content.count("edit") == MAX_ACTIONS
    assert "edit 22" in learning.content
    assert "and 4 more" in learning.content
