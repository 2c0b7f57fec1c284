"""Failures that come back: R3 in a fixed order, R4 in any order."""

from collections import Counter
from collections.abc import Hashable, Sequence

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past
from tremaux_tools.core.stall.settings import StallSettings
from tremaux_tools.core.stall.verdict import Pattern
from tremaux_tools.core.stall.vetoes import RECENT, has_new_best, is_moving, patience


def cycle(past: Past, settings: StallSettings) -> Finding | None:
    """R3: the same failures in the same order, lap after lap.

    Two laps are enough when the work tree goes round with them: the edits are being undone and redone.
    """
    tries = past.tries
    if (
        not tries
        or tries[-1].attempt.gate is not Gate.FAIL
        or has_new_best(tries)
        or patience(tries, settings)
    ):
        return None
    exact = [step.exact for step in tries]
    shapes = [step.shape for step in tries]
    states = [(step.attempt.tree or "", step.exact) for step in tries]
    found: Finding | None = None
    for period in range(2, settings.longest_period + 1):
        trees = {step.attempt.tree for step in tries[-period:]}
        revisits = len(trees) > 1 and None not in trees
        for stream, needed in (
            (states if revisits else [], settings.revisited_laps),
            (exact, settings.cycle_laps),
            (shapes, settings.cycle_laps),
        ):
            turned = laps(stream, period)
            lap = shapes[-period:] if len(set(shapes[-period:])) > 1 else exact[-period:]
            if turned >= needed - 1 and (found is None or turned - needed > found.laps - found.threshold):
                members = tries[-turned * period :]
                found = Finding(
                    "R3", Pattern.CYCLE, turned, needed, members, tuple(lap), period=period, laps=turned
                )
    return found if found and found.laps > 1 else None


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
