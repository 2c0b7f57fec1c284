"""Collect what a log states about its failures, in order and with its place, and keep the most telling part."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tremaux_tools.core.block import Block, Literals, likeness
from tremaux_tools.core.fingerprint.interpreter import HINTS, Interpreter, plain_line
from tremaux_tools.core.fingerprint.kinds import AFTERMATH, CASE, DETAIL, FRAME, OUTPUT, SYMPTOM, TEST
from tremaux_tools.core.fingerprint.residue import SYMPTOMS, is_passing
from tremaux_tools.core.fingerprint.rule import Near
from tremaux_tools.core.postflight.cause.phrases import (
    CARD,
    COMMAND_HINTS,
    COMMAND_LINE,
    EMPTY,
    EXPECTED_FAILURES,
    IDLE,
    LOGGED,
    NAMED_AFTER,
    NONE,
    OTHER_TEST,
    PASSED_TEST,
    PHRASE_HINTS,
    PHRASES,
    RUN_BEGINS,
    TURN_HINTS,
    VIEWER,
)
from tremaux_tools.core.postflight.cause.trouble import TITLES, WEIGHTS, Clue, Trouble
from tremaux_tools.core.postflight.findings.dismissals import CONSOLE
from tremaux_tools.core.postflight.findings.sections import SECTIONS, Section
from tremaux_tools.core.postflight.report import MAX_TESTS

_CONSOLES = tuple(section for section in SECTIONS if section.reason == CONSOLE)
_CONSOLE_BEGINS = ("  ● Console", "stdout | ", "stderr | ", "=")  # how a line begins that opens one
_COMMAND_MARKS = frozenset("+>#:")
_MAX_SILENT = 8192  # different lines
_HINTS = Literals((*HINTS, *SYMPTOMS, *PHRASE_HINTS, *TURN_HINTS, *COMMAND_HINTS))


# What lines are like that said nothing by themselves, in any log: those of the next run are much the same.
_silent: set[bytes] = set()


class _Hints(NamedTuple):
    """What a line may be, told by the words that it may have."""

    statements: tuple[str, ...]  #: those that the interpreter asks for
    symptoms: tuple[str, ...]
    phrases: tuple[str, ...]
    turns: tuple[str, ...]


@lru_cache(maxsize=4096)
def _sort_out(hints: tuple[str, ...]) -> _Hints:
    there = set(hints)
    return _Hints(*(tuple(there.intersection(kind)) for kind in (HINTS, SYMPTOMS, PHRASE_HINTS, TURN_HINTS)))


class Clues:
    """Reads a log block by block; memory is bounded whatever its length."""

    __slots__ = (
        "_before",
        "_best",
        "_cases",
        "_console",
        "_interpreter",
        "_is_again",
        "_is_showing",
        "_line",
        "_now",
        "_old",
        "_previous",
        "_raw",
        "_tests",
    )

    def __init__(self) -> None:
        self._interpreter = Interpreter(self._note)
        self._line = self._before = 0  # numbers of this line and of the last one that was not blank
        self._raw = self._previous = ""  # this line and the last one that was not blank
        self._now = Trouble()
        self._best = Trouble()  # the most telling one since the last command
        self._old = Trouble()  # the same before it
        self._is_again = False  # a runner began once more, and no test of that run has failed yet
        self._is_showing = False  # the command only shows what others wrote
        self._console: Section | None = None  # what is being read was written to the console while tests ran
        self._tests: dict[str, None] = {}
        self._cases: dict[str, None] = {}

    def read(self, block: Block, line: int) -> int:
        """Read lines without control sequences; `line` is the number of the first.

        Returns how many of them it looked at one by one.
        """
        hints = _HINTS.of(block.variety)
        is_awake = self._is_awake(line)
        if not is_awake and not any(map(hints.__getitem__, block.variety)):
            self._skip(block.lines, line)
            return 0
        for number, (whole, shape) in enumerate(zip(block.lines, block.shapes, strict=True), line):
            said = plain_line(whole)
            words = hints[shape]
            if said and not is_awake and (not words or likeness(said) in _silent):
                self._go_to(number, said)
                self._interpreter.skip(said)
            elif said or said is None or is_awake:
                is_understood = self._read_line(number, whole, said, _sort_out(words))
                if said and not is_awake and not is_understood:
                    _silence(said)
                is_awake = self._is_awake(number + 1)
        return len(block.lines)

    def _is_awake(self, line: int) -> bool:
        """Tell whether a line says more here than by itself; unless something is noted, no later one will."""
        return bool(self._console or self._interpreter.is_waiting or self._now.goes_on_at(line))

    def _read_line(self, number: int, whole: str, said: str | None, hints: _Hints) -> bool:
        """Read one line; False if it says nothing."""
        if said is not None and self._is_in_console(said):
            return True
        if not said:
            self._interpreter.end_title()
            if said is None:
                self._begin_command(whole)
            return True
        self._go_to(number, said)
        return self._interpreter.read(said, hints.statements) or self._read_other(said, hints)

    def _go_to(self, number: int, said: str) -> None:
        self._before, self._line = self._line, number
        self._previous, self._raw = self._raw, said

    def _is_in_console(self, line: str) -> bool:
        """Tell whether a line was written to the console while tests ran: those that passed wrote there, too."""
        if self._console and self._console.closes.match(line):
            self._console = None
        if self._console is None and line.startswith(_CONSOLE_BEGINS):
            self._console = next((section for section in _CONSOLES if section.opens.match(line)), None)
        return self._console is not None

    def _skip(self, lines: Sequence[str], line: int) -> None:
        """Pass over lines that state nothing, but for the last one and the last heading, which others may refer to."""
        last = ""
        for number in range(len(lines) - 1, -1, -1):
            said = plain_line(lines[number])
            if not said:
                continue
            if not last:
                last = said
                self._line = line + number
            if not said[0].isspace():
                self._interpreter.skip(said)
                break
        if last:
            self._raw = last
            self._interpreter.skip(last)

    def finish(self) -> Trouble | None:
        """Return the failure that tells most; None if the log states none."""
        self._interpreter.end_title()
        self._close()
        troubles = [trouble for trouble in (self._best, self._old) if not trouble.is_empty]
        telling = [trouble for trouble in troubles if trouble.score > WEIGHTS[SYMPTOM]]
        return next(iter(telling or troubles), None)

    def last_trouble(self) -> Trouble | None:
        """Return what tells most of the last command, unless that only showed what others wrote."""
        self.finish()
        return None if self._best.is_empty or self._is_showing else self._best

    @property
    def failing_tests(self) -> tuple[str, ...]:
        """The tests that failed as the runner names them, in the order of the log, at most `MAX_TESTS`."""
        return tuple(self._tests or self._cases)

    def _read_other(self, line: str, hints: _Hints) -> bool:
        """Read a line that no rule understands; False if it says nothing."""
        if line[0] in _COMMAND_MARKS and COMMAND_LINE.match(line):
            self._begin_command(line)
            return True
        if hints.turns and self._turns_to_other_test(line):
            return True
        if hints.phrases and self._read_phrase(line):
            return True
        goes_on = self._now.goes_on_at(self._line)
        if not goes_on and not _has_any(line, hints.symptoms):
            return False
        if is_passing(line) or IDLE.match(line) or CARD.match(line):
            return False
        self._note(OUTPUT if goes_on else SYMPTOM, line)
        return True

    def _turns_to_other_test(self, line: str) -> bool:
        if PASSED_TEST.match(line):
            if not self._now.titles:  # that was its own log
                self._now = Trouble()
            return True
        if OTHER_TEST.match(line):
            self._close()
            return True
        if RUN_BEGINS.match(line):
            self._close()
            self._is_again = not self._best.is_empty
            return True
        return False

    def _read_phrase(self, line: str) -> bool:
        for phrase in PHRASES:
            if _has_any(line, phrase.hints) and phrase.pattern.match(line):
                if phrase.near is Near.ABOVE and self._previous and not is_passing(self._previous):
                    self._note(DETAIL, self._previous, Near.ABOVE)
                self._note(phrase.kind, phrase.text(line) or line)
                return True
        return False

    def _begin_command(self, line: str) -> None:
        self._close()
        self._is_showing = VIEWER.search(line) is not None
        if not self._best.is_empty:
            self._old, self._best = self._best, Trouble()

    def _close(self) -> None:
        if not self._now.is_empty and (self._best.yields_to(self._now) or (self._is_again and self._now.titles)):
            self._best = self._now
            self._is_again = False
        self._now = Trouble()

    def _note(self, kind: str, text: str, near: Near = Near.NOTHING) -> None:
        if self._interpreter.heading.startswith(EXPECTED_FAILURES):
            return
        if kind in (TEST, CASE):
            _name(self._tests if kind == TEST else self._cases, text)
        if near is Near.ABOVE and kind == DETAIL:  # what it details is told by this line
            self._close()
            self._now.takes(Clue(self._before, kind, text))
            return
        if (kind == DETAIL and CARD.match(text)) or (kind != FRAME and NONE.match(self._raw)):
            return
        clue = self._clue(kind, text, near)
        now = self._now
        is_title = kind in TITLES and now.clues and not now.titles
        if is_title and (near is Near.ABOVE or NAMED_AFTER.match(self._raw)):
            now.titles.append(clue)
        elif not self._now.takes(clue):
            self._close()
            self._now.takes(clue)

    def _clue(self, kind: str, text: str, near: Near) -> Clue:
        above = ""
        if near is Near.HEADING:
            above = self._interpreter.heading
        elif near is Near.BEFORE:
            above = self._interpreter.before
        if kind != FRAME and EMPTY.match(self._raw):
            kind = AFTERMATH
        elif self._raw.startswith(LOGGED):
            kind = SYMPTOM
        said = text if kind in TITLES and text not in self._raw else self._raw  # a title may stand on several lines
        return Clue(self._line, kind, said, above)


def _silence(line: str) -> None:
    if len(_silent) >= _MAX_SILENT:
        _silent.clear()
    _silent.add(likeness(line))


def _has_any(line: str, words: Sequence[str]) -> bool:
    for word in words:  # noqa: SIM110 (a plain loop takes half the time of any() with a generator)
        if word in line:
            return True
    return False


def _name(tests: dict[str, None], name: str) -> None:
    if len(tests) < MAX_TESTS:
        tests[name] = None
