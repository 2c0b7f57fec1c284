"""Deltas that change how long tasks take and nothing else, tried by Tremaux's own rules.

python -m tests.simulation.durations    the table of docs/learning.md (a minute)
"""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from random import Random
from statistics import fmean
from unittest.mock import patch

from tremaux_tools.core.learning import trial
from tremaux_tools.core.learning.delta import gets_new
from tremaux_tools.core.learning.trial import Arm, is_due, judge_trial

TRIALS = 400
HISTORY = 30  # tasks before a trial
SPREAD = 0.5  # standard deviation of the logarithms of what tasks take: the middle two thirds within 61 and 165 %
RATIOS = (0.8, 1.0, 1.1, 1.2, 1.4)  # how long tasks take with the new value, in terms of the old one


def rolled_back(ratio: float, *, trials: int = TRIALS, seed: int = 1) -> float:
    """Share of the trials that end with the old value, because tasks take longer; all of them pass."""
    random = Random(seed)
    return fmean(_is_rolled_back(random, number, ratio) for number in range(trials))


def _is_rolled_back(random: Random, number: int, ratio: float) -> bool:
    before = tuple(_seconds(random, HISTORY, 1.0))
    new, old = list[float](), list[float]()
    decision, looked_at, task = "extend", 0, 0
    while decision == "extend":
        is_new = gets_new(f"run {task}:1", number)
        (new if is_new else old).extend(_seconds(random, 1, ratio if is_new else 1.0))
        task += 1
        if is_due(len(new), looked_at=looked_at):
            arms = (Arm(len(seconds), 0, tuple(seconds)) for seconds in (new, old, before))
            decision = judge_trial(*arms, measures=frozenset({"seconds"}), looked_at=looked_at).decision
            looked_at = len(new)
    return decision == "roll_back"


def _seconds(random: Random, tasks: int, ratio: float) -> Iterator[float]:
    return (100 * ratio * math.exp(random.gauss(0, SPREAD)) for _ in range(tasks))


WAYS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "**Tremaux** (0.15)": nullcontext,
    "… none": lambda: patch.object(trial, "EFFECT_SPREAD", 1e3),
    "… 0.30": lambda: patch.object(trial, "EFFECT_SPREAD", 0.30),
    "… 0.20": lambda: patch.object(trial, "EFFECT_SPREAD", 0.20),
    "… 0.10": lambda: patch.object(trial, "EFFECT_SPREAD", 0.10),
}


def row(name: str) -> str:
    """A line of the table, with the constants as they are."""
    return f"| {name} | {' | '.join(f'{rolled_back(ratio):.3f}' for ratio in RATIOS)} |"


def main() -> None:
    """Print the table."""
    print(f"| prior | {' | '.join(f'{ratio:g} times as long' for ratio in RATIOS)} |\n|{'---|' * (len(RATIOS) + 1)}")
    for name, changed in WAYS.items():
        with changed():
            print(row(name), flush=True)


if __name__ == "__main__":
    sys.exit(main())
