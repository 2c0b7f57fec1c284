"""The thresholds of stall detection, each with the rule it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from tremaux_tools.core.measures import Better
from tremaux_tools.core.wildcards import MAX_PATTERNS, ValuePattern, check_pattern

RULES = ("R1", "R1b", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9")

# Lowest sensible value of each threshold: one event is no repetition, one lap no cycle.
_LEAST = {"longest_period": 2, "escalate_after": 1}
_MOST = 50  # more than that can never be met inside the window that is judged
_MOST_PERIOD = 16


@dataclass(frozen=True, slots=True)
class StallSettings:
    """When a rule fires. All counts are attempts unless said otherwise.

    A threshold out of bounds, an unknown rule or a pattern that `wildcards` does not take raises ValueError, a
    value of the wrong type TypeError; each with a sentence that names the field.
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
    ignore_patterns: tuple[str, ...] = ()  #: for `observe`: lines not to look at, `*` for any text
    metric_pattern: str | None = None  #: for `observe`: the project's own metric, `{value}` for its number
    metric_better: Better = "higher"  #: for `observe`: which way that metric improves

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(field.default, int):
                _check_threshold(field.name, getattr(self, field.name))
        _check_texts("disabled_rules", self.disabled_rules, frozenset)
        unknown = sorted(self.disabled_rules.difference(RULES))
        if unknown:
            raise ValueError(f"disabled_rules names no rule: {unknown[0]!r}; the rules are {', '.join(RULES)}")
        if self.metric_better not in ("lower", "higher"):
            raise ValueError(f"metric_better must be 'lower' or 'higher', not {self.metric_better!r}")
        _check_texts("ignore_patterns", self.ignore_patterns, tuple)
        if len(self.ignore_patterns) > MAX_PATTERNS:
            raise ValueError(f"ignore_patterns may hold {MAX_PATTERNS} patterns, not {len(self.ignore_patterns)}")
        if self.metric_pattern is not None and not isinstance(self.metric_pattern, str):
            raise TypeError(f"metric_pattern must be text, not {self.metric_pattern!r}")
        for pattern in self.ignore_patterns:
            _named("ignore_patterns", check_pattern, pattern)
        if self.metric_pattern is not None:
            _named("metric_pattern", ValuePattern.parse, self.metric_pattern)


def _check_threshold(name: str, value: object) -> None:
    # The values come from a file, and TOML's `true` is an int to Python.
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    least = _LEAST.get(name, 2)
    most = _MOST_PERIOD if name == "longest_period" else _MOST
    if not least <= value <= most:
        raise ValueError(f"{name} must be between {least} and {most}, not {value}")


def _check_texts(name: str, values: object, kind: type[frozenset[str]] | type[tuple[str, ...]]) -> None:
    if not isinstance(values, kind):
        raise TypeError(f"{name} must be a list of texts, not {values!r}")
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a list of texts, but holds {value!r}")


def _named(name: str, check: Callable[[str], object], pattern: str) -> None:
    try:
        check(pattern)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


DEFAULT = StallSettings()
