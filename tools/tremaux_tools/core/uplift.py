"""Whether recommendations help at all: tasks that got one against tasks from which it was kept back.

Learnings that a program wrote for itself can as well do harm (SkillsBench, arXiv 2602.12670: -1.3 points), so a small
share of tasks gets none, and the difference is shown.
"""

import math
from dataclasses import dataclass
from hashlib import sha256

from tremaux_tools.core.confidence import WIDTH

HOLDOUT_SHARE = 0.1  # of recommendations that have something to show
HOLDOUT_AFTER = 30  # recommendations; before, no figure could be drawn and a new user would only miss an answer
MAX_SHARE = 0.5
_BYTES = 4  # of the digest
_DRAWS = 2.0 ** (8 * _BYTES)


@dataclass(frozen=True, slots=True)
class Uplift:
    """How much more often tasks pass with a recommendation."""

    shown: int  #: tasks with a verdict that got one
    shown_passed: int
    withheld: int  #: tasks with a verdict from which it was kept back
    withheld_passed: int
    effect: float | None  #: difference of the rates; None where one side has no task
    low: float | None  #: with `high` it holds the truth 8 times of 10
    high: float | None


def uplift_of(*, shown: int, shown_passed: int, withheld: int, withheld_passed: int) -> Uplift:
    """Compare both sides.

    Source of the interval: Newcombe 1998, Statistics in Medicine 17:873 (method 10, two Wilson intervals joined),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. It holds for small counts, and within [-1, 1].
    """
    if not shown or not withheld:
        return Uplift(shown, shown_passed, withheld, withheld_passed, None, None, None)
    with_it, without = shown_passed / shown, withheld_passed / withheld
    low, high = _wilson(with_it, shown)
    low_without, high_without = _wilson(without, withheld)
    effect = with_it - without
    return Uplift(
        shown,
        shown_passed,
        withheld,
        withheld_passed,
        effect,
        max(-1.0, effect - math.hypot(with_it - low, high_without - without)),
        min(1.0, effect + math.hypot(high - with_it, without - low_without)),
    )


def is_withheld(subject: str, share: float) -> bool:
    """Whether a recommendation for `subject` is kept back: the same answer every time, for `share` of all subjects.

    Raises:
        ValueError: `share` is not in [0, 0.5].
    """
    if not 0 <= share <= MAX_SHARE:
        raise ValueError(f"share must be in [0, {MAX_SHARE}], not {share}")
    digest = sha256(subject.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:_BYTES], "big") < share * _DRAWS


def _wilson(rate: float, tasks: int) -> tuple[float, float]:
    """Wilson 1927, J. Am. Stat. Assoc. 22:209, doi:10.1080/01621459.1927.10502953."""
    square = WIDTH * WIDTH
    middle = rate + square / (2 * tasks)
    reach = WIDTH * math.sqrt(rate * (1 - rate) / tasks + square / (4 * tasks * tasks))
    return (middle - reach) / (1 + square / tasks), (middle + reach) / (1 + square / tasks)
