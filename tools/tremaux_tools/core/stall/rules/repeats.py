"""One failure met again: R1 the very same, R1b but for its numbers, R2 from the same action."""

from collections.abc import Callable, Sequence
from itertools import dropwhile, takewhile

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past, Step
from tremaux_tools.core.stall.settings import StallSettings
from tremaux_tools.core.stall.verdict import Pattern, Ruling
from tremaux_tools.core.stall.vetoes import has_new_best, is_moving, patience


def same_failure(past: Past, settings: StallSettings) -> Finding | None:
    """R1: the same failure in consecutive tries.

    While the network, a rate limit or another job is what fails, trying again is right for longer.
    """
    patient = patience(past.tries, settings)
    run = _run(past.tries, _has_same_shape if patient else _is_exactly)
    if not run or has_new_best(run[1:]):
        return None
    return Finding(
        "R1",
        Pattern.REPEAT,
        len(run),
        patient or settings.repeats,
        run,
        (run[-1].shape,),
        short=Ruling.WAITING if patient and len(run) > 1 else Ruling.WATCH,
    )


def noisy_failure(past: Past, settings: StallSettings) -> Finding | None:
    """R1b: the same failure but for numbers that lead nowhere."""
    run = _run(past.tries, _has_same_shape)
    if len(run) < settings.noisy_repeats - 1 or len({step.exact for step in run}) < 2:
        return None
    if patience(past.tries, settings) or has_new_best(past.tries) or is_moving(run):
        return None
    return Finding("R1b", Pattern.NOISY_REPEAT, len(run), settings.noisy_repeats, run, (run[-1].shape,))


def same_action(past: Past, settings: StallSettings) -> Finding | None:
    """R2: the same action on the same tree, failing in ways it failed before."""
    run = _run(past.tries, lambda one, two: _state(one) == _state(two))
    if len(run) < settings.action_repeats - 1:
        return None
    others = list(dropwhile(lambda step: step.exact == run[-1].exact, reversed(run)))
    if run[-1].exact not in {step.exact for step in others}:
        return None  # one failure after another; the same one in a row is for R1
    if patience(past.tries, settings) or any(s.is_best for s in run[-settings.action_repeats :]):
        return None
    if is_moving(run):
        return None
    return Finding("R2", Pattern.SAME_ACTION, len(run), settings.action_repeats, run, (run[-1].action,))


def _run(tries: Sequence[Step], agree: Callable[[Step, Step], bool]) -> Sequence[Step]:
    """Cut the newest failed tries that all agree with the last one, oldest first."""
    if not tries or tries[-1].attempt.gate is not Gate.FAIL:
        return ()
    run = list(takewhile(lambda s: s.attempt.gate is Gate.FAIL and agree(s, tries[-1]), reversed(tries)))
    return run[::-1]


def _is_exactly(one: Step, two: Step) -> bool:
    return one.exact == two.exact


def _has_same_shape(one: Step, two: Step) -> bool:
    return one.shape == two.shape


def _state(step: Step) -> tuple[str, str | None]:
    return step.action, step.attempt.tree
