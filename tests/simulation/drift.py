"""How many workers run at once, tried on a machine that is not as fast at all times, by Tremaux's own rules.

python -m tests.simulation.drift    the table of docs/learning.md (a minute)
"""

import math
import sys
from collections.abc import Iterator
from random import Random
from statistics import fmean

from tremaux_tools.core.learning.delta import block_gets_new
from tremaux_tools.core.learning.trial import Arm, is_due, judge_trial
from tremaux_tools.live_settings import POOL_BLOCK

TRIALS = 400
HISTORY = 30  # runs before a trial
SPREAD = 0.15  # standard deviation of the logarithms of what runs take, apart from the machine
DRIFT = 0.10  # of the machine's, in the long run: measured on a shared one
STEADY = 0.97  # share of it that is left at the next run
RATIOS = (0.8, 1.0, 1.1, 1.2, 1.4)  # how long runs take with the new value, in terms of the old one


def rolled_back(ratio: float, *, remembers: bool = False, trials: int = TRIALS, seed: int = 1) -> float:
    """Share of the trials that end with the old value; all runs pass.

    `remembers` is the other way: what runs took before the trial counts too.
    """
    random = Random(seed)
    return fmean(_is_rolled_back(random, number, ratio, remembers=remembers) for number in range(trials))


def _is_rolled_back(random: Random, number: int, ratio: float, *, remembers: bool) -> bool:
    runs = _runs(random)
    seconds = tuple(next(runs) for _ in range(HISTORY))
    before = Arm(HISTORY, 0, seconds if remembers else ())
    new, old = list[float](), list[float]()
    decision, looked_at, run = "extend", 0, 0
    while decision == "extend":
        is_new = block_gets_new(run // POOL_BLOCK, number)
        (new if is_new else old).append(next(runs) * (ratio if is_new else 1.0))
        run += 1
        if is_due(len(new), looked_at=looked_at):
            arms = (Arm(len(each), 0, tuple(each)) for each in (new, old))
            decision = judge_trial(*arms, before, measures=frozenset({"seconds"}), looked_at=looked_at).decision
            looked_at = len(new)
    return decision == "roll_back"


def _runs(random: Random) -> Iterator[float]:
    """What runs take, one after the other, in seconds."""
    machine = random.gauss(0, DRIFT)
    while True:
        machine = STEADY * machine + math.sqrt(1 - STEADY**2) * random.gauss(0, DRIFT)
        yield math.exp(machine + random.gauss(0, SPREAD))


def main() -> None:
    """Print the table."""
    print(f"| | {' | '.join(f'{ratio:g} times as long' for ratio in RATIOS)} |\n|{'---|' * (len(RATIOS) + 1)}")
    for name, remembers in (("**Tremaux**", False), ("… what runs took before the trial counts by half", True)):
        shares = (f"{rolled_back(ratio, remembers=remembers):.3f}" for ratio in RATIOS)
        print(f"| {name} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
