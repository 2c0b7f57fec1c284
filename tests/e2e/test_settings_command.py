"""`tremaux settings` in a person's shell, each command a process of its own."""

import subprocess
from collections.abc import Callable

Run = Callable[..., subprocess.CompletedProcess[str]]
FAILED = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed in 0.12s\n"


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
