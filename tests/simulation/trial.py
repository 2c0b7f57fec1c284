"""Try an adviser in a world, and measure it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from tests.simulation.advisers import Adviser
from tests.simulation.world import Task

from tremaux_tools.core.uplift import Uplift, uplift_of

BINS = 10  # of the chance that was foretold


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one task."""

    foretold: float  #: chance of passing
    passed: bool
    regret: float  #: chance that the best of the learnings would have added


def run(adviser: Adviser, tasks: Sequence[Task]) -> list[Step]:
    """Let it choose for each task in turn and see what came of it; a step for each recommendation."""
    steps = []
    for task in tasks:
        if task.withheld:
            adviser.see(_passes_unaided(task))
            continue
        chosen = max(task.chances, key=lambda learning: adviser.worth(learning, task.at))
        chance, best = task.chances[chosen], max(task.chances.values())
        step = Step(adviser.chance(chosen, task.at), task.luck < chance, best - chance)
        adviser.learn(chosen, step.passed, task.confirmed, task.at)
        steps.append(step)
    return steps


def brier(steps: Sequence[Step]) -> float:
    """Mean squared error of what was foretold. Source: Brier 1950, Monthly Weather Review 78:1."""
    return fmean((step.foretold - step.passed) ** 2 for step in steps)


def calibration(steps: Sequence[Step]) -> list[tuple[float, float, int]]:
    """What was foretold, what came of it, and how often, for each tenth of the chances that occurred."""
    bins = defaultdict(list)
    for step in steps:
        bins[min(BINS - 1, int(step.foretold * BINS))].append(step)
    return [
        (fmean(step.foretold for step in bins[nth]), fmean(step.passed for step in bins[nth]), len(bins[nth]))
        for nth in sorted(bins)
    ]


def calibration_error(steps: Sequence[Step]) -> float:
    """How far what was foretold is off on average, in tenths (expected calibration error)."""
    return sum(abs(foretold - passed) * number for foretold, passed, number in calibration(steps)) / len(steps)


def regret(steps: Sequence[Step]) -> float:
    """How much chance of passing was missed per task, against one who knows the truth."""
    return fmean(step.regret for step in steps)


def pass_rate(steps: Sequence[Step]) -> float:
    return fmean(step.passed for step in steps)


def uplift(steps: Sequence[Step], tasks: Sequence[Task]) -> Uplift:
    """What the tasks that were held back from say of the recommendations."""
    withheld = [task for task in tasks if task.withheld]
    return uplift_of(
        shown=len(steps),
        shown_passed=sum(step.passed for step in steps),
        withheld=len(withheld),
        withheld_passed=sum(map(_passes_unaided, withheld)),
    )


def _passes_unaided(task: Task) -> bool:
    return task.luck < next(iter(task.chances.values()))
