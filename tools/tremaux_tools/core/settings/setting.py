"""A setting: what it may be set to, and how a change of it is tried."""

import math
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from tremaux_tools.errors import BadArgument

Value = bool | int | float | str
T = TypeVar("T", bound=Value)
Area = Literal["strategy", "coordination", "resource", "metric"]  #: the type of the deltas that may change it
Measure = Literal["seconds", "cost"]
Unit = Literal["run", "first_run", "retry", "pool", "recommendation", "goal", "none"]
"""What one task is in a trial of the setting: a run of a ticket, its first one, one after a failure, one among those
that share the pool at a time, an answer with learnings, a goal up to its next pass; `none` is never tried."""

MAX_SHOWN = 80  # characters of a wrong value
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """One tunable of the program. Its kind is that of its default."""

    name: str  #: what it is about, a dot, and what it sets there
    area: Area
    default: T
    about: str  #: what it does, in a sentence for a person
    unit: str = ""
    least: float = 0.0
    most: float = math.inf
    choices: tuple[str, ...] = ()  #: of a text
    tried_by: Unit = "none"
    judged_by: frozenset[Measure] = frozenset()  #: beside the pass rate, by which every trial is judged
    is_guarded: bool = False  #: only a person changes it

    def parse(self, text: str) -> T:
        """Read what a person wrote.

        Raises:
            BadArgument: it is no value of this setting.
        """
        told = text.strip()
        if isinstance(self.default, bool):
            return self.check(_FLAGS.get(told.casefold(), told))
        if isinstance(self.default, str):
            return self.check(told)
        try:
            return self.check(int(told) if isinstance(self.default, int) else float(told))
        except ValueError:
            return self.check(told)

    def check(self, value: object) -> T:
        """The value itself, if it is one of this setting's; a whole number will do for any number.

        Raises:
            BadArgument: it is not.
        """
        if type(value) is type(self.default) and self._fits(value):
            return value
        if isinstance(self.default, float) and type(value) is int and self._fits(value):
            return type(self.default)(value)
        raise BadArgument(f"{self.name} cannot be {str(value)[:MAX_SHOWN]!r}", f"It takes {self.range}.")

    @property
    def range(self) -> str:
        """What it takes, in words."""
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, str):
            return f"one of {', '.join(self.choices)}"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.least:g} to {self.most:g}{f' {self.unit}' if self.unit else ''}"

    def _fits(self, value: object) -> bool:
        if isinstance(value, str):
            return value in self.choices
        return isinstance(value, bool) or (isinstance(value, int | float) and self.least <= value <= self.most)
