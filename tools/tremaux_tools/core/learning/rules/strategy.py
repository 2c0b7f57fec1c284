"""Rules on how work goes on after a failure: fallback, retries, time."""

from collections.abc import Iterator
from statistics import fmean

from tremaux_tools.core.learning.delta import Proposal
from tremaux_tools.core.learning.rules.change import change, present
from tremaux_tools.core.learning.rules.effect import POINTS_OF_ALL, Effect, contrast
from tremaux_tools.core.learning.rules.load import split_by_load
from tremaux_tools.core.learning.work import MIN_TASKS, Work, metrics, rung_metric
from tremaux_tools.core.settings.registry import FALLBACK_THRESHOLD, FIRST_RUNG, TIMEOUT_FACTOR

GOOD_SUCCESS = 0.85  # of the tasks; from the first version of Tremaux
SAFE_THRESHOLD = 0.5  # where every other run fails, one at a time wastes less
MOSTLY = 0.5
MANY_TIMEOUTS = 0.1  # of the runs
LONGER = 2.0  # times


def fallback(work: Work) -> Iterator[Proposal]:
    """Too few tasks pass: go on one at a time sooner, as soon as now where lonely runs have passed more often."""
    success = metrics(work).get("success_rate")
    if success is None or success.value >= GOOD_SUCCESS:
        return
    old, split = present(work, FALLBACK_THRESHOLD), split_by_load(work)
    effect = split[1] if split else None
    helps = effect is not None and effect.is_sure
    new = round(min(GOOD_SUCCESS, old + SAFE_THRESHOLD), 2) if helps else SAFE_THRESHOLD
    if new > old:
        lonely = f" Runs among fewer workers passed {effect.points:.0f} points more often." if helps and effect else ""
        yield change(
            work,
            FALLBACK_THRESHOLD,
            new,
            rule="fallback",
            why=f"The success rate is {success.value:.0%}, below {GOOD_SUCCESS:.0%}.{lonely}",
            metric="success_rate",
            figure=success,
            effect=effect,
        )


def stronger_first(work: Work) -> Iterator[Proposal]:
    """A first model that mostly fails where the next one passes."""
    first, figures = present(work, FIRST_RUNG), metrics(work)
    here, above = figures.get(rung_metric(first)), figures.get(rung_metric(first + 1))
    effect = contrast(_passes(work, first + 1), _passes(work, first))
    if here and above and effect and here.value < MOSTLY and effect.is_sure:
        yield change(
            work,
            FIRST_RUNG,
            first + 1,
            rule="stronger_first",
            why=f"Of the runs on rung {first} {here.value:.0%} passed, of those on the next {above.value:.0%}.",
            metric=rung_metric(first),
            figure=here,
            effect=effect,
            criterion="runs that begin a rung higher pass more often",
        )


def cheaper_first(work: Work) -> Iterator[Proposal]:
    """A cheaper model than the first one that is as good."""
    first, figures = present(work, FIRST_RUNG), metrics(work)
    here, below = figures.get(rung_metric(first)), figures.get(rung_metric(first - 1))
    effect, saved = contrast(_passes(work, first - 1), _passes(work, first)), _saved(work, first)
    if here and below and effect and effect.points >= 0 and saved > 0:
        yield change(
            work,
            FIRST_RUNG,
            first - 1,
            rule="cheaper_first",
            why=f"Of the runs on rung {first - 1} {below.value:.0%} passed, of those on rung {first} {here.value:.0%}, "
            f"and they cost {saved:.0%} less.",
            metric=rung_metric(first - 1),
            figure=below,
            effect=effect.plus(POINTS_OF_ALL * saved),
            criterion="runs that begin a rung lower pass no less often, and cost less",
        )


def timeouts(work: Work) -> Iterator[Proposal]:
    """Many runs that time out: let the next run of such a ticket take longer."""
    rate = metrics(work).get("timeout_rate")
    if rate is None or rate.tasks < MIN_TASKS or rate.value < MANY_TIMEOUTS:
        return
    yield change(
        work,
        TIMEOUT_FACTOR,
        LONGER * present(work, TIMEOUT_FACTOR),
        rule="timeouts",
        why=f"The timeout rate is {rate.value:.0%}.",
        metric="timeout_rate",
        figure=rate,
        effect=_after_timeouts(work, rate.value),
        criterion="runs after one that timed out pass more often",
    )


def _passes(work: Work, rung: int) -> list[bool]:
    return [task.passed for task, run in work.ran if run.rung == rung]


def _saved(work: Work, rung: int) -> float:
    """The share of the money of a rung that the one below saves; 0 where nobody told."""
    here = [run.cost for _, run in work.ran if run.rung == rung and run.cost is not None]
    below = [run.cost for _, run in work.ran if run.rung == rung - 1 and run.cost is not None]
    if not here or not below or fmean(here) <= 0:
        return 0.0
    return max(0.0, 1 - fmean(below) / fmean(here))


def _after_timeouts(work: Work, rate: float) -> Effect | None:
    """How much less often a retry passes after a time-out than after another failure: at most that is gained."""
    effect = contrast(
        (task.passed for task, run in work.ran if run.after == "failed"),
        (task.passed for task, run in work.ran if run.after == "timed_out"),
    )
    return effect.scaled(rate) if effect else None
