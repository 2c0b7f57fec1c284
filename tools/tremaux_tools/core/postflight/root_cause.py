"""Say in a few lines of the log why it failed, and where to look first."""

from collections.abc import Iterator, Sequence

from tremaux_tools.core.fingerprint.kinds import (
    AFTERMATH,
    DETAIL,
    DIAGNOSTIC,
    DIFF,
    EXCEPTION,
    EXPECTED,
    FRAME,
    LEGEND,
    OUTPUT,
    SYMPTOM,
)
from tremaux_tools.core.postflight.clues import Clue, Trouble, first_of_most_weight
from tremaux_tools.core.postflight.places import Place, place_in
from tremaux_tools.core.postflight.report import MAX_EXCERPT, MAX_LINE, RootCause
from tremaux_tools.core.postflight.results import Results

_MAX_LINES = 7  # of an excerpt
_LAST_LINES = 3  # of a log of which nothing is understood
_TAIL = 4_096  # characters that hold them
_COMMANDS = ("$ ", "+ ", "> ")  # how a shell session echoes them
_DETAILS = frozenset({EXCEPTION, EXPECTED, DETAIL, LEGEND, DIFF})


def root_cause_of(trouble: Trouble | None, results: Results, text: str, lines: int) -> RootCause | None:
    """Name the root cause from the text's clues, else from the reports, else from the log's last lines."""
    if trouble is not None:
        return root_cause(trouble)
    return last_words(text, lines)


def root_cause(trouble: Trouble) -> RootCause:
    """Choose the lines of one failure that tell most."""
    told = trouble.clues or trouble.titles
    main = first_of_most_weight(told)
    chosen = [main]
    size = len(_shown(main))
    for clue in _companions(main, told, trouble.titles):
        size += 1 + len(_shown(clue))
        if len(chosen) == _MAX_LINES or size > MAX_EXCERPT:
            break
        chosen.append(clue)
    place = _place(main, [clue for clue in told if clue.kind == FRAME])
    shown = "\n".join(_shown(clue) for clue in sorted(chosen, key=lambda clue: clue.line))
    return RootCause(
        line=main.line,
        excerpt="\n".join(dict.fromkeys(shown.split("\n")))[:MAX_EXCERPT],
        file=place.file if place else None,
        file_line=place.line if place else None,
    )


def _companions(main: Clue, told: Sequence[Clue], titles: Sequence[Clue]) -> Iterator[Clue]:
    """Yield what else should be shown, the most telling first."""
    yield from (clue for clue in told if clue.line > main.line and clue.kind in _DETAILS)
    yield from (clue for clue in told if clue.line < main.line and clue.kind in _DETAILS)
    if main.kind in (OUTPUT, SYMPTOM, AFTERMATH, DIAGNOSTIC):
        yield from (clue for clue in told if clue.line == main.line + 1 and clue.kind == main.kind)
    yield from sorted(titles, key=lambda clue: abs(clue.line - main.line))[:1]
    yield from (clue for clue in told if clue.line < main.line and clue.kind == OUTPUT)


def last_words(text: str, lines: int) -> RootCause | None:
    """Show how a log of so many lines ended, with the command that was the last; None for a log without a word."""
    tail = text[-_TAIL:].rstrip("\n").split("\n")
    said = [(number, line) for number, line in enumerate(tail, lines - len(tail) + 1) if line.strip()][-_LAST_LINES:]
    if not said:
        return None
    command = next((at for at, (_, line) in enumerate(reversed(said), 1) if line.startswith(_COMMANDS)), len(said))
    shown = said[-command:]
    return RootCause(shown[0][0], "\n".join(_short(line) for _, line in shown)[:MAX_EXCERPT], None, None)


def _place(main: Clue, frames: list[Clue]) -> Place | None:
    """The place in the project's own code: of the line itself, else of the frame nearest to where it was raised."""
    if main.kind == DIAGNOSTIC and (place := place_in(main.text, main.above)):
        return place
    before = [clue for clue in frames if clue.line < main.line and 'File "' in clue.text]
    after = [clue for clue in frames if clue.line > main.line]
    for clue in (*before[-1:], *after, main):
        if place := place_in(clue.text, clue.above):
            return place
    return None


def _shown(clue: Clue) -> str:
    text = _short(clue.text)
    return f"{_short(clue.above)}\n{text}" if clue.above else text


def _short(line: str) -> str:
    line = line.strip()
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 51]}…{line[-50:]}"
