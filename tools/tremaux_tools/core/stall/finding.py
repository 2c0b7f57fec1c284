"""What a rule found, whether or not it is enough to fire."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.stall.past import Step
from tremaux_tools.core.stall.verdict import Pattern, Ruling


@dataclass(frozen=True, slots=True)
class Finding:
    """A repetition and how far it has come."""

    rule: str
    pattern: Pattern
    count: int
    threshold: int
    members: Sequence[Step]  #: the steps that repeat, oldest first
    loop: tuple[str, ...]  #: identities of one lap
    period: int = 0
    laps: int = 0
    ruling: Ruling = Ruling.STALLED  #: once `threshold` is reached
    short: Ruling = Ruling.WATCH  #: before that

    @property
    def current(self) -> Ruling | None:
        """The ruling it stands for now; None while there is nothing worth saying."""
        if self.count >= self.threshold:
            return self.ruling
        if self.short is Ruling.WATCH and self.count < self.threshold - 1:
            return None
        return self.short

    @property
    def loop_id(self) -> str:
        """Name of the loop, the same wherever its lap is entered."""
        turns = [self.loop[i:] + self.loop[:i] for i in range(len(self.loop))]
        return hashlib.blake2b("\n".join(min(turns, default=())).encode(), digest_size=6).hexdigest()
