"""How sure we are that a learning helps: a Beta-Bernoulli posterior that outcomes move and time forgets.

The question is the chance that a task passes its quality check when the learning is used. A learning that nobody uses
drifts back to the prior: what it once proved is forgotten, and no harm is invented.

Source: conjugate prior of the binomial, Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4.
"""

from dataclasses import dataclass
from typing import Literal

DAY = 86_400.0  # seconds
HALF_LIFE = 45 * DAY  # seconds after which an outcome counts half
PRIOR_WEIGHT = 4.0  # outcomes that the prior counts for
UNKNOWN_PRIOR = 0.65  # chance that a task passes where nothing at all is known
MIN_TASKS = 10  # a project's own rate says something from so many on
RECENT_TASKS = 50  # the newest tasks that a rate is taken of
WIDTH = 1.28  # standard deviations either side of the mean: 80 % of a normal distribution

USED, SHOWN, JUDGED = 1.0, 0.3, 2.0  # weights: reported as used, only shown, a person's word

SAME_PROJECT = 1.0
TRANSFER_LEAST, TRANSFER_BY_TRAITS = 0.25, 0.5  # of another project's outcomes, by how like ours it is

Standing = Literal["candidate", "active", "quarantined", "retired"]
KNOWN_FROM = 3.0  # outcomes
ACTIVE_MARGIN = 0.05  # below the prior
HARM_MARGIN = 0.10  # below the prior
HARM_FROM = 4.0  # outcomes
HARM_CHANCE = 0.90
RETIRED_AFTER = 2 * HALF_LIFE  # seconds in quarantine


@dataclass(frozen=True, slots=True)
class Tally:
    """Outcomes of a learning, added up as of one moment."""

    helped: float = 0.0
    hurt: float = 0.0
    counted_at: float = 0.0  #: Unix seconds


@dataclass(frozen=True, slots=True)
class Confidence:
    """A posterior in short."""

    mean: float  #: in [0, 1]
    low: float  #: in [0, 1]: with `high` it holds the truth 8 times of 10
    high: float
    evidence: float  #: outcomes it rests on, as far as they count still
