"""Whether a goal is stuck, and the evidence for it."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, Self

from tremaux_server.replies.base import LINE, GateName, Part, Reply, listed, quoted
from tremaux_server.shape import cut_end

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.stall import Verdict

_NEAR = "Think before the next try: one more like these is a stall."
_ADVICE = {
    "continue": "Go on.",
    "switch-strategy": "Drop this approach and try one that is not listed as a dead end.",
    "escalate": "Stop here: ask a person or a stronger model; this loop was pointed out before.",
    "wait": "Wait, with growing pauses, before the next try.",
    "rerun": "Run the gate again without changes to learn how flaky it is; do not edit for it.",
    "ask-human": "Ask a person: something only they can unblock refuses you.",
}


class TriedPart(Part):
    """An action and how often it was tried."""

    action: str
    gate: GateName
    times: int
    last_iteration: int


class BestPart(Part):
    """The best state so far."""

    attempt: int
    tally: float
    name: str
    tree: str | None
    commit: str | None


class VerdictPart(Part):
    """Whether the goal is stuck, by which rule, and the evidence."""

    verdict: Literal["PROGRESS", "WATCH", "STALLED", "WAITING", "FLAKY", "BLOCKED"]
    rule: str
    pattern: Literal[
        "none",
        "repeat",
        "noisy_repeat",
        "same_action",
        "cycle",
        "interleaved",
        "plateau",
        "blocked",
        "flaky",
        "idle",
    ]
    level: int
    stall_count: int
    threshold: int
    period: int
    laps: int
    loop_id: str
    fingerprint: str
    recommend: Literal["continue", "switch-strategy", "escalate", "wait", "rerun", "ask-human"]
    dead_ends: list[str]
    tried: list[TriedPart]
    untried: list[str]
    unchanged_lines: list[str]
    masked: list[str]
    changed: str
    best: BestPart | None
    tree_revisits: list[str]
    approaches: int
    evidence: list[int]
    reason: str

    @classmethod
    def of(cls, verdict: "Verdict") -> Self:
        """Translate the core's verdict."""
        return cls.model_validate(asdict(verdict))

    def lines(self) -> Iterator[str]:
        """The verdict in words."""
        yield f"{self.verdict}: {self.reason}"
        if self.verdict == "PROGRESS":
            return
        yield f"Next: {_NEAR if self.verdict == 'WATCH' else _ADVICE[self.recommend]}"
        yield from listed("Dead ends, do not repeat", self.dead_ends)
        yield from listed("Planned but not tried", self.untried)
        if self.verdict == "WATCH":
            return
        if self.best and self.evidence and self.best.attempt < self.evidence[-1]:
            yield _way_back(self.best)
        yield from listed("Seen again", self.tree_revisits)
        if self.changed:
            yield f"What did change: {cut_end(self.changed, LINE)}"
        yield from quoted(self.unchanged_lines)


class VerdictReply(VerdictPart, Reply):
    """The answer of check_stall."""


def _way_back(best: BestPart) -> str:
    state = best.tree.partition("+")[0] if best.tree else best.commit
    back = f"; back to it: git restore --source={state} -- ." if state else ""
    return f"Best so far: attempt {best.attempt}, {best.tally:g} {best.name}{back}"
