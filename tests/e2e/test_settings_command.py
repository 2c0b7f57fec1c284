"""`tremaux settings` in a person's shell, each command a process of its own."""

import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
FAILED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed in 0.12s\n"


@pytest.mark.parametrize(
    ("target", "change"),
    [
        ("retry.first_rung", "The change: retry.first_rung from 0 to 99\n"),
        ("retry.nothing", "The change: retry.nothing to 99\n"),
    ],
)
def test_a_proposal_that_is_turned_down_exits_with_one(tremaux: Run, target: str, change: str) -> None:
    done = tremaux("learn", "propose", "strategy", "modify", target, "99", "--reasoning", "it is slow")

    assert (done.returncode, "is rejected" in done.stdout) == (1, True)
    assert change in done.stdout


def test_a_threshold_that_a_person_sets_holds_for_the_next_attempt_until_it_is_unset(tremaux: Run) -> None:
    for _ in range(2):
        tremaux("record", "edit", "--gate", "fail", "--output", "-", stdin=FAILED)
    set_ = tremaux("settings", "set", "stall.repeats", "2", "--reason", "the suite is quick")
    stalled = tremaux("stall", "--exit-code")
    unset = tremaux("settings", "unset", "stall.repeats")
    watched = tremaux("stall", "--exit-code")

    assert set_.stdout.splitlines()[0] == "SET: stall.repeats is 2 attempts (person)."
    assert unset.stdout.splitlines()[0] == "UNSET: stall.repeats is 3 attempts (default)."
    assert (stalled.returncode, watched.returncode) == (10, 0)
