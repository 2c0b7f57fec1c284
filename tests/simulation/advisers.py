"""Those who choose a learning for a task: the rules of Tremaux, and what they are compared with."""

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from tremaux_tools.core.confidence import (
    HALF_LIFE,
    PRIOR_WEIGHT,
    RECENT_TASKS,
    SAME_PROJECT,
    SHOWN,
    USED,
    Confidence,
    Tally,
    confidence_of,
    explored,
    prior_of,
)


class Adviser(Protocol):
    """Chooses by `worth`, foretells by `chance`, and sees what comes of tasks with and without a recommendation."""

    def worth(self, learning: int, at: float, /) -> float: ...

    def chance(self, learning: int, at: float, /) -> float: ...

    def learn(self, learning: int, passed: bool, confirmed: bool, at: float, /) -> None: ...

    def see(self, passed: bool, /) -> None: ...


@dataclass
class Constant:
    """Never learns: a confidence that was set when the learning was made."""

    confidence: float = 0.85

    def worth(self, _learning: int, _at: float, /) -> float:
        return self.confidence

    def chance(self, _learning: int, _at: float, /) -> float:
        return self.confidence

    def learn(self, _learning: int, _passed: bool, _confirmed: bool, _at: float, /) -> None:
        pass

    def see(self, _passed: bool, /) -> None:
        pass


@dataclass
class Tremaux:
    """The product's own rules."""

    half_life: float = HALF_LIFE
    prior: float | None = None  #: None: the rate of the last tasks without a recommendation, as in the product
    _tallies: dict[int, Tally] = field(default_factory=dict)
    _recent: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT_TASKS))

    def confidence(self, learning: int, at: float) -> Confidence:
        tally = self._tallies.get(learning, Tally())
        prior = self.prior if self.prior is not None else prior_of((sum(self._recent), len(self._recent)), (0, 0))
        return confidence_of([(tally, SAME_PROJECT)], prior=prior, at=at, half_life=self.half_life)

    def worth(self, learning: int, at: float) -> float:
        return explored(self.confidence(learning, at))

    def chance(self, learning: int, at: float) -> float:
        return self.confidence(learning, at).mean

    def learn(self, learning: int, passed: bool, confirmed: bool, at: float) -> None:
        tally = self._tallies.get(learning, Tally())
        self._tallies[learning] = tally.counting(passed, USED if confirmed else SHOWN, at, self.half_life)

    def see(self, passed: bool) -> None:
        self._recent.append(passed)


class PriorOfAll(Tremaux):
    """Tremaux, but its prior is the rate of all tasks."""

    def learn(self, learning: int, passed: bool, confirmed: bool, at: float) -> None:
        super().learn(learning, passed, confirmed, at)
        self.see(passed)


class Incurious(Tremaux):
    """Tremaux without the bonus for what is little known."""

    def worth(self, learning: int, at: float) -> float:
        return self.chance(learning, at)


class Curious(Tremaux):
    """Tremaux with twice the bonus."""

    def worth(self, learning: int, at: float) -> float:
        return 2 * super().worth(learning, at) - self.chance(learning, at)


@dataclass
class Thompson(Tremaux):
    """Tremaux, but a draw from the posterior ranks: the usual way to explore."""

    random: Random = field(default_factory=lambda: Random(0))

    def worth(self, learning: int, at: float) -> float:
        found = self.confidence(learning, at)
        weight = PRIOR_WEIGHT + found.evidence
        return self.random.betavariate(found.mean * weight, (1 - found.mean) * weight)
