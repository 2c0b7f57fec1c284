"""Clues that belong to one failure, and how much they tell of its cause."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tremaux_tools.core.fingerprint.kinds import (
    AFTERMATH,
    CASE,
    COMMAND,
    CRASH,
    DETAIL,
    DIAGNOSTIC,
    DIFF,
    EXCEPTION,
    EXPECTED,
    FRAME,
    LEGEND,
    OUTPUT,
    SUITE,
    SYMPTOM,
    TEST,
)
from tremaux_tools.core.postflight.cause.phrases import CAUSE, OF_CHILD
from tremaux_tools.core.postflight.cause.places import place_in

# How much a line of a kind tells of the cause.
WEIGHTS = {
    CRASH: 70,
    EXCEPTION: 60,
    DIAGNOSTIC: 60,
    EXPECTED: 55,
    DETAIL: 50,
    COMMAND: 40,
    DIFF: 30,
    LEGEND: 25,
    SYMPTOM: 20,
    OUTPUT: 20,
    FRAME: 15,
    TEST: 10,
    CASE: 8,
    SUITE: 8,
    AFTERMATH: 5,
}
# What a failing test tells outweighs what the passing ones logged.
TITLES = {TEST: 25, CASE: 25, SUITE: 15}
SAID = 2  # lines after a test's name, an exception or a complaint that may say more, in words that no rule knows
_MAX_CLUES = 60
_GAP = 30  # lines; what stands farther apart is about something else
_TITLED_GAP = 400  # lines; between a test's name and its error may stand its whole source
_BURST = 3  # lines; a message that goes on


class Clue(NamedTuple):
    """One line that tells something of a failure."""

    line: int  #: of the log, from 1
    kind: str
    text: str
    above: str = ""  #: the line before or the heading that completes it


@dataclass(slots=True)
class Trouble:
    """Clues about one failure, in the order of the log."""

    titles: list[Clue] = field(default_factory=list)
    clues: list[Clue] = field(default_factory=list)
    end: int = 0  #: number of its last line

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        return not self.titles and not self.clues

    @property
    def told(self) -> list[Clue]:
        """What tells of the cause: the names of the tests only where nothing else does."""
        if any(clue.kind != AFTERMATH for clue in self.clues):
            return self.clues
        return sorted([*self.titles, *self.clues], key=lambda clue: clue.line)

    @property
    def best(self) -> int:
        """How much the most telling clue tells by itself."""
        return max((WEIGHTS[clue.kind] for clue in self.clues), default=0)

    @property
    def score(self) -> int:
        """How much it tells of a cause."""
        return self.best + max((TITLES[title.kind] for title in self.titles), default=0)

    def weighs(self, weight: int) -> bool:
        """Whether it tells that much of a failure; the name of a failing test does, whatever is said of it."""
        return bool(self.titles) or self.score >= weight

    @property
    def is_located(self) -> bool:
        """Whether a compiler or linter complains about a place: its first complaint causes the others."""
        return any(clue.kind == DIAGNOSTIC and (clue.above or place_in(clue.text)) for clue in self.clues)

    def goes_on_at(self, line: int) -> bool:
        """Tell whether a line that no rule knows may say what went wrong."""
        if not self.titles and (not self.clues or self.clues[-1].line != line - 1):
            return False
        for said, clue in enumerate(reversed(self.clues)):
            if said == SAID:
                return False
            if clue.kind != OUTPUT:
                return clue.kind in (EXCEPTION, DIAGNOSTIC) and self.clues[-1].line == line - 1
        return bool(self.titles) and len(self.clues) < SAID

    def takes(self, clue: Clue) -> bool:
        """Add a clue, if it still belongs to this failure."""
        if clue.kind in TITLES:
            if any(clue.kind != AFTERMATH for clue in self.clues):
                return False
            self._keep(self.titles, clue)
            return True
        if not self.is_empty and clue.line - self.end > (_TITLED_GAP if self.titles else _GAP):
            return False
        self._keep(self.clues, clue)
        return True

    def _keep(self, clues: list[Clue], clue: Clue) -> None:
        self.end = clue.line
        if len(clues) < _MAX_CLUES:
            clues.append(clue)

    def yields_to(self, later: "Trouble") -> bool:
        """Tell whether what came later tells more of why the log ended as it did."""
        if self.is_empty:
            return True
        if self.titles and later.titles and self.best >= WEIGHTS[DETAIL]:  # one failed test may break others
            return False
        if later.score == self.score:
            return not later.titles and not later.is_located
        return later.score > self.score

    @property
    def is_survived(self) -> bool:
        """Whether it need not have ended the run, if other output follows.

        So with what a shell says of a command or of a child, and a traceback of Python, which programs log, too.
        """
        main = self.main()
        if main.kind == EXCEPTION:
            return any(clue.kind == FRAME and 'File "' in clue.text for clue in self.clues if clue.line < main.line)
        return main.kind == COMMAND or (main.kind == CRASH and OF_CHILD.match(main.text) is not None)

    def main(self) -> Clue:
        """Return the clue that tells most: of several the first, but the last where a program tells why it died.

        What an exception was caused by tells more than the exception.
        """
        told = self.told
        if causes := [clue for clue in told if clue.kind == EXCEPTION and CAUSE.match(clue.text)]:
            return causes[-1]
        most = max(WEIGHTS[clue.kind] for clue in told)
        best = [clue for clue in told if WEIGHTS[clue.kind] == most]
        return best[0] if self.titles or self.is_located else _last_burst(best[-1], told)


def _last_burst(last: Clue, clues: Sequence[Clue]) -> Clue:
    """Return the first clue of the message that ends with the last one."""
    first, line = last, last.line
    for clue in reversed(clues[: clues.index(last)]):
        if clue.kind not in (last.kind, AFTERMATH) or line - clue.line > _BURST:
            break
        line = clue.line
        if clue.kind == last.kind:
            first = clue
    return first
