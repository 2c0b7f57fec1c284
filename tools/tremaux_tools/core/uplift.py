"""Whether recommendations help at all: tasks that got one against tasks from which it was kept back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Uplift:
    """How much more often tasks pass with a recommendation."""

    shown: int  #: tasks with a verdict that got one
    shown_passed: int
    withheld: int  #: tasks with a verdict from which it was kept back
    withheld_passed: int
    effect: float | None  #: difference of the rates; None where one side has no task
    low: float | None  #: with `high` it holds the truth 8 times of 10
    high: float | None
