"""Prepare a journal for the rules: cut the segment, compare each step with those before it.

Everything here is computed from the left, so what a step says never depends on what came after it. That
is what lets the ladder replay the prefixes of a segment cheaply.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.measures import Better, Measure

RECALL = 48  # steps a replayed prefix looks back on: 3 laps of the longest period
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Step:
    """An attempt, seen from those before it in its segment."""

    attempt: Attempt
    action: str  #: spaces and case evened out
    exact: str  #: identity of the failure, volatile tokens masked
    shape: str  #: the same, all free numbers masked
    answer: tuple[str, str]  #: what was asked and the whole of what came back
    measures: tuple[Measure, ...]  #: the declared metric first
    values: Mapping[tuple[str, Better], float]  #: of the measures, by name and direction
    is_novel: bool  #: a failing line whose like was never seen
    is_best: bool  #: some measure is better than ever before


@dataclass(frozen=True, slots=True)
class Past:
    """A segment up to some moment, oldest first."""

    steps: Sequence[Step]  #: all
    tries: Sequence[Step]  #: those that put something to the gate and did not pass
    earlier: Sequence[Attempt] = ()  #: the window before the segment

    def prefixes(self) -> Iterator["Past"]:
        """Yield the past as it was after each step."""
        tries = 0
        for end, step in enumerate(self.steps, start=1):
            tries += step.attempt.gate is not Gate.NONE
            steps = self.steps[max(0, end - RECALL) : end]
            yield Past(steps, self.tries[max(0, tries - RECALL) : tries], self.earlier)


def prepare(attempts: Sequence[Attempt]) -> Past:
    """Cut off what came before the newest segment and compare the steps of that segment.

    A segment begins after a pass, or with an attempt that a person gave new direction for. A pass of
    another command does not end it: a green linter says nothing about a red test suite.
    """
    start = _start(attempts)
    steps = tuple(_compare(attempts[start:]))
    return Past(
        steps,
        tuple(step for step in steps if step.attempt.gate is not Gate.NONE),
        tuple(attempts[:start]),
    )


def _start(attempts: Sequence[Attempt]) -> int:
    failing = next((a.command for a in reversed(attempts) if a.gate is Gate.FAIL), None)
    for index in range(len(attempts) - 1, -1, -1):
        attempt = attempts[index]
        is_newest = index == len(attempts) - 1
        if attempt.gate is Gate.PASS and (is_newest or _same_gate(attempt.command, failing)):
            return index + 1
        if attempt.reset:
            return index
    return 0


def _same_gate(command: str | None, other: str | None) -> bool:
    return command is None or other is None or command == other


def _compare(attempts: Iterable[Attempt]) -> Iterator[Step]:
    known: set[str] = set()
    best: dict[str, float] = {}
    for attempt in attempts:
        if attempt.gate is Gate.PASS:
            continue  # of another gate: it neither fails nor ends this segment
        measures = _measures(attempt)
        is_novel = is_best = False
        if attempt.gate is not Gate.NONE:
            shapes = {line.shape for line in attempt.observation.lines}
            is_novel = not shapes <= known
            known |= shapes
            # Every measure has to be noted, so no short cut at the first that improved.
            is_best = sum(_improves(best, measure) for measure in measures) > 0
        action, seen = _SPACE.sub(" ", attempt.action).strip().casefold(), attempt.observation
        values = {(m.name, m.better): m.value for m in measures}
        answer = action, seen.whole
        yield Step(attempt, action, seen.exact, seen.shape, answer, measures, values, is_novel, is_best)


def _measures(attempt: Attempt) -> tuple[Measure, ...]:
    if attempt.metric is None:
        return attempt.observation.measures
    declared = Measure(attempt.metric.name, attempt.metric.value, attempt.metric.better)
    return (declared, *(m for m in attempt.observation.measures if m.name != declared.name))


def _improves(best: dict[str, float], measure: Measure) -> bool:
    """Note the measure; tell whether it beats an earlier one of its name."""
    if measure.better == "either":
        return False
    known = best.get(measure.name)
    if known is None:
        best[measure.name] = measure.value
        return False
    is_better = measure.value < known if measure.better == "lower" else measure.value > known
    if is_better:
        best[measure.name] = measure.value
    return is_better
