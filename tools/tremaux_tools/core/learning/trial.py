"""Judge a delta on trial: whether tasks go better with the new value than with the old one, or at least no worse.

No significance test: thirty tasks have no power, so it would keep two harmful deltas of three. The chance that the
new value is the worse one is looked at again and again, and decides as soon as it is large or small enough. How often
that goes wrong was simulated: docs/learning.md.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import Literal

from tremaux_tools.core.settings.setting import Measure

Decision = Literal["extend", "keep", "roll_back"]

FIRST_LOOK = 15  # tasks with the new value; at 10, chance rolls more of the good ones back
LOOK_EVERY = 5  # further ones: the more looks, the more often chance decides
LAST_LOOK = 120  # tasks with the new value: what differs too little to be seen by then differs little
ROLL_BACK_ABOVE = 0.85  # P(worse); at 0.80 more good deltas are lost, at 0.90 harmful ones stay for longer
KEEP_ABOVE = 0.90  # P(no worse)
MARGIN = 0.03  # of the pass rate: a new value that costs less than this is no worse
HISTORY_WEIGHT = 0.5  # of a task before the trial, when other work may have been done
MORE_LIKELY = 0.5  # P(worse) above which nothing is kept, not even at the last look
LEAST_COMPARED = 5.0  # tasks with the old value, weighted, without which nothing is kept before the last look

SLOWER = 1.05  # times as long, or as dear: less is not worth a change
LEAST_VALUES = 10.0  # of a measure on either side, weighted; fewer tell their spread too badly
LEAST_SPREAD = 0.1  # standard deviation of logarithms: few values that are alike would else prove anything
EFFECT_SPREAD = 0.15  # standard deviation of what deltas do to logarithms; see `compare_values`

_CELLS = 300  # of the grid of pass rates
_MARGIN_CELLS = round(MARGIN * _CELLS)
_DIGITS = 12  # of a chance; sums differ in the last places, and equal sides must be exactly even
_MIDDLES = [(cell + 0.5) / _CELLS for cell in range(_CELLS)]
_LOG_RATES = [(math.log(rate), math.log1p(-rate)) for rate in _MIDDLES]  # of passing, and of failing


@dataclass(frozen=True, slots=True)
class Arm:
    """The tasks that worked with one value. Seconds and costs (USD) of those of which they are known."""

    passed: int
    failed: int
    seconds: tuple[float, ...] = ()
    costs: tuple[float, ...] = ()

    @property
    def tasks(self) -> int:
        """How many there are."""
        return self.passed + self.failed


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a trial shows so far."""

    decision: Decision
    why: str  #: with the figures, for a person
    new_tasks: int
    old_tasks: int
    worse: float  #: P(pass rate with the new value < with the old)
    no_worse: float  #: P(it is at most `MARGIN` lower)
    seconds_worse: float | None = None  #: P(tasks take over `SLOWER` times as long); None: not asked, or not known yet
    cost_worse: float | None = None  #: the same of what they cost


def is_due(tasks: int, *, looked_at: int = 0) -> bool:
    """Whether a trial is to be judged that has so many tasks with the new value, and had `looked_at` when it last was.

    Looks are due at 15 tasks and after every 5 more, even where they ended several at a time.
    """
    return tasks >= FIRST_LOOK and tasks // LOOK_EVERY > looked_at // LOOK_EVERY


def judge_trial(new: Arm, old: Arm, before: Arm, *, measures: frozenset[Measure], looked_at: int = 0) -> Judgement:
    """Judge a trial by all of its tasks that have ended.

    Args:
        new: the tasks of the trial with the new value.
        old: those with the old one.
        before: the last up to 30 tasks before the trial, which count by half on the side of the old value.
        measures: what the setting is judged by, beside the pass rate.
        looked_at: how many tasks `new` had when the trial was judged last.
    """
    worse, no_worse = compare_rates(new, old, before)
    slower = _of_measure("seconds", new.seconds, old.seconds, before.seconds, measures)
    dearer = _of_measure("cost", new.costs, old.costs, before.costs, measures)
    is_one_sided = (slower is None and "seconds" in measures and len(new.seconds) >= LEAST_VALUES) or (
        dearer is None and "cost" in measures and len(new.costs) >= LEAST_VALUES
    )
    compared = 0.0 if is_one_sided else old.tasks + HISTORY_WEIGHT * before.tasks
    decision: Decision = "extend"
    reason = "not enough is known yet"
    if is_due(new.tasks, looked_at=looked_at):
        decision, reason = _decide(new, compared, worse, no_worse, slower, dearer)
    return Judgement(
        decision=decision,
        why=f"{reason}: {_figures(new, old, before, worse, slower, dearer)}",
        new_tasks=new.tasks,
        old_tasks=old.tasks,
        worse=worse,
        no_worse=no_worse,
        seconds_worse=slower,
        cost_worse=dearer,
    )


def compare_rates(new: Arm, old: Arm, before: Arm) -> tuple[float, float]:
    """P(pass rate with the new value < with the old), and P(it is at most `MARGIN` lower).

    Both rates have a Beta(1, 1) prior. The chances are sums over a grid of 300 cells, within 0.005 of the integral for
    up to a thousand tasks; half of what falls into one cell counts as below.
    """
    ours = _heights(new.passed, new.failed)
    theirs = _heights(old.passed + HISTORY_WEIGHT * before.passed, old.failed + HISTORY_WEIGHT * before.failed)
    upto = list(accumulate(ours))
    whole = upto[-1] * sum(theirs)
    worse = _below(theirs, upto, ours) / whole
    much_worse = _below(theirs[_MARGIN_CELLS:], upto, ours) / whole
    return round(worse, _DIGITS), round(1 - much_worse, _DIGITS)


def compare_values(new: Sequence[float], old: Sequence[float], before: Sequence[float]) -> float | None:
    """P(with the new value it is over `SLOWER` times as much) of seconds or costs; None while too few are known.

    Logarithms, since such values are skewed; of values that are not above 0 there is none, and they do not count. Their
    difference has a normal prior around 0 with `EFFECT_SPREAD`: without it every sixth delta that changes nothing
    looks slower at one of the looks, with it every tenth (docs/learning.md).
    """
    ours = _moments([(math.log(value), 1.0) for value in new if value > 0])
    theirs = _moments([(math.log(value), weight) for value, weight in _with_history(old, before) if value > 0])
    if ours is None or theirs is None:
        return None
    error = ours[1] + theirs[1]
    certainty = EFFECT_SPREAD**2 / (EFFECT_SPREAD**2 + error)
    z = (certainty * (ours[0] - theirs[0]) - math.log(SLOWER)) / math.sqrt(certainty * error)
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _heights(passed: float, failed: float) -> list[float]:
    """The density of Beta(1 + passed, 1 + failed) in each cell, by a factor that leaves its highest near 1."""
    tasks = passed + failed
    highest = math.fsum(count * math.log(count / tasks) for count in (passed, failed) if count)
    return [math.exp(passed * rate + failed * rest - highest) for rate, rest in _LOG_RATES]


def _below(theirs: Sequence[float], upto: Sequence[float], ours: Sequence[float]) -> float:
    """The weight of all pairs of cells of which ours is below theirs, and half of that of equal ones."""
    below_or_equal: float = sum(map(mul, theirs, upto))
    equal: float = sum(map(mul, theirs, ours))
    return below_or_equal - equal / 2


def _with_history(old: Sequence[float], before: Sequence[float]) -> Iterator[tuple[float, float]]:
    yield from ((value, 1.0) for value in old)
    yield from ((value, HISTORY_WEIGHT) for value in before)


def _moments(values: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Mean of weighted values, and its variance; None where there are fewer than `LEAST_VALUES`."""
    weight = math.fsum(weight for _, weight in values)
    if weight < LEAST_VALUES:
        return None
    mean = math.fsum(value * weight for value, weight in values) / weight
    square = math.fsum(weight * (value - mean) ** 2 for value, weight in values) / (weight - 1)
    return mean, max(square, LEAST_SPREAD**2) / weight


def _of_measure(
    measure: Measure,
    new: Sequence[float],
    old: Sequence[float],
    before: Sequence[float],
    measures: frozenset[Measure],
) -> float | None:
    return compare_values(new, old, before) if measure in measures else None


def _decide(
    new: Arm, compared: float, worse: float, no_worse: float, slower: float | None, dearer: float | None
) -> tuple[Decision, str]:
    """What to do, and why; `compared` are the tasks with the old value, weighted, if all measures can be compared."""
    is_last = new.tasks >= LAST_LOOK
    if worse > ROLL_BACK_ABOVE or (is_last and worse > MORE_LIKELY):
        return "roll_back", "fewer tasks pass"
    for chance, reason in ((slower, "tasks take longer"), (dearer, "tasks cost more")):
        if chance is not None and chance > (MORE_LIKELY if is_last else ROLL_BACK_ABOVE):
            return "roll_back", reason
    if is_last:
        return "keep", "no harm was seen in all the tasks of a trial"
    is_suspect = any(chance is not None and chance > MORE_LIKELY for chance in (slower, dearer))
    if no_worse > KEEP_ABOVE and compared >= LEAST_COMPARED and not is_suspect:
        return "keep", "no fewer tasks pass"
    return "extend", "not enough is known yet"


def _figures(new: Arm, old: Arm, before: Arm, worse: float, slower: float | None, dearer: float | None) -> str:
    passed = (
        f"{new.passed} of {new.tasks} tasks passed with the new value, {old.passed} of {old.tasks} with the old one, "
        f"{before.passed} of {before.tasks} before"
    )
    chances = (("worse", worse), ("slower", slower), ("dearer", dearer))
    return ", ".join([passed, *(f"P({word}) {chance:.2f}" for word, chance in chances if chance is not None)])
