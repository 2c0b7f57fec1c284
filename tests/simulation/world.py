"""A world in which the truth is known: learnings that help more or less, and the tasks that use them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from tremaux_tools.core.confidence import DAY
from tremaux_tools.core.uplift import HOLDOUT_SHARE, is_withheld

SEEDS = (1, 2, 3, 4, 5, 6)
TASKS = 2_000
LEARNINGS = 200
LENGTH = 180 * DAY  # seconds from the first task to the last
CANDIDATES = 5  # learnings that fit a task
HELPING = (3.0, 1.6)  # Beta: the chance that a task passes with a learning
DIFFICULTY = 0.6  # standard deviation of what a task takes from or adds to the log-odds of passing
UNCONFIRMED = 0.3  # share of uses that nobody reports
GOING_STALE = 0.25  # share of learnings that help less from the middle on
STALE = 0.6  # of its chance is what a stale one has left


@dataclass(frozen=True, slots=True)
class Task:
    """A task, and by what luck it passes."""

    at: float  #: Unix seconds
    chances: dict[int, float]  #: of passing, by learning that fits; a popular one comes first more often than not
    luck: float  #: it passes if its chance is above
    confirmed: bool  #: whether the use of the learning is reported
    withheld: bool  #: whether nothing is recommended, so the first that fits is used


def world(seed: int, *, going_stale: float = GOING_STALE) -> Sequence[Task]:
    """The tasks of one world, oldest first; the same for everyone who is tried in it.

    Recommendations are made for `TASKS` of them; those held back from are more.
    """
    random = Random(seed)
    helping = [random.betavariate(*HELPING) for _ in range(LEARNINGS)]
    stale = {learning for learning in range(LEARNINGS) if random.random() < going_stale}
    popularity = list(accumulate(1 / rank for rank in range(1, LEARNINGS + 1)))  # Zipf's law
    tasks: list[Task] = []
    recommended = 0
    while recommended < TASKS:
        difficulty = random.gauss(0, DIFFICULTY)
        chances: dict[int, float] = {}
        while len(chances) < CANDIDATES:
            learning = random.choices(range(LEARNINGS), cum_weights=popularity)[0]
            left = STALE if learning in stale and recommended >= TASKS / 2 else 1.0
            chances[learning] = _harder(helping[learning] * left, difficulty)
        withheld = is_withheld(f"{seed}-{len(tasks)}", HOLDOUT_SHARE)
        at = LENGTH * recommended / TASKS
        tasks.append(Task(at, chances, random.random(), random.random() >= UNCONFIRMED, withheld))
        recommended += not withheld
    return tasks


def _harder(chance: float, difficulty: float) -> float:
    odds = chance / (1 - chance) * math.exp(-difficulty)
    return odds / (1 + odds)
