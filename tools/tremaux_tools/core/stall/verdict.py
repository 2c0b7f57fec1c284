"""What the judge answers."""

from dataclasses import dataclass
from enum import StrEnum

from tremaux_tools.core.attempt import Gate


class Ruling(StrEnum):
    """Where the work stands; only `STALLED` means stalled."""

    PROGRESS = "PROGRESS"
    WATCH = "WATCH"  #: one short of a threshold
    STALLED = "STALLED"
    WAITING = "WAITING"  #: the network, a rate limit or another job is what fails
    FLAKY = "FLAKY"  #: the same try both passed and failed
    BLOCKED = "BLOCKED"  #: refused again and again: somebody else has to act


class Pattern(StrEnum):
    """The form of what repeats."""

    NONE = "none"
    REPEAT = "repeat"
    NOISY_REPEAT = "noisy_repeat"
    SAME_ACTION = "same_action"
    CYCLE = "cycle"
    INTERLEAVED = "interleaved"
    PLATEAU = "plateau"
    BLOCKED = "blocked"
    FLAKY = "flaky"
    IDLE = "idle"


class Advice(StrEnum):
    """What to do next."""

    CONTINUE = "continue"
    SWITCH = "switch-strategy"
    ESCALATE = "escalate"
    WAIT = "wait"
    RERUN = "rerun"
    ASK = "ask-human"


@dataclass(frozen=True, slots=True)
class Tried:
    """One action and how it went."""

    action: str
    gate: Gate
    times: int
    last_iteration: int


@dataclass(frozen=True, slots=True)
class Best:
    """The furthest the work got since the segment began."""

    attempt: int  #: id
    tally: float
    name: str  #: what the tally counts: `failures`, `coverage` ...
    tree: str | None  #: to go back there
    commit: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of a goal's attempts, with the evidence a reader needs to check it."""

    verdict: Ruling
    rule: str  #: `R1` ... `R9`; "" when no rule has anything to say
    pattern: Pattern
    level: int  #: 0 not stalled, 1 called, 2 still in the same loop after it was called
    stall_count: int  #: attempts (laps for a cycle) counted by the rule
    threshold: int  #: at which the rule fires
    period: int  #: attempts per lap of a cycle, else 0
    laps: int
    loop_id: str  #: 12 hex digits, the same wherever the loop is entered; "" without a loop
    fingerprint: str  #: of the newest failure
    recommend: Advice
    dead_ends: tuple[str, ...]  #: actions that ended in this loop, oldest first
    tried: tuple[Tried, ...]  #: newest first
    untried: tuple[str, ...]  #: hypotheses noted down but never put to the gate
    unchanged_lines: tuple[str, ...]  #: what every member of the loop said
    masked: tuple[str, ...]  #: `token -> mask`
    changed: str  #: what did differ between the members
    best: Best | None
    tree_revisits: tuple[str, ...]
    approaches: int  #: distinct ones among the loop's members
    evidence: tuple[int, ...]  #: attempt ids
    reason: str  #: one sentence, the fact first
