"""Guard what was kept: tell soon when tasks no longer pass as they did with the old value.

A sum grows with what speaks for the lower rate and shrinks with what speaks for the usual one, and never falls below
zero (CUSUM). Source: Page 1954, Biometrika 41:100, doi:10.1093/biomet/41.1-2.100.
"""

import math

from tremaux_tools.core.learning.trial import HISTORY_WEIGHT, Arm

DROP = 0.15  # of the pass rate, which is to be found
ALARM_ABOVE = 4.0  # of the sum: about one false alarm in 1,250 tasks, and 54 until such a drop is found
GUARDED_TASKS = 100  # after it was kept; what changes later comes from the work more likely than from the delta
LEAST_RATE = 0.05  # that is guarded: below it there is nothing to lose
MOST_RATE = 0.98  # of which a single failure is no surprise


def rate_to_guard(old: Arm, before: Arm) -> float:
    """The pass rate with the old value, below which it had better come back.

    Not that with the new value: it was kept because it looked good, so it looks better than it is, and the guard would
    take back one of five good ones (docs/learning.md).
    """
    passed = 1 + old.passed + HISTORY_WEIGHT * before.passed
    return passed / (2 + old.tasks + HISTORY_WEIGHT * before.tasks)


def guarded(total: float, rate: float, *, passed: bool) -> float:
    """The sum after one more task; `rate` is what it is guarded against falling below, by `DROP`."""
    usual = min(max(rate, LEAST_RATE), MOST_RATE)
    lower = max(usual - DROP, usual / 2)
    step = math.log(lower / usual) if passed else math.log((1 - lower) / (1 - usual))
    return max(0.0, total + step)


def is_alarm(total: float) -> bool:
    """Whether the old value is to come back."""
    return total > ALARM_ABOVE
