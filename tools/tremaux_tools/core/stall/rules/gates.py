"""What is not for the agent to mend: R6 a refusal, R7 a gate that contradicts itself."""

from itertools import takewhile

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.stall.finding import Finding
from tremaux_tools.core.stall.past import Past, Step
from tremaux_tools.core.stall.settings import StallSettings
from tremaux_tools.core.stall.verdict import Pattern, Ruling

FLAKY_WINDOW = 12  # attempts; an older pass may have been of another machine or service


def refused(past: Past, settings: StallSettings) -> Finding | None:
    """R6: the same refusal again and again."""
    if not past.tries or past.tries[-1].attempt.gate is not Gate.BLOCKED:
        return None
    last = past.tries[-1]

    def is_same(step: Step) -> bool:
        return step.attempt.gate is Gate.BLOCKED and step.shape == last.shape

    run = list(takewhile(is_same, reversed(past.tries)))[::-1]
    return Finding("R6", Pattern.BLOCKED, len(run), settings.refusals, run, (last.shape,), ruling=Ruling.BLOCKED)


def flaky(past: Past, _settings: StallSettings) -> Finding | None:
    """R7: the same action on the same tree both passed and failed. Never a stall."""
    if not past.tries or past.tries[-1].attempt.gate is not Gate.FAIL:
        return None
    last = past.tries[-1]
    before = [*past.earlier, *(step.attempt for step in past.steps)][-FLAKY_WINDOW:]
    if not any(a.gate is Gate.PASS and _is_same_try(a, last.attempt) for a in before):
        return None
    members = [step for step in past.tries if _is_same_try(step.attempt, last.attempt)]
    return Finding("R7", Pattern.FLAKY, 2, 2, members, (last.action,), ruling=Ruling.FLAKY)


def _is_same_try(one: Attempt, other: Attempt) -> bool:
    return one.tree is not None and (one.tree, one.action) == (other.tree, other.action)
