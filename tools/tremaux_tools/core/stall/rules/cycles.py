"""Failures that come back: R3 in a fixed order, R4 in any order."""

from collections import Counter
from collections.abc import Hashable, Sequence

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past, Step
from tremaux_tools.core.stall.settings import StallSettings
from tremaux_tools.core.stall.verdict import Pattern
from tremaux_tools.core.stall.vetoes import RECENT, has_new_best, is_moving, patience


def cycle(past: Past, settings: StallSettings) -> Finding | None:
    """R3: the same failures in the same order, lap after lap.

    Two laps are enough when the work tree goes round with them: the edits are being undone and redone.
    """
    tries = past.tries
    if not tries or tries[-1].attempt.gate is not Gate.FAIL or has_new_best(tries) or patience(tries, settings):
        return None
    found = [f for period in range(2, settings.longest_period + 1) if (f := _turning(tries, period, settings))]
    return max(found, key=lambda f: f.laps - f.threshold, default=None)


def _turning(tries: Sequence[Step], period: int, settings: StallSettings) -> Finding | None:
    """Find a cycle of `period` tries that has gone round at least twice."""
    if len(tries) <= period or tries[-1].shape != tries[-1 - period].shape:
        return None
    trees = {step.attempt.tree for step in tries[-period:]}
    states = [(step.attempt.tree, step.exact) for step in tries]
    streams: list[tuple[Sequence[Hashable], int]] = [
        ([step.exact for step in tries], settings.cycle_laps),
        ([step.shape for step in tries], settings.cycle_laps),
    ]
    if len(trees) > 1 and None not in trees:
        streams.append((states, settings.revisited_laps))
    turned, needed = max(((laps(s, period), n) for s, n in streams), key=lambda pair: pair[0] - pair[1])
    if turned < 2:
        return None
    lap = [step.shape for step in tries[-period:]]
    if len(set(lap)) == 1:
        lap = [step.exact for step in tries[-period:]]
    members = tries[-turned * period :]
    return Finding("R3", Pattern.CYCLE, turned, needed, members, tuple(lap), period=period, laps=turned)


def interleaved(past: Past, settings: StallSettings) -> Finding | None:
    """R4: one failure fills half of the recent tries, others in between."""
    recent = past.tries[-settings.interleaved_window :]
    if not recent or recent[-1].attempt.gate is not Gate.FAIL or has_new_best(recent):
        return None
    shape, count = Counter(step.shape for step in recent).most_common(1)[0]
    places = [place for place, step in enumerate(recent) if step.shape == shape]
    members = [recent[place] for place in places]
    is_recent = places[-1] >= len(recent) - RECENT
    has_others = places[-1] - places[0] + 1 > count
    if not (is_recent and has_others) or 2 * count < len(recent):
        return None
    if patience(past.tries, settings) or is_moving(members):
        return None
    return Finding("R4", Pattern.INTERLEAVED, count, settings.interleaved_repeats, members, (shape,))


def laps(tokens: Sequence[Hashable], period: int) -> int:
    """Count the whole laps of `period` tokens at the end; 0 if the lap is one token repeated."""
    if len(tokens) < period or len(set(tokens[-period:])) == 1:
        return 0
    if any(period % shorter == 0 and _turns(tokens, shorter) >= period for shorter in range(1, period)):
        return 0
    return (_turns(tokens, period) + period) // period


def _turns(tokens: Sequence[Hashable], period: int) -> int:
    """Count how many of the newest tokens equal the one a period before them."""
    turns = 0
    while turns + period < len(tokens) and tokens[-1 - turns] == tokens[-1 - turns - period]:
        turns += 1
    return turns
