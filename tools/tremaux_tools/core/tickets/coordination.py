"""How many workers may run at once: as many as are set, one at a time, or as many as the machine and the work bear.

`adaptive` adds a worker while there is slack and what ran passed, and halves their number when the machine is
saturated or little passes: additive increase and multiplicative decrease, which finds the capacity of what is shared
without knowing it. Source: Chiu & Jain 1989, Computer Networks and ISDN Systems 17:1, doi:10.1016/0169-7552(89)90019-6.
Like a network's sender it steps once a round, and a pool that was not full teaches it nothing (RFC 7661).

Whatever the strategy, runs that fail too often are made one at a time where a threshold for that is set.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Strategy = Literal["fixed", "adaptive", "sequential"]

RECENT = 10  # newest runs with a verdict that count
FEWEST = 5  # of them; fewer prove nothing
BUSY_CPU = 85.0  # percent of all cores; the seed's rule calls it high, too
IDLE_CPU = 70.0  # percent; from here to `BUSY_CPU` the width is left as it is
FULL_MEMORY = 90.0  # percent
FEW = 0.5  # share of recent runs; if fewer pass, workers may be in each other's way
MOST = 0.7  # share that passes for another worker to be added
BACK = 0.1  # above the threshold until a pool that fell back is filled again: one run of ten, else it would flap
_DIGITS = 6  # of a share: of 0.1 and 0.2 the sum is a little above 0.3 otherwise


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the machine was."""

    cpu_percent: float  #: of all cores
    memory_percent: float
    workers: int  #: that ran
    at: float  #: Unix seconds


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that ended with a verdict."""

    passed: bool
    claimed_at: float | None  #: Unix seconds
    workers: int | None  #: that ran at once when it was claimed, itself among them


@dataclass(frozen=True, slots=True)
class Rules:
    """How the pool is to be held."""

    strategy: Strategy
    max_workers: int
    fallback_threshold: float  #: share of recent runs that must pass; 0: it never falls back

    @property
    def looks(self) -> bool:
        """Whether they depend on how work goes."""
        return self.strategy == "adaptive" or self.fallback_threshold > 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What can be seen of the work now."""

    cores: int
    load: Load | None  #: None: nobody has looked lately
    recent: Sequence[EndedRun]  #: the newest `RECENT`


@dataclass(frozen=True, slots=True)
class Coordination:
    """What is remembered of how the pool is held, by all processes together."""

    width: int | None = None  #: how many workers `adaptive` lets run; None: as many as may
    stepped_at: float = 0.0  #: when that changed last, in Unix seconds
    has_fallen_back: bool = False
    why: str = ""  #: of what changed last


@dataclass(frozen=True, slots=True)
class Room:
    """How many workers may run at once."""

    workers: int
    strategy: Strategy  #: in force
    why: str = ""  #: there is less of it than is set; empty: there is not
    has_fallen_back: bool = False  #: for too little passed


def advanced(known: Coordination, rules: Rules, seen: Seen, *, now: float) -> Coordination:
    """What is to be remembered from now on, in Unix seconds; `known` itself where nothing changes."""
    after = _fallen_back(known, rules, seen.recent)
    if rules.strategy != "adaptive" or after.has_fallen_back:
        return after
    return _stepped(after, rules, seen, now)


def room(rules: Rules, known: Coordination) -> Room:
    """How many workers may run at once by these rules, and by what is remembered."""
    if rules.strategy != "sequential" and rules.fallback_threshold > 0 and known.has_fallen_back:
        return Room(1, "sequential", known.why, has_fallen_back=True)
    if rules.strategy == "sequential":
        return Room(1, "sequential")
    width = _width(known, rules)
    if rules.strategy == "adaptive" and width < rules.max_workers:
        return Room(width, "adaptive", known.why)
    return Room(rules.max_workers, rules.strategy)


def _width(known: Coordination, rules: Rules) -> int:
    return rules.max_workers if known.width is None else max(min(known.width, rules.max_workers), 1)


def _fallen_back(known: Coordination, rules: Rules, recent: Sequence[EndedRun]) -> Coordination:
    if rules.fallback_threshold <= 0:
        return replace(known, has_fallen_back=False)
    if len(recent) < FEWEST:
        return known
    passed = sum(run.passed for run in recent)
    share, told = passed / len(recent), f"{passed} of the newest {len(recent)} runs passed"
    asked = f"the {rules.fallback_threshold:.0%} that coordination.fallback_strategy_threshold asks for"
    if not known.has_fallen_back and share < rules.fallback_threshold:
        return replace(known, has_fallen_back=True, why=f"{told}, fewer than {asked}")
    if known.has_fallen_back and share >= min(round(rules.fallback_threshold + BACK, _DIGITS), 1.0):
        return replace(known, has_fallen_back=False, why=f"{told} again")
    return known


def _stepped(known: Coordination, rules: Rules, seen: Seen, now: float) -> Coordination:
    width = _width(known, rules)
    since = known.stepped_at if known.stepped_at <= now else 0.0  # else the clock was set back since that step
    load = seen.load if seen.load and since < seen.load.at else None  # each look counts once
    if load is not None and (saturated := _saturated(load, width, seen.cores)) is not None:
        narrower, why = saturated
    elif _is_round_over(seen.recent, width, since, now):
        passed = sum(run.passed for run in seen.recent)
        share = passed / len(seen.recent)
        why = f"{passed} of the newest {len(seen.recent)} runs passed"
        if share < FEW:
            narrower = max(width // 2, 1)
        elif share >= MOST and _has_slack(seen.load):
            narrower = min(width + 1, rules.max_workers)
        else:
            return known
    else:
        return known
    return known if narrower == width else replace(known, width=narrower, stepped_at=now, why=why)


def _saturated(load: Load, width: int, cores: int) -> tuple[int, str] | None:
    """To how many workers a machine that is too busy takes us back, and why; None when it is not.

    One that still ran more workers than may run by now tells nothing of these.
    """
    if load.workers > width:
        return None
    running = f"with {load.workers} workers"
    if load.cpu_percent > BUSY_CPU and load.workers > cores:  # no more than the cores are not in each other's way
        return max(load.workers // 2, cores), f"{load.cpu_percent:.0f} % CPU {running} on {cores} cores"
    if load.memory_percent > FULL_MEMORY and load.workers > 1:
        return load.workers // 2, f"{load.memory_percent:.0f} % of the memory in use {running}"
    return None


def _has_slack(load: Load | None) -> bool:
    """Whether the machine was seen to have room; where nobody has looked lately, it may be busy."""
    return load is not None and load.cpu_percent < IDLE_CPU and load.memory_percent <= FULL_MEMORY


def _is_round_over(recent: Sequence[EndedRun], width: int, since: float, now: float) -> bool:
    """Whether as many runs as fill the pool began and ended in a full one since the last step."""
    round_ = sum(
        run.claimed_at is not None
        and since <= run.claimed_at <= now
        and run.workers is not None
        and run.workers >= width
        for run in recent
    )
    return len(recent) >= FEWEST and round_ >= min(width, RECENT)
