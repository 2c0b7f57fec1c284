"""What a change may gain, read off tasks that differ in what it would change."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

from tremaux_tools.core.confidence import WIDTH
from tremaux_tools.core.uplift import uplift_of

LEAST_SIDE = 8  # tasks on either side of a contrast; fewer say nothing worth a trial
POINTS_OF_ALL = 10.0  # points of the pass rate that all of the time, or of the money, of a run is worth
MOST_SURE = 0.95  # nobody is surer before a trial


@dataclass(frozen=True, slots=True)
class Effect:
    """An expected gain in points of the pass rate; `low` and `high` hold it 8 times of 10."""

    points: float
    low: float
    high: float
    tasks: int  #: that it was computed from

    @property
    def confidence(self) -> float:
        """The chance that there is any gain, by a normal distribution of that width; at most `MOST_SURE`."""
        spread = (self.high - self.low) / (2 * WIDTH)
        if spread <= 0:
            return MOST_SURE if self.points > 0 else 1 - MOST_SURE
        return min(MOST_SURE, NormalDist().cdf(self.points / spread))

    @property
    def is_sure(self) -> bool:
        """Whether a gain is as good as sure: the same data are looked at again and again, and chance has its day."""
        return self.confidence >= MOST_SURE

    def scaled(self, share: float) -> "Effect":
        """The same for a change that only a share of the tasks feels."""
        return Effect(self.points * share, self.low * share, self.high * share, self.tasks)

    def plus(self, points: float) -> "Effect":
        """The same with a gain beside it that is known."""
        return Effect(self.points + points, self.low + points, self.high + points, self.tasks)


def contrast(better: Iterable[bool], worse: Iterable[bool]) -> Effect | None:
    """By how much more often the tasks of one side passed; None where a side has fewer than `LEAST_SIDE`."""
    one, other = list(better), list(worse)
    if min(len(one), len(other)) < LEAST_SIDE:
        return None
    uplift = uplift_of(shown=len(one), shown_passed=sum(one), withheld=len(other), withheld_passed=sum(other))
    if uplift.effect is None or uplift.low is None or uplift.high is None:
        return None
    return Effect(100 * uplift.effect, 100 * uplift.low, 100 * uplift.high, len(one) + len(other))


def worth(shares: Sequence[float], points: float) -> Effect | None:
    """What these shares of the tasks, or of the time of each, are worth; None for fewer than `LEAST_SIDE` tasks.

    `points` are those of all.
    """
    if len(shares) < LEAST_SIDE:
        return None
    mean, reach = fmean(shares), WIDTH * stdev(shares) / math.sqrt(len(shares))
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    return Effect(points * mean, points * low, points * high, len(shares))
