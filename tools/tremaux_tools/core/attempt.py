"""One try at a goal, as the journal keeps it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # a server that only lists its tools need not load what reads outputs
    from tremaux_tools.core.observation import Observation


class Gate(StrEnum):
    """What the evidence says about a try."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    BLOCKED = "blocked"  #: it was refused, and only somebody else can lift that
    NONE = "none"  #: it verified nothing: a read, a poll


@dataclass(frozen=True, slots=True)
class Metric:
    """A number the caller declared, next to what the output says."""

    name: str
    value: float
    better: Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a goal."""

    id: int
    iteration: int
    action: str  #: what was changed or run, one line
    gate: Gate  #: as judged by the evidence
    observation: "Observation"
    hypothesis: str = ""  #: why it should work
    command: str | None = None  #: what produced the output
    tree: str | None = None  #: state of the work tree; None where it is not known
    commit: str | None = None
    reset: bool = False  #: a person gave new direction before this try
    metric: Metric | None = None
    fingerprint: str = ""  #: name of the failure; "" if nothing failed
    signature: tuple[str, ...] = ()  #: the facts behind the fingerprint
    at: float = 0.0  #: Unix seconds, UTC
