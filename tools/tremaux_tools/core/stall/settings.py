"""The thresholds of stall detection, each with the rule it belongs to."""

import re
from dataclasses import dataclass, fields

from tremaux_tools.core.measures import Better

RULES = ("R1", "R1b", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9")

# Lowest sensible value of each threshold: one event is no repetition, one lap no cycle.
_LEAST = {"longest_period": 2, "escalate_after": 1}
_MOST = 50  # more than that can never be met inside the window that is judged
_MOST_PERIOD = 16


@dataclass(frozen=True, slots=True)
class StallSettings:
    """When a rule fires. All counts are attempts unless said otherwise.

    A threshold out of bounds, an unknown rule or a pattern that is no regular expression raises ValueError.
    """

    repeats: int = 3  #: R1; at 2, an honest retry of a flaky test would be a stall
    noisy_repeats: int = 4  #: R1b
    action_repeats: int = 4  #: R2
    cycle_laps: int = 3  #: R3, in laps
    revisited_laps: int = 2  #: R3, in laps, when the work tree goes round with the failures
    longest_period: int = 8  #: R3, in attempts per lap
    interleaved_repeats: int = 3  #: R4
    interleaved_window: int = 12  #: R4; the failure must fill half of it
    plateau: int = 5  #: R5, attempts since the last new best
    refusals: int = 3  #: R6
    idle_repeats: int = 4  #: R8
    idle_variations: int = 6  #: R8, nearly the same query with the very same answer
    patience: int = 8  #: R1 while the network or a rate limit fails
    waiting_patience: int = 12  #: R1 and R8 while something else is still at work
    churn: int = 8  #: R9, attempts since the last new best; only ever a warning
    escalate_after: int = 2  #: attempts that stay in a loop after it was first called
    disabled_rules: frozenset[str] = frozenset()  #: of `RULES`
    ignore_patterns: tuple[str, ...] = ()  #: for `observe`: lines not to look at
    metric_pattern: str | None = None  #: for `observe`: the project's own metric
    metric_better: Better = "higher"  #: for `observe`: which way that metric improves

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int):
                least = _LEAST.get(field.name, 2)
                most = _MOST_PERIOD if field.name == "longest_period" else _MOST
                if not least <= value <= most:
                    raise ValueError(f"{field.name} must be between {least} and {most}, not {value}")
        unknown = sorted(self.disabled_rules.difference(RULES))
        if unknown:
            raise ValueError(f"disabled_rules names no rule: {unknown[0]!r}; the rules are {', '.join(RULES)}")
        if self.metric_better not in {"lower", "higher"}:
            raise ValueError(f"metric_better must be 'lower' or 'higher', not {self.metric_better!r}")
        for pattern in (*self.ignore_patterns, *filter(None, [self.metric_pattern])):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error


DEFAULT = StallSettings()
