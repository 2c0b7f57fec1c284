"""Read a log line by line and collect what it states."""

from collections.abc import Mapping

from tremaux_tools.core.block import Block, Literals
from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.fingerprint.facts import Fact, FactSet
from tremaux_tools.core.fingerprint.interpreter import HINTS, Interpreter, plain_line, plain_lines
from tremaux_tools.core.fingerprint.kinds import CASE, TEST, UNTOLD
from tremaux_tools.core.fingerprint.masks import mask
from tremaux_tools.core.fingerprint.residue import MAX_TAIL, SYMPTOMS, Residue
from tremaux_tools.core.fingerprint.rule import Near

_HINTS = Literals(HINTS)
_SYMPTOMS = Literals(SYMPTOMS)
_NONE: Mapping[bytes, tuple[str, ...]] = {}
_MAX_RAW = 1000  # characters of a statement that are masked; its fact keeps fewer
_MAX_NOTED = 4096  # different statements remembered
_MAX_STATEMENTS = 20_000  # of one log; what is said after so many different ones adds nothing


def _last_lines(block: str) -> list[str]:
    """Return the lines of a block without hints that can matter later: its last ones, with a heading among them."""
    lines = list(plain_lines(block.rsplit("\n", 2 * MAX_TAIL)[1:]))
    enough = len(lines) - lines.count("") >= MAX_TAIL and any(not line[:1].isspace() for line in lines if line)
    return lines if enough else list(plain_lines(block.split("\n")))


class Reader:
    """Collects facts; holds no more than a bounded number of them, whatever the length of the log."""

    __slots__ = ("_cases", "_causes", "_interpreter", "_noted", "_residue", "_statements")

    def __init__(self) -> None:
        self._causes = FactSet()
        self._cases = FactSet()
        self._residue = Residue()
        self._interpreter = Interpreter(self._note)
        self._statements = 0  # different ones, so far
        self._noted: set[tuple[str, str]] = set()

    @property
    def evidence(self) -> bool:
        """Whether some line says that something failed."""
        return self._interpreter.evidence

    def read(self, block: str) -> None:
        """Read whole lines."""
        if self._is_full():
            return
        lines = Block(strip_controls(block))
        hints = _HINTS.of(lines.variety)  # most rules need not be tried on any of its lines
        symptoms = _NONE if self._causes else _SYMPTOMS.of(lines.variety)
        tells = any(hints[shape] or symptoms.get(shape) for shape in lines.variety)
        if not tells and not self._interpreter.is_waiting:
            for line in _last_lines(lines.text):
                self._read(line, (), ())
            return
        for whole, shape in zip(lines.lines, lines.shapes, strict=True):
            said = plain_line(whole)
            if said is not None:
                self._read(said, hints[shape], symptoms.get(shape, ()))

    def _read(self, line: str, hints: tuple[str, ...], symptoms: tuple[str, ...]) -> None:
        if not line:
            self._interpreter.end_title()
        elif not self._interpreter.read(line, hints) and not self._causes:
            self._residue.add(line, symptoms)

    def _is_full(self) -> bool:
        """Tell whether nothing that is still to come could add anything."""
        return self._statements == _MAX_STATEMENTS and self.evidence and bool(self._causes)

    def _note(self, kind: str, text: str, near: Near = Near.NOTHING) -> None:  # noqa: ARG002 (the text has it already)
        if kind in UNTOLD or (kind, text) in self._noted or self._statements == _MAX_STATEMENTS:
            return
        self._statements += 1
        if len(self._noted) >= _MAX_NOTED:
            self._noted.clear()
        self._noted.add((kind, text))
        said = mask(text[:_MAX_RAW])
        if said:
            facts = self._cases if kind == CASE else self._causes
            facts.add(kind, said)

    def facts(self) -> list[Fact]:
        """Return what the log states, sorted; the less certain only where nothing certain is known."""
        self._interpreter.end_title()
        causes = self._causes.sorted()
        if not any(fact.kind == TEST for fact in causes):
            causes = sorted({*causes, *(Fact(TEST, case.text) for case in self._cases.sorted())})
        return causes or self._residue.facts()
