"""Much tried, nothing gained: R5 the best stays where it is, R9 for so long that somebody should know."""

from collections.abc import Sequence
from itertools import takewhile

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past, Step
from tremaux_tools.core.stall.settings import StallSettings
from tremaux_tools.core.stall.verdict import Pattern, Ruling
from tremaux_tools.core.stall.vetoes import RECENT, has_new_best, is_moving, patience


def plateau(past: Past, settings: StallSettings) -> Finding | None:
    """R5: no new best for some tries, and no failure that was not there before.

    The second half is what tells it from `pytest -x` moving on, which always says `1 failed`.
    """
    tries = past.tries
    if not tries or tries[-1].attempt.gate is not Gate.FAIL or patience(tries, settings):
        return None
    if any(step.is_novel for step in tries[-RECENT:]):
        return None
    since = _since_best(tries)
    if len(since) < settings.plateau - 1 or is_moving(since):
        return None
    # A new best ends the plateau and the ladder with it, so what is measured is name enough.
    loop = ("plateau", *(measure.name for measure in tries[-1].measures[:1] if measure.better != "either"))
    return Finding("R5", Pattern.PLATEAU, len(since), settings.plateau, since, loop)


def churn(past: Past, settings: StallSettings) -> Finding | None:
    """R9: many tries since the last new best; a warning, never a stall."""
    if not past.tries or has_new_best(past.tries) or patience(past.tries, settings):
        return None
    since = _since_best(past.tries)
    return Finding("R9", Pattern.NONE, len(since), settings.churn, since, (), ruling=Ruling.WATCH)


def _since_best(tries: Sequence[Step]) -> Sequence[Step]:
    """Cut the tries after the newest best; the first try of a segment is the best to begin with."""
    run = list(takewhile(lambda step: not step.is_best, reversed(tries)))
    return run[::-1] if len(run) < len(tries) else tries[1:]
