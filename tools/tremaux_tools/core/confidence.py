"""How sure we are that a learning helps: a Beta-Bernoulli posterior that outcomes move and time forgets.

The question is the chance that a task passes its quality check when the learning is used. A learning that nobody uses
drifts back to the prior: what it once proved is forgotten, and no harm is invented.

Source: conjugate prior of the binomial, Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4.
The constants were chosen by simulation; docs/confidence.md has the figures.
"""

import math
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, Self

from tremaux_tools.core.beta import beta_below

DAY = 86_400.0  # seconds
HALF_LIFE = 45 * DAY  # seconds after which an outcome counts half
PRIOR_WEIGHT = 4.0  # outcomes that the prior counts for
UNKNOWN_PRIOR = 0.65  # chance that a task passes where nothing at all is known
MIN_TASKS = 10  # a project's own rate says something from so many on
RECENT_TASKS = 50  # the newest tasks without a recommendation, of which a rate is taken
WIDTH = 1.28  # standard deviations either side of the mean: 80 % of a normal distribution
UNTRIED_BONUS = 0.25  # standard deviations: what is little known ranks a little higher, else it would stay little known

USED, SHOWN, JUDGED = 1.0, 0.3, 2.0  # weights: reported as used, only shown, a person's word

SAME_PROJECT = 1.0
TRANSFER_LEAST, TRANSFER_BY_TRAITS = 0.25, 0.5  # of another project's outcomes, by how like ours it is

Standing = Literal["candidate", "active", "quarantined", "retired"]
KNOWN_FROM = 3.0  # outcomes
ACTIVE_MARGIN = 0.05  # below the prior
HARM_MARGIN = 0.10  # below the prior
HARM_FROM = 4.0  # outcomes
HARM_CHANCE = 0.90
RELEASED_FROM = 1.0  # outcomes that still count; fewer cannot speak for a learning in quarantine
RETIRED_AFTER = 2 * HALF_LIFE  # seconds in quarantine


@dataclass(frozen=True, slots=True)
class Tally:
    """Outcomes of a learning, added up as of one moment."""

    helped: float = 0.0
    hurt: float = 0.0
    counted_at: float = 0.0  #: Unix seconds

    def decayed(self, at: float, half_life: float = HALF_LIFE) -> Self:
        """The same outcomes as they count at `at`; as they are where that is not after `counted_at`.

        `half_life` in seconds; 0 forgets nothing.
        """
        if at <= self.counted_at:
            return self
        left = _left(at - self.counted_at, half_life)
        return type(self)(self.helped * left, self.hurt * left, at)

    def counting(self, passed: bool, weight: float, at: float, half_life: float = HALF_LIFE) -> Self:
        """With one more outcome of `at`; one older than `counted_at` is aged to it instead."""
        tally = self.decayed(at, half_life)
        weight *= _left(tally.counted_at - at, half_life)
        return type(self)(
            tally.helped + (weight if passed else 0), tally.hurt + (0 if passed else weight), tally.counted_at
        )


@dataclass(frozen=True, slots=True)
class Confidence:
    """A posterior in short."""

    mean: float  #: in [0, 1]
    low: float  #: in [0, 1]: with `high` it holds the truth 8 times of 10
    high: float
    evidence: float  #: outcomes it rests on, as far as they count still


def tally_of(outcomes: Iterable[tuple[bool, float, float]], half_life: float = HALF_LIFE) -> Tally:
    """Add up outcomes (passed, weight, at), in whatever order they come: the same to the last bit."""
    known = list(outcomes)
    if not known:
        return Tally()
    newest = max(at for _, _, at in known)
    counted = [(passed, weight * _left(newest - at, half_life)) for passed, weight, at in known]
    return Tally(
        math.fsum(weight for passed, weight in counted if passed),
        math.fsum(weight for passed, weight in counted if not passed),
        newest,
    )


def confidence_of(
    tallies: Iterable[tuple[Tally, float]], *, prior: float, at: float, half_life: float = HALF_LIFE
) -> Confidence:
    """What tallies say at `at`, each with the factor that it counts for here: `SAME_PROJECT`, or that of `transfer`.

    Without tallies it is the prior, with an interval as wide as the prior is weak.
    """
    counted = [(tally.decayed(at, half_life), factor) for tally, factor in tallies]
    helped = math.fsum(tally.helped * factor for tally, factor in counted)
    hurt = math.fsum(tally.hurt * factor for tally, factor in counted)
    evidence = helped + hurt
    mean = (PRIOR_WEIGHT * prior + helped) / (PRIOR_WEIGHT + evidence)
    reach = WIDTH * _deviation(mean, evidence)
    return Confidence(mean, max(0.0, mean - reach), min(1.0, mean + reach), evidence)


def transfer(ours: AbstractSet[str], theirs: AbstractSet[str]) -> float:
    """What another project's outcomes count for in ours, by the tools and languages that both have.

    From `TRANSFER_LEAST` where they have nothing in common to 0.75 where they have all. Source of the likeness:
    Jaccard 1912, New Phytologist 11:37, doi:10.1111/j.1469-8137.1912.tb05611.x. The factors are a judgement.
    """
    either = len(ours | theirs)
    return TRANSFER_LEAST + (TRANSFER_BY_TRAITS * len(ours & theirs) / either if either else 0.0)


def prior_of(own: tuple[int, int], everywhere: tuple[int, int]) -> float:
    """The chance that a task passes with a learning of which nothing is known, above 0 and below 1.

    From (passed, judged) of the project's last `RECENT_TASKS` tasks to which no recommendation was shown, or of all
    projects' where the project has fewer than `MIN_TASKS` of them. Tasks with one would not do: they had the best
    learning there is, and pass more often than with one that nobody knows yet. `PRIOR_WEIGHT` tasks that passed at
    `UNKNOWN_PRIOR` are added, so ten passes are no certainty, and no task at all is `UNKNOWN_PRIOR`.
    """
    passed, judged = own if own[1] >= MIN_TASKS else everywhere
    return (passed + PRIOR_WEIGHT * UNKNOWN_PRIOR) / (judged + PRIOR_WEIGHT)


def explored(confidence: Confidence) -> float:
    """The mean with a small bonus for what is little known, at most 1: what a ranking uses.

    Source: upper confidence bounds, Auer et al. 2002, Machine Learning 47:235, doi:10.1023/A:1013689704352.
    """
    return min(1.0, confidence.mean + UNTRIED_BONUS * _deviation(confidence.mean, confidence.evidence))


def is_harmful(confidence: Confidence, prior: float) -> bool:
    """Whether tasks very likely pass less often with the learning than without, and enough outcomes say so."""
    limit = prior - HARM_MARGIN
    if confidence.evidence < HARM_FROM or confidence.mean >= limit:
        return False  # the chance to be below its mean is never near HARM_CHANCE with this much evidence
    weight = PRIOR_WEIGHT + confidence.evidence
    return beta_below(limit, confidence.mean * weight, (1 - confidence.mean) * weight) > HARM_CHANCE


def standing(confidence: Confidence, *, prior: float, quarantined_at: float | None, at: float) -> Standing:
    """Where a learning stands at `at`; `quarantined_at` is since when it is quarantined or retired, None if it is not.

    Only outcomes lead out of quarantine, never time: decay draws every mean to the prior, which proves nothing. What
    is neither `quarantined` nor `retired` has left it, and whoever keeps `quarantined_at` clears it.
    """
    if quarantined_at is None:
        if is_harmful(confidence, prior):
            return "quarantined"
    elif not _speaks_for_it(confidence, prior):
        return "retired" if at - quarantined_at >= RETIRED_AFTER else "quarantined"
    is_known = confidence.evidence >= KNOWN_FROM
    return "active" if is_known and confidence.mean >= prior - ACTIVE_MARGIN else "candidate"


def _speaks_for_it(confidence: Confidence, prior: float) -> bool:
    """Whether the outcomes alone, without the prior that is in the mean, are about as good as the prior.

    Time changes nothing in that: it forgets what helped and what hurt alike.
    """
    helped = confidence.mean * (PRIOR_WEIGHT + confidence.evidence) - PRIOR_WEIGHT * prior
    return confidence.evidence >= RELEASED_FROM and helped >= (prior - ACTIVE_MARGIN) * confidence.evidence


def _left(elapsed: float, half_life: float) -> float:
    return 0.5 ** (elapsed / half_life) if half_life else 1.0


def _deviation(mean: float, evidence: float) -> float:
    return math.sqrt(mean * (1 - mean) / (PRIOR_WEIGHT + evidence + 1))
