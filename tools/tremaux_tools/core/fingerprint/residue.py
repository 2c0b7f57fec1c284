"""Keep what a log says beside what is understood, for a failure of which nothing is."""

import re
from collections import deque
from collections.abc import Iterable

from tremaux_tools.core.cleaning import is_command_echo
from tremaux_tools.core.fingerprint.facts import Fact, FactSet
from tremaux_tools.core.fingerprint.kinds import OUTPUT, SYMPTOM
from tremaux_tools.core.fingerprint.masks import mask

_MAX_SYMPTOMS = 200  # lines
MAX_TAIL = 60  # lines; a program that says why it failed says it last
SYMPTOMS = (
    "rror", "RROR", "ail", "FAIL", "atal", "annot", "an't", "denied", "not ", "No such", "nable",
    "efused", "issing", "nvalid", "nexpected", "imed out", "imeout", "bort", "xception",
)  # fmt: skip

# What differs between runs of the same failure: how far it came, in which order, in what environment.
_PASSING = re.compile(
    r"\s*(?:[✓✔√]|ok\b|PASS|test .* ok$|=+$|-+$|\S+ PASSED|(?:\S+ )?[.sx]+ *(?:\[ *\d+%\])?$)"
    r"|[=-]{3,} .* [=-]{3,}$"
    r"|platform |rootdir: |configfile: |plugins: |cachedir: |collect(?:ed|ing) |Using --|created: "
    r"|\d+ workers |(?:Test Suites|Tests|Snapshots|Time|Seed): |Ran all test suites"
    r"|[ MADRCU?!]{2} \S+$"  # git status --short
)


def is_passing(line: str) -> bool:
    """Tell whether a line reports a success or the set-up of a run."""
    return _PASSING.match(line) is not None


class Residue:
    """The last lines that speak of trouble, and the last lines of all."""

    __slots__ = ("_symptoms", "_tail")

    def __init__(self) -> None:
        self._symptoms: deque[str] = deque(maxlen=_MAX_SYMPTOMS)
        self._tail: deque[str] = deque(maxlen=MAX_TAIL)

    def add(self, line: str, symptoms: Iterable[str]) -> None:
        """Keep a line; `symptoms` are the words of trouble to look for."""
        for word in symptoms:
            if word in line:
                self._symptoms.append(line)
                return
        self._tail.append(line)

    def facts(self) -> list[Fact]:
        """Return the lines that tell this failure from another, sorted; empty when there are none."""
        facts = FactSet()
        for kind, lines in ((SYMPTOM, self._symptoms), (OUTPUT, self._tail)):
            for line in lines:
                said = "" if is_command_echo(line) or is_passing(line) else mask(line)
                if said:
                    facts.add(kind, said)
        return facts.sorted()
