"""Say in a few lines of the log why it failed, and where to look first."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile, zip_longest

from tremaux_tools.core.cleaning import strip_collector_prefix
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
from tremaux_tools.core.postflight.cause.places import Place, place_in
from tremaux_tools.core.postflight.cause.trouble import TITLES, WEIGHTS, Clue, Trouble
from tremaux_tools.core.postflight.report import MAX_EXCERPT, MAX_LINE, RootCause
from tremaux_tools.core.postflight.results import Failed

_MAX_LINES = 9  # of an excerpt
_LAST_LINES = 3  # of a log of which nothing is understood
_TAIL = 4_096  # characters that hold them
_GROUP_END = "##[endgroup]"  # below it begins what a step of GitHub Actions printed itself
_COMMANDS = ("$ ", "+ ", "> ")  # how a shell session echoes them
_MAX_COMPANION = 150  # characters of a line beside the main one
_LIMITS = {DIFF: 80, TEST: 80, CASE: 80, SUITE: 80}
_FRAMES_ABOVE = ('File "', "panicked at ")  # Python, innermost last, and Rust tell the place before the error
_DIFF_LINES = 2  # of either side of a difference
_BELOW = 3  # lines in which a message goes on
_MORE = 2  # further complaints of a linter, or names of tests
_GOING_ON = {
    DIAGNOSTIC: frozenset({DIAGNOSTIC, OUTPUT, SYMPTOM}),
    COMMAND: frozenset({COMMAND}),
    CRASH: frozenset({CRASH}),
    EXCEPTION: frozenset({OUTPUT}),
}
_VAGUE = frozenset({OUTPUT, SYMPTOM, AFTERMATH})
_RAISED = frozenset({EXCEPTION, DIAGNOSTIC, CRASH})
_DETAILS = frozenset({EXCEPTION, EXPECTED, DETAIL, LEGEND})


_JSON = ('{"', '[{"')  # how a report begins that is the log itself: read, it tells more than as it is


def root_cause_of(
    trouble: Trouble | None, failures: Sequence[Failed], text: str, lines: int, *, is_beside: bool = False
) -> RootCause | None:
    """Name the root cause of a failed run, None where nothing was said.

    The log's own words are best; what reports told of the first failure completes or replaces them. `text` is the end
    of the log, `lines` how many the log has. `is_beside`: the reports are files beside it, not the log itself.
    """
    told = next(iter(failures), None)
    if trouble is None or trouble.score <= WEIGHTS[AFTERMATH]:
        is_last = trouble is None or trouble.main().line > lines - _LAST_LINES
        cause = last_words(text, lines) if is_last or trouble is None else root_cause(trouble)
        return _reported(told, 0 if is_beside else cause.line if cause else 1) if told else cause
    cause = root_cause(trouble)
    if told and trouble.main().text.startswith(_JSON):
        return _reported(told, cause.line)
    if told is None or cause.file:
        return cause
    return replace(cause, file=told.file, file_line=told.line)


def _reported(failed: Failed, line: int) -> RootCause:
    said = [_short(part, _MAX_COMPANION) for part in failed.message.split("\n") if part.strip()][:_MAX_LINES]
    return RootCause(line, "\n".join([failed.test, *said])[:MAX_EXCERPT], failed.file, failed.line)


def root_cause(trouble: Trouble) -> RootCause:
    """Choose the lines of one failure that tell most."""
    told = trouble.told
    main = trouble.main()
    chosen = [main]
    size = len(_shown(main, main))
    for clue in _companions(main, told, trouble.titles):
        size += 1 + len(_shown(clue, main))
        if len(chosen) == _MAX_LINES or size > MAX_EXCERPT:
            break
        chosen.append(clue)
    place = _place(main, told) or next(filter(None, (place_in(title.text) for title in trouble.titles)), None)
    shown = "\n".join(_shown(clue, main) for clue in sorted(chosen, key=lambda clue: clue.line))
    return RootCause(
        line=main.line,
        excerpt="\n".join(dict.fromkeys(shown.split("\n")))[:MAX_EXCERPT],
        file=place.file if place else None,
        file_line=place.line if place else None,
    )


def _companions(main: Clue, told: Sequence[Clue], titles: Sequence[Clue]) -> Iterator[Clue]:
    """Yield what else should be shown, the most telling first."""
    yield from sorted(titles, key=lambda clue: abs(clue.line - main.line))[:1]
    details = [clue for clue in told if clue.kind in _DETAILS]
    yield from (clue for clue in details if clue.line > main.line)
    yield from (clue for clue in reversed(details) if clue.line < main.line)
    yield from _difference([clue for clue in told if clue.kind == DIFF])
    if main.kind in _GOING_ON:
        yield from (clue for clue in told if 0 < clue.line - main.line <= _BELOW and clue.kind in _GOING_ON[main.kind])
    if main.kind == DIAGNOSTIC:
        yield from [clue for clue in told if clue.line > main.line + _BELOW and clue.kind == DIAGNOSTIC][:_MORE]
    if main.kind in TITLES:
        yield from [clue for clue in titles if clue.line > main.line][:_MORE]
    if main.kind in _VAGUE or main.kind in TITLES:
        yield from (clue for clue in told if abs(clue.line - main.line) == 1 and clue.kind in _VAGUE)
    yield from (clue for clue in told if clue.line < main.line and clue.kind == OUTPUT)
    if not titles:
        yield from [clue for clue in told if clue.line > main.line and clue.kind == SYMPTOM][-1:]


def _difference(lines: Sequence[Clue]) -> Iterator[Clue]:
    """Yield the first lines of both sides of a difference by turns."""
    sides = [[clue for clue in lines if clue.text.lstrip()[:1] == sign][:_DIFF_LINES] for sign in "-+"]
    for pair in zip_longest(*sides):
        yield from filter(None, pair)


def last_words(text: str, lines: int) -> RootCause | None:
    """Show how a log of so many lines ended, with the command that was the last; None for a log without a word."""
    tail = [strip_collector_prefix(line) for line in text[-_TAIL:].rstrip("\n").split("\n")]
    numbered = list(enumerate(tail, lines - len(tail) + 1))
    if _GROUP_END in tail:
        numbered = numbered[len(tail) - tail[::-1].index(_GROUP_END) :]
    said = [(number, line) for number, line in numbered if line.strip()][-_LAST_LINES:]
    if not said:
        return None
    command = next((at for at, (_, line) in enumerate(reversed(said), 1) if line.startswith(_COMMANDS)), len(said))
    shown = said[-command:]
    return RootCause(shown[0][0], "\n".join(_short(line, MAX_LINE) for _, line in shown)[:MAX_EXCERPT], None, None)


def _place(main: Clue, told: Sequence[Clue]) -> Place | None:
    """The place in the project's own code: of the line itself, else of the frame nearest to where it was raised."""
    if main.kind == DIAGNOSTIC and (place := place_in(main.text, main.above)):
        return place
    before = takewhile(
        lambda clue: clue.kind not in _RAISED, reversed([clue for clue in told if clue.line < main.line])
    )
    after = takewhile(lambda clue: clue.kind != CRASH, (clue for clue in told if clue.line > main.line))
    above = [clue for clue in before if clue.kind == FRAME and any(word in clue.text for word in _FRAMES_ABOVE)]
    frames = above[:1] + [clue for clue in after if clue.kind == FRAME]
    near = [clue for clue in told if clue.kind in (OUTPUT, DIAGNOSTIC) and 0 < clue.line - main.line <= _BELOW]
    heads = [clue for clue in reversed(told) if clue.kind == DETAIL and clue.line < main.line]  # as GoogleTest has them
    for clue in (*frames, main, *near, *heads):
        if place := place_in(clue.text, clue.above):
            return place
    return None


def _shown(clue: Clue, main: Clue) -> str:
    limit = MAX_LINE if clue is main else _LIMITS.get(clue.kind, _MAX_COMPANION)
    text = _short(clue.text, limit)
    return f"{_short(clue.above, limit)}\n{text}" if clue.above else text


def _short(line: str, limit: int) -> str:
    line = line.strip()
    end = limit // 4
    return line if len(line) <= limit else f"{line[: limit - end - 1]}…{line[-end:]}"
