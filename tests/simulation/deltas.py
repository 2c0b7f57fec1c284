"""Deltas whose effect is known, tried in a workload whose difficulty drifts.

python -m tests.simulation.deltas    the table of docs/learning.md (some minutes)
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, repeat
from random import Random
from statistics import fmean
from unittest.mock import patch

from tremaux_tools.core.learning import guard, trial
from tremaux_tools.core.learning.delta import gets_new
from tremaux_tools.core.learning.guard import guarded, is_alarm, rate_to_guard
from tremaux_tools.core.learning.trial import Arm, is_due, judge_trial

DELTAS = 1_500
SEEDS = (1, 2, 3, 4)  # the first for all ways, the others to see how much is luck
HORIZON = 400  # tasks after a delta is applied, by which it is measured
HISTORY = 30  # tasks before
GOOD, NEUTRAL = 0.3, 0.4  # shares of the deltas; the rest is harmful
GAIN = (0.05, 0.15)  # of the pass rate
HARM = (0.05, 0.20)
RATES = (0.50, 0.85)  # pass rate of the workload to begin with
SHIFTS = {"mild": 0.02, "strong": 0.05}  # standard deviation of a step of the drift
STEP = 20  # tasks from one step to the next
MEMORY = 0.9  # of the drift that is left after a step: in the long run it spreads by 4.6 or 11.5 points
LEAST, MOST = 0.02, 0.98  # pass rate


@dataclass(frozen=True, slots=True)
class Case:
    """A delta, and the tasks that come: those before it at first."""

    number: int
    effect: float  #: on the pass rate
    old: Sequence[float]  #: pass rate with the old value, for each task
    new: Sequence[float]
    luck: Sequence[float]  #: a task passes if its pass rate is above

    def passes(self, task: int, *, is_new: bool) -> bool:
        return self.luck[task] < (self.new if is_new else self.old)[task]


@dataclass(frozen=True, slots=True)
class Course:
    """How it went with a delta."""

    effect: float
    was_kept: bool  #: at the end of its trial
    is_kept: bool  #: at the horizon, after the guard
    tasks: int  #: of the trial
    loss: float  #: pass rate per task that one who knows the effect would have had more


Way = Callable[[Case], Course]
RateOf = Callable[[Arm, Arm, Arm], float]  # of a trial's arms


def cases(seed: int, shift: float, *, count: int = DELTAS) -> list[Case]:
    """The deltas of a seed: the same for every way to deal with them."""
    random = Random(seed)
    return [_case(random, number, shift) for number in range(count)]


def _rate_with_old(_new: Arm, old: Arm, before: Arm) -> float:
    return rate_to_guard(old, before)


def _rate_with_new(new: Arm, _old: Arm, _before: Arm) -> float:
    return (1 + new.passed) / (2 + new.tasks)


def apply_all(case: Case) -> Course:
    """The first version's way: what scores well is applied and never looked at again."""
    return Course(case.effect, True, True, 0, _loss(case, [True] * HORIZON))


def apply_none(case: Case) -> Course:
    return Course(case.effect, False, False, 0, _loss(case, [False] * HORIZON))


def try_and_guard(case: Case, *, rate_of: RateOf = _rate_with_old) -> Course:
    """Tremaux's way: its own rules decide, from who gets the new value to the guard's alarm."""
    before = _arm(case, [(task, False) for task in range(HISTORY)])
    tried: list[tuple[int, bool]] = []
    decision, looked_at = "extend", 0
    while decision == "extend" and len(tried) < HORIZON:
        task = HISTORY + len(tried)
        tried.append((task, gets_new(f"run {task}:1", case.number)))
        new = [each for each in tried if each[1]]
        if is_due(len(new), looked_at=looked_at):
            old = _arm(case, [each for each in tried if not each[1]])
            decision = judge_trial(_arm(case, new), old, before, measures=frozenset(), looked_at=looked_at).decision
            looked_at = len(new)
    was_kept = decision == "keep"
    used = [is_new for _, is_new in tried]
    if was_kept:
        used += _guard(case, HISTORY + len(used), rate_of(_arm(case, new), old, before))
    is_kept = was_kept and len(used) == HORIZON
    return Course(case.effect, was_kept, is_kept, len(tried), _loss(case, used + [False] * (HORIZON - len(used))))


def row(name: str, courses: Sequence[Course]) -> str:
    """A line of the table."""
    bad, good = ([course for course in courses if sign * course.effect > 0] for sign in (-1, 1))
    figures = (
        f"{fmean(course.was_kept for course in bad):.3f}",
        f"{fmean(course.is_kept for course in bad):.3f}",
        f"{fmean(course.was_kept for course in good):.3f}",
        f"{fmean(course.is_kept for course in good):.3f}",
        f"{fmean(course.tasks for course in courses):.0f}",
        f"{loss(courses):.2f}",
    )
    return f"| {name} | {' | '.join(figures)} |"


def loss(courses: Sequence[Course]) -> float:
    """Points of pass rate per task."""
    return 100 * fmean(course.loss for course in courses)


def kept(courses: Sequence[Course], sign: int) -> float:
    """Share of the good (1) or harmful (-1) deltas that hold at the horizon."""
    return fmean(course.is_kept for course in courses if sign * course.effect > 0)


def _case(random: Random, number: int, shift: float) -> Case:
    rate = random.uniform(*RATES)
    kind = random.random()
    effect = random.uniform(*GAIN) if kind < GOOD else 0.0 if kind < GOOD + NEUTRAL else -random.uniform(*HARM)
    drift, rates = 0.0, list[float]()
    for _ in range(0, HISTORY + HORIZON, STEP):
        drift = MEMORY * drift + random.gauss(0, shift)
        rates.append(rate + drift)
    luck = [random.random() for _ in range(HISTORY + HORIZON)]
    return Case(number, effect, _by_task(rates), _by_task([rate + effect for rate in rates]), luck)


def _by_task(rates: Sequence[float]) -> list[float]:
    """The pass rate of each task, of those of each step."""
    steps = (repeat(min(max(rate, LEAST), MOST), STEP) for rate in rates)
    return list(islice(chain.from_iterable(steps), HISTORY + HORIZON))


def _arm(case: Case, tasks: Sequence[tuple[int, bool]]) -> Arm:
    passed = sum(case.passes(task, is_new=is_new) for task, is_new in tasks)
    return Arm(passed, len(tasks) - passed)


def _guard(case: Case, first: int, rate: float) -> list[bool]:
    """Which tasks from `first` on have the new value: those up to an alarm."""
    total = 0.0
    for task in range(first, min(first + guard.GUARDED_TASKS, HISTORY + HORIZON)):
        total = guarded(total, rate, passed=case.passes(task, is_new=True))
        if is_alarm(total):
            return [True] * (task + 1 - first)
    return [True] * (HISTORY + HORIZON - first)


def _loss(case: Case, used: Sequence[bool]) -> float:
    """Of the tasks after the history, by whether they had the new value."""
    rates = zip(used, case.new[HISTORY:], case.old[HISTORY:], strict=True)
    return fmean(max(new, old) - (new if is_new else old) for is_new, new, old in rates)


def _judged(**constants: float) -> AbstractContextManager[object]:
    return patch.multiple(trial, **constants)


def _guarded(**constants: object) -> AbstractContextManager[object]:
    return patch.multiple(guard, **constants)


WAYS: dict[str, tuple[Way, Callable[[], AbstractContextManager[object]]]] = {
    "apply, never check (the first version)": (apply_all, nullcontext),
    "apply none": (apply_none, nullcontext),
    "**Tremaux**": (try_and_guard, nullcontext),
    "… no guard": (try_and_guard, lambda: _guarded(ALARM_ABOVE=1e9)),
    "… a guard that goes on for ever": (try_and_guard, lambda: _guarded(GUARDED_TASKS=HORIZON)),
    "… a guard of the rate with the new value": (partial(try_and_guard, rate_of=_rate_with_new), nullcontext),
    "… first look at 10 tasks": (try_and_guard, lambda: _judged(FIRST_LOOK=10)),
    "… first look at 20 tasks": (try_and_guard, lambda: _judged(FIRST_LOOK=20)),
    "… last look at 85 tasks": (try_and_guard, lambda: _judged(LAST_LOOK=85)),
    "… last look at 160 tasks": (try_and_guard, lambda: _judged(LAST_LOOK=160)),
    "… roll back above 0.80": (try_and_guard, lambda: _judged(ROLL_BACK_ABOVE=0.80)),
    "… roll back above 0.90": (try_and_guard, lambda: _judged(ROLL_BACK_ABOVE=0.90)),
    "… keep above 0.95": (try_and_guard, lambda: _judged(KEEP_ABOVE=0.95)),
    "… no history": (try_and_guard, lambda: _judged(HISTORY_WEIGHT=0.0)),
    "… a history of full weight": (try_and_guard, lambda: _judged(HISTORY_WEIGHT=1.0)),
}
HEADER = (
    "| | harmful kept | … after the guard | good kept | … after the guard | tasks of a trial | loss |\n"
    "|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print the table for each shift."""
    for shift, step in SHIFTS.items():
        world = cases(SEEDS[0], step)
        print(f"{shift} shift:\n\n{HEADER}")
        for name, (way, changed) in WAYS.items():
            with changed():
                print(row(name, [way(case) for case in world]), flush=True)
        for seed in SEEDS[1:]:
            print(row(f"**Tremaux**, seed {seed}", [try_and_guard(case) for case in cases(seed, step)]), flush=True)
        print()


if __name__ == "__main__":
    sys.exit(main())
