"""Signs of progress that keep a rule from firing, however much repeats."""

from collections.abc import Sequence
from itertools import pairwise

from tremaux_tools.core.measures import Better
from tremaux_tools.core.stall.past import Step
from tremaux_tools.core.stall.settings import StallSettings

RECENT = 2  # tries; a new best this young means the newest change was worth something
MOTION = 3  # values; two always lie in one direction
MOST_MOTION = 12  # values; by then it is no accident


def has_new_best(tries: Sequence[Step]) -> bool:
    """Tell whether a measure reached a new best in the last two tries."""
    return any(step.is_best for step in tries[-RECENT:])


def is_moving(members: Sequence[Step]) -> bool:
    """Tell whether a value under test moves strictly one way through all `members`.

    Only numbers that `measures_of` gave a meaning count. A clock, a pid or a raised time-out climbs too.
    A measure whose good direction is known has to move that way.
    """
    if len(members) < MOTION:
        return False
    return any(_one_way(members, key) for key in members[-1].values)


def _one_way(members: Sequence[Step], key: tuple[str, Better]) -> bool:
    steps = list(pairwise(step.values.get(key) for step in reversed(members[-MOST_MOTION:])))
    falls = all(before is not None and after is not None and after < before for after, before in steps)
    rises = all(before is not None and after is not None and after > before for after, before in steps)
    return (falls and key[1] != "higher") or (rises and key[1] != "lower")


def patience(tries: Sequence[Step], settings: StallSettings) -> int:
    """Return how many tries the newest failure deserves; 0 when it is an ordinary one."""
    if not tries:
        return 0
    seen = tries[-1].attempt.observation
    if seen.is_infra:
        return settings.patience
    states = {(step.action, step.attempt.tree) for step in tries[-RECENT:]}
    is_poll = len(tries) >= RECENT and len(states) == 1
    return settings.waiting_patience if is_poll and seen.is_waiting else 0
