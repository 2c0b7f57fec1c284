"""One failure met again: R1 the very same, R1b but for its numbers, R2 from the same action."""

from collections.abc import Callable, Sequence
from itertools import takewhile

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past, Step
from tremaux_tools.core.stall.settings import StallSettings
from tremaux_tools.core.stall.verdict import Pattern, Ruling
from tremaux_tools.core.stall.vetoes import has_new_best, is_moving


def same_failure(past: Past, settings: StallSettings) -> Finding | None:
    """R1: the same failure in consecutive tries.

    While the network, a rate limit or another job is what fails, trying again is right for longer.
    """
    patience = _patience(past.tries, settings)
    key: Callable[[Step], str] = (lambda step: step.shape) if patience else (lambda step: step.exact)
    run = _run(past.tries, key)
    if not run or has_new_best(run[1:]):
        return None
    return Finding(
        "R1",
        Pattern.REPEAT,
        len(run),
        patience or settings.repeats,
        run,
        (run[-1].shape,),
        short=Ruling.WAITING if patience and len(run) > 1 else Ruling.WATCH,
    )


def noisy_failure(past: Past, settings: StallSettings) -> Finding | None:
    """R1b: the same failure but for numbers that lead nowhere."""
    run = _run(past.tries, lambda step: step.shape)
    if len({step.exact for step in run}) < 2 or _patience(past.tries, settings):
        return None
    if has_new_best(past.tries) or is_moving(run):
        return None
    return Finding("R1b", Pattern.NOISY_REPEAT, len(run), settings.noisy_repeats, run, (run[-1].shape,))


def same_action(past: Past, settings: StallSettings) -> Finding | None:
    """R2: the same action on the same tree, failing in ways it failed before."""
    run = _run(past.tries, lambda step: (step.action, step.attempt.tree))
    if len(run) < 2 or run[-1].shape not in {step.shape for step in run[:-1]}:
        return None
    if _patience(past.tries, settings) or has_new_best(past.tries) or is_moving(run):
        return None
    return Finding("R2", Pattern.SAME_ACTION, len(run), settings.action_repeats, run, (run[-1].action,))


def _run(tries: Sequence[Step], key: Callable[[Step], object]) -> Sequence[Step]:
    """Cut the newest failed tries that agree in `key`, oldest first."""
    if not tries or tries[-1].attempt.gate is not Gate.FAIL:
        return ()
    last = key(tries[-1])
    run = list(takewhile(lambda step: step.attempt.gate is Gate.FAIL and key(step) == last, reversed(tries)))
    return run[::-1]


def _patience(tries: Sequence[Step], settings: StallSettings) -> int:
    """Return how many tries the newest failure deserves; 0 when it is an ordinary one."""
    if not tries:
        return 0
    seen = tries[-1].attempt.observation
    if seen.is_infra:
        return settings.patience
    is_poll = len(tries) > 1 and _state(tries[-1]) == _state(tries[-2])
    return settings.waiting_patience if is_poll and seen.is_waiting else 0


def _state(step: Step) -> tuple[str, str | None]:
    return step.action, step.attempt.tree
