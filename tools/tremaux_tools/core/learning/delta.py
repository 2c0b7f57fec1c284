"""A delta: one proposed change of a setting or of the playbook, from its proposal to its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

DeltaType = Literal["strategy", "coordination", "resource", "metric", "playbook"]
Operation = Literal["modify", "add", "remove", "adjust"]
DeltaStatus = Literal["pending", "trial", "kept", "rolled_back", "rejected"]
RiskLevel = Literal["low", "medium", "high"]

TYPES: tuple[DeltaType, ...] = ("strategy", "coordination", "resource", "metric", "playbook")
OPERATIONS: tuple[Operation, ...] = ("modify", "add", "remove", "adjust")
STATUSES: tuple[DeltaStatus, ...] = ("pending", "trial", "kept", "rolled_back", "rejected")

ALLOWED: Mapping[DeltaStatus, frozenset[DeltaStatus]] = {
    "pending": frozenset({"trial", "kept", "rejected"}),
    "trial": frozenset({"kept", "rolled_back"}),
    "kept": frozenset({"rolled_back"}),
    "rolled_back": frozenset(),
    "rejected": frozenset(),
}

CANARY_PERCENT = 70  # of tasks get the new value during a trial; chosen by simulation, see docs/learning.md
_DIGITS = 8  # of the digest
_STRIDE = 3  # prime to ten: it visits every remainder, neighbours far apart


@dataclass(frozen=True, slots=True)
class Evidence:
    """The figure that a delta rests on."""

    metric: str = ""  #: empty: no figure was given
    value: float = 0.0
    tasks: int = 0  #: of which it was taken
    effect: float | None = None  #: expected gain, in points of the pass rate; None: nobody can say
    low: float | None = None  #: with `high` it holds the effect 8 times of 10
    high: float | None = None
    criterion: str = ""  #: by what it is to be judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change as it is proposed. `new_value` is that of the setting, or the text of a bullet."""

    type: DeltaType
    operation: Operation
    target: str
    new_value: Any
    reasoning: str
    confidence: float  #: in [0, 1]
    impact: float  #: points of the pass rate, as expected; below 0 nobody should want it
    source: str  #: the rule, the agent or the person
    project: str | None = None  #: that a bullet is for; None: for all
    evidence: Evidence = Evidence()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a delta's score."""

    name: Literal["confidence", "reasoning", "impact", "risk"]
    points: float
    most: float
    why: str


@dataclass(frozen=True, slots=True)
class Scored:
    """What reflection thinks of a delta."""

    score: float  #: 0 to 100, the sum of the parts; 0 where it is vetoed
    parts: tuple[Part, ...]
    risk: RiskLevel
    veto: str = ""  #: why it must not be applied, whatever its score


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A change as it is kept. Times are Unix seconds."""

    delta_id: int
    type: DeltaType
    operation: Operation
    target: str
    old_value: Any
    new_value: Any
    reasoning: str
    confidence: float
    impact: float
    evidence: Evidence
    source: str
    status: DeltaStatus
    reason: str = ""
    score: float | None = None
    parts: tuple[Part, ...] = ()
    risk: RiskLevel | None = None
    times: int = 1  #: it was proposed
    figures: Mapping[str, Any] = field(default_factory=dict)  #: of its trial
    guard: float | None = None  #: sum of the guard after it was kept; None: nobody guards it
    guard_rate: float | None = None
    proposed_at: float = 0.0
    applied_at: float | None = None
    decided_at: float | None = None


def gets_new(subject: str, delta_id: int) -> bool:
    """Whether a task works with the new value during a trial: the same answer every time, for `CANARY_PERCENT`."""
    return _drawn(subject, delta_id) < CANARY_PERCENT


def block_gets_new(number: int, delta_id: int) -> bool:
    """Whether a block of tasks does, of those that share what is tried: `number` counts them from 0.

    A trial has a dozen blocks, so they are spread evenly instead of drawn: of ten in a row seven get the new value, and
    never more than three before one that gets the old. Source: switchback experiments, Bojinov et al. 2023, Management
    Science 69:3759, doi:10.1287/mnsc.2022.4583.
    """
    return (number * _STRIDE + _drawn("first block", delta_id)) % 10 < CANARY_PERCENT // 10


def _drawn(subject: str, delta_id: int) -> int:
    """A number from 0 to 99 that looks like chance."""
    digest = sha256(f"{subject}{delta_id}".encode("utf-8", "replace")).hexdigest()
    return int(digest[:_DIGITS], 16) % 100
