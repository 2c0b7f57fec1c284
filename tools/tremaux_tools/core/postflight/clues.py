"""Collect what a log states about its failures, in order and with its place, and keep the most telling part."""

import re
from dataclasses import dataclass, field

from tremaux_tools.core.fingerprint.interpreter import HINTS, Interpreter, plain_line
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
from tremaux_tools.core.fingerprint.literals import shapes_of
from tremaux_tools.core.fingerprint.residue import SYMPTOMS, is_passing
from tremaux_tools.core.fingerprint.rule import Near
from tremaux_tools.core.postflight.places import place_in
from tremaux_tools.core.postflight.report import MAX_TESTS

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
_SOURCE = re.compile(r"\s*>? *\d* *[|│]")  # source code that is quoted beside a message
# Where another command begins: `+ make` of bash -x, `> shop@1.0.0 test` of npm, the groups of CI services.
_COMMAND = re.compile(
    r"\+{1,3} (?:\w+=\S* )*[\w./~-]+(?: (?!.*\+$)|$)|> [\w@./-]+(?:@[\w.-]+)? \S|##\[group\]|::group::"
)
_CAUSE = re.compile(r"\s*(?:Caused by: |\[cause\]: )")
TITLES = frozenset({TEST, CASE, SUITE})
_TITLED = 25  # what a failing test tells outweighs what the passing ones logged
_MAX_CLUES = 60  # of one trouble
_SAID = 2  # lines after a test's name that may say what went wrong with it, in words that no rule knows
_GAP = 30  # lines; what stands farther apart is about something else
_TITLED_GAP = 400  # lines; between a test's name and its error may stand its whole source


@dataclass(frozen=True, slots=True)
class Clue:
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

    @property
    def is_waiting(self) -> bool:
        """Whether the next line may say what went wrong with the test that was named."""
        if not self.titles or len(self.clues) >= _SAID:
            return False
        return all(clue.kind == OUTPUT for clue in self.clues)

    @property
    def is_untitled(self) -> bool:
        """Whether something was said that belongs to no test so far."""
        return bool(self.clues) and not self.titles

    @property
    def score(self) -> int:
        """How much it tells of a cause."""
        best = max((WEIGHTS[clue.kind] for clue in self.clues), default=0)
        return best + (_TITLED if self.titles else 0)

    @property
    def is_located(self) -> bool:
        """Whether a compiler or linter complains about a place: its first complaint causes the others."""
        return any(clue.kind == DIAGNOSTIC and (clue.above or place_in(clue.text)) for clue in self.clues)

    def main(self) -> Clue:
        """Return the clue that tells most: of several the first, but the last where a program tells why it died.

        What an exception was caused by tells more than the exception.
        """
        told = self.clues or self.titles
        if causes := [clue for clue in told if clue.kind == EXCEPTION and _CAUSE.match(clue.text)]:
            return causes[-1]
        most = max(WEIGHTS[clue.kind] for clue in told)
        best = [clue for clue in told if WEIGHTS[clue.kind] == most]
        return best[0] if self.titles or most < WEIGHTS[COMMAND] or self.is_located else best[-1]

    def yields_to(self, later: "Trouble") -> bool:
        """Tell whether what came later tells more of why the log ended as it did."""
        if not self.clues and not self.titles:
            return True
        if later.score == self.score:
            return not later.titles and not later.is_located
        return later.score > self.score

    def takes(self, clue: Clue) -> bool:
        """Add a clue, if it still belongs to this failure."""
        if clue.kind in TITLES:
            if any(clue.kind != AFTERMATH for clue in self.clues):
                return False
            self._keep(self.titles, clue)
            return True
        last = (self.clues or self.titles)[-1] if self.clues or self.titles else clue
        if clue.line - last.line > (_TITLED_GAP if self.titles else _GAP):
            return False
        self._keep(self.clues, clue)
        return True

    @staticmethod
    def _keep(clues: list[Clue], clue: Clue) -> None:
        if len(clues) < _MAX_CLUES:
            clues.append(clue)


class Clues:
    """Reads a log block by block; memory is bounded whatever its length."""

    __slots__ = ("_before", "_best", "_cases", "_interpreter", "_line", "_now", "_old", "_raw", "_tests")

    def __init__(self) -> None:
        self._interpreter = Interpreter(self._note)
        self._line = self._before = 0  # numbers of this line and of the last one that was not blank
        self._raw = ""
        self._now = Trouble()
        self._best = Trouble()  # the most telling one since the last command
        self._old = Trouble()  # the same before it
        self._tests: dict[str, None] = {}
        self._cases: dict[str, None] = {}

    def read(self, block: str, line: int) -> None:
        """Read whole lines without control sequences; `line` is the number of the first."""
        shapes = shapes_of(block)
        hints = HINTS.present_in(shapes)
        symptoms = SYMPTOMS.present_in(shapes)
        if not hints and not symptoms and not self._interpreter.is_waiting:
            return
        for number, whole in enumerate(block.split("\n"), line):
            said = plain_line(whole)
            if said:
                self._before, self._line, self._raw = self._line, number, said
                if not self._interpreter.read(said, hints):
                    self._read_other(said, symptoms)
            else:
                self._interpreter.end_title()
                if said is None:
                    self._begin_command()

    def _read_other(self, line: str, symptoms: list[str]) -> None:
        """Read a line that no rule understands."""
        if _COMMAND.match(line):
            self._begin_command()
        elif is_passing(line) or _SOURCE.match(line):
            return
        elif self._now.is_waiting:
            self._note(OUTPUT, line)
        else:
            for word in symptoms:
                if word in line:
                    self._note(SYMPTOM, line)
                    return

    def finish(self) -> Trouble | None:
        """Return the failure that tells most; None if the log states none."""
        self._interpreter.end_title()
        self._close()
        troubles = [trouble for trouble in (self._best, self._old) if trouble.titles or trouble.clues]
        return next(
            (trouble for trouble in troubles if trouble.score > WEIGHTS[AFTERMATH]), troubles[0] if troubles else None
        )

    @property
    def failing_tests(self) -> tuple[str, ...]:
        """The tests that failed as the runner names them, in the order of the log, at most `MAX_TESTS`."""
        return tuple(self._tests or self._cases)

    def _begin_command(self) -> None:
        self._close()
        if self._best.titles or self._best.clues:
            self._old, self._best = self._best, Trouble()

    def _close(self) -> None:
        if (self._now.titles or self._now.clues) and self._best.yields_to(self._now):
            self._best = self._now
        self._now = Trouble()

    def _note(self, kind: str, text: str, near: Near = Near.NOTHING) -> None:
        if kind in (TEST, CASE):
            self._name(self._tests if kind == TEST else self._cases, text)
        above = ""
        if near is Near.HEADING:
            above = self._interpreter.heading
        elif near is Near.BEFORE:
            above = self._interpreter.before
        line, said = self._line, self._raw
        if near is Near.ABOVE and kind == DETAIL:
            line, said = self._before, text
            self._close()  # what it details is told by this line
        elif kind in TITLES and text not in said:  # it stood on several lines
            said = text
        clue = Clue(line, kind, said, above)
        if near is Near.ABOVE and kind in TITLES and self._now.is_untitled:
            self._now.titles.append(clue)
        elif not self._now.takes(clue):
            self._close()
            self._now.takes(clue)

    @staticmethod
    def _name(tests: dict[str, None], name: str) -> None:
        if len(tests) < MAX_TESTS:
            tests[name] = None
