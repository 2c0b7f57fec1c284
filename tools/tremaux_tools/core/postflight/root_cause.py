"""Say in a few lines of the log why it failed, and where to look first."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from tremaux_tools.core.fingerprint.kinds import (
    AFTERMATH,
    CRASH,
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
from tremaux_tools.core.postflight.clues import WEIGHTS, Clue, Trouble
from tremaux_tools.core.postflight.places import Place, place_in
from tremaux_tools.core.postflight.report import MAX_EXCERPT, MAX_LINE, RootCause
from tremaux_tools.core.postflight.results import Results

_MAX_LINES = 7  # of an excerpt
_LAST_LINES = 3  # of a log of which nothing is understood
_TAIL = 4_096  # characters that hold them
_COMMANDS = ("$ ", "+ ", "> ")  # how a shell session echoes them
_DIFF_LINES = 2  # of either side of a difference
_VAGUE = frozenset({OUTPUT, SYMPTOM, AFTERMATH})
_RAISED = frozenset({EXCEPTION, DIAGNOSTIC, CRASH})
_DETAILS = frozenset({EXCEPTION, EXPECTED, DETAIL, LEGEND, DIFF})


def root_cause_of(trouble: Trouble | None, results: Results, text: str, lines: int) -> RootCause | None:
    """Name the root cause from the text's clues, else from the reports, else from the log's last lines."""
    if trouble is None or trouble.score <= WEIGHTS[AFTERMATH] and trouble.clues[0].line > lines - _LAST_LINES:
        return last_words(text, lines)
    return root_cause(trouble)


def root_cause(trouble: Trouble) -> RootCause:
    """Choose the lines of one failure that tell most."""
    told = trouble.clues or trouble.titles
    main = trouble.main()
    chosen = [main]
    size = len(_shown(main))
    for clue in _companions(main, told, trouble.titles):
        size += 1 + len(_shown(clue))
        if len(chosen) == _MAX_LINES or size > MAX_EXCERPT:
            break
        chosen.append(clue)
    place = _place(main, told)
    shown = "\n".join(_shown(clue) for clue in sorted(chosen, key=lambda clue: clue.line))
    return RootCause(
        line=main.line,
        excerpt="\n".join(dict.fromkeys(shown.split("\n")))[:MAX_EXCERPT],
        file=place.file if place else None,
        file_line=place.line if place else None,
    )


def _companions(main: Clue, told: Sequence[Clue], titles: Sequence[Clue]) -> Iterator[Clue]:
    """Yield what else should be shown, the most telling first."""
    details = [clue for clue in told if clue.kind in _DETAILS and not _is_more_of_a_difference(clue, told)]
    yield from (clue for clue in details if clue.line > main.line)
    yield from (clue for clue in reversed(details) if clue.line < main.line)
    if main.kind == DIAGNOSTIC:
        yield from (clue for clue in told if clue.line == main.line + 1 and clue.kind in (DIAGNOSTIC, SYMPTOM))
    elif main.kind in _VAGUE:
        yield from (clue for clue in told if abs(clue.line - main.line) == 1 and clue.kind in _VAGUE)
    yield from sorted(titles, key=lambda clue: abs(clue.line - main.line))[:1]
    yield from (clue for clue in told if clue.line < main.line and clue.kind == OUTPUT)


def _is_more_of_a_difference(clue: Clue, told: Sequence[Clue]) -> bool:
    """Tell whether enough lines of the same side of a difference stand before this one."""
    if clue.kind != DIFF:
        return False
    side = [other for other in told if other.kind == DIFF and other.text.lstrip()[:1] == clue.text.lstrip()[:1]]
    return side.index(clue) >= _DIFF_LINES


def last_words(text: str, lines: int) -> RootCause | None:
    """Show how a log of so many lines ended, with the command that was the last; None for a log without a word."""
    tail = text[-_TAIL:].rstrip("\n").split("\n")
    said = [(number, line) for number, line in enumerate(tail, lines - len(tail) + 1) if line.strip()][-_LAST_LINES:]
    if not said:
        return None
    command = next((at for at, (_, line) in enumerate(reversed(said), 1) if line.startswith(_COMMANDS)), len(said))
    shown = said[-command:]
    return RootCause(shown[0][0], "\n".join(_short(line) for _, line in shown)[:MAX_EXCERPT], None, None)


def _place(main: Clue, told: Sequence[Clue]) -> Place | None:
    """The place in the project's own code: of the line itself, else of the frame nearest to where it was raised."""
    if main.kind == DIAGNOSTIC and (place := place_in(main.text, main.above)):
        return place
    before = takewhile(
        lambda clue: clue.kind not in _RAISED, reversed([clue for clue in told if clue.line < main.line])
    )
    after = takewhile(lambda clue: clue.kind != CRASH, (clue for clue in told if clue.line > main.line))
    frames = [clue for clue in before if 'File "' in clue.text][:1] + [clue for clue in after if clue.kind == FRAME]
    for clue in (*frames, main):
        if place := place_in(clue.text, clue.above):
            return place
    return None


def _shown(clue: Clue) -> str:
    text = _short(clue.text)
    return f"{_short(clue.above)}\n{text}" if clue.above else text


def _short(line: str) -> str:
    line = line.strip()
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 51]}…{line[-50:]}"
