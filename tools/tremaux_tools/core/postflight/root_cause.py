"""Say in a few lines of the log why it failed, and where to look first."""

from tremaux_tools.core.fingerprint.kinds import DETAIL, DIAGNOSTIC, DIFF, EXCEPTION, EXPECTED, FRAME
from tremaux_tools.core.postflight.clues import Clue, Trouble, first_of_most_weight
from tremaux_tools.core.postflight.places import Place, place_in
from tremaux_tools.core.postflight.report import MAX_EXCERPT, MAX_LINE, RootCause
from tremaux_tools.core.postflight.results import Results

_MAX_LINES = 7  # of an excerpt


def root_cause_of(trouble: Trouble | None, results: Results, text: str) -> RootCause | None:
    """Name the root cause from the text's clues, else from the reports, else from the log's last lines."""
    if trouble is not None:
        return root_cause(trouble)
    return None


def root_cause(trouble: Trouble) -> RootCause:
    """Choose the lines of one failure that tell most."""
    told = trouble.clues or trouble.titles
    main = first_of_most_weight(told)
    frames = [clue for clue in told if clue.kind == FRAME]
    chosen = [main]
    rest = [clue for clue in told if clue.line > main.line and clue.kind in (EXCEPTION, EXPECTED, DETAIL, DIFF)]
    rest += [clue for clue in told if clue.line < main.line and clue.kind in (EXPECTED, DETAIL, DIFF)]
    rest += [clue for clue in trouble.titles if clue.line <= main.line][-1:]
    size = _size(main)
    for clue in rest:
        if len(chosen) == _MAX_LINES or size + 1 + _size(clue) > MAX_EXCERPT:
            break
        chosen.append(clue)
        size += 1 + _size(clue)
    place = _place(main, frames)
    return RootCause(
        line=main.line,
        excerpt="\n".join(dict.fromkeys(_shown(clue) for clue in sorted(chosen, key=lambda clue: clue.line)))[
            :MAX_EXCERPT
        ],
        file=place.file if place else None,
        file_line=place.line if place else None,
    )


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


def _size(clue: Clue) -> int:
    return len(_shown(clue))


def _shown(clue: Clue) -> str:
    text = _short(clue.text)
    return f"{_short(clue.above)}\n{text}" if clue.above else text


def _short(line: str) -> str:
    line = line.strip()
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 51]}…{line[-50:]}"
