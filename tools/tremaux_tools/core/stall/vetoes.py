"""Signs of progress that keep a rule from firing, however much repeats."""

from collections.abc import Sequence
from itertools import pairwise

from tremaux_tools.core.stall.past import Step
from tremaux_tools.core.stall.settings import StallSettings

RECENT = 2  # tries; a new best this young means the newest change was worth something
MOTION = 3  # values; two always lie in one direction


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
    series = [{(m.name, m.better): m.value for m in step.measures} for step in members]
    shared = set(series[0]).intersection(*series[1:])
    return any(_one_way([values[key] for values in series], key[1]) for key in shared)


def _one_way(values: Sequence[float], better: str) -> bool:
    steps = list(pairwise(values))
    falls = all(after < before for before, after in steps)
    rises = all(after > before for before, after in steps)
    return (falls and better != "higher") or (rises and better != "lower")


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
