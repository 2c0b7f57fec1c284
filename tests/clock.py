"""Clocks that tests set."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

START = 1_800_000_000.0  # Unix seconds


@dataclass
class Clock:
    """Unix seconds that stand until they are set."""

    now: float = START

    def __call__(self) -> float:
        return self.now


def ticking(start: int = 1_000) -> Callable[[], float]:
    """A clock that goes on by a second at each look."""
    ticks = count(start)
    return lambda: float(next(ticks))
