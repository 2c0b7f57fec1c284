"""Run a command in a live shell and learn its exact exit code and output.

The command lies in a file; one short line is typed that has the shell evaluate it between two marks with a nonce that
no output can guess. The status is written to a file as well, and tmux copies the output to another: a run is told
even by a server that was started after it ended.
"""

import time
from dataclasses import dataclass, replace

import anyio

from tremaux_tools.core.terminal import marks
from tremaux_tools.core.terminal.run_script import RunScript
from tremaux_tools.core.terminal.values import Outcome
from tremaux_tools.errors import PlaceUnavailable, TerminalBusy, TerminalGone
from tremaux_tools.machine import Machine
from tremaux_tools.terminals.live import PULSE, Live
from tremaux_tools.terminals.texts import plain_text
from tremaux_tools.terminals.waits import SHELLS, UNREACHABLE_PAUSE, ForShellPrompt, wait

PROMPT_DEADLINE = 10.0  # seconds for a shell to read its start-up files, or to come back from an interrupt
BEGIN_DEADLINE = 10.0  # seconds from typing the line to its first mark
DROPPED_QUIET = 0.3  # seconds of silence at a prompt after which the shell has given up the rest of the line
COPY_DEADLINE = 1.0  # seconds for the process that copies the last output of a run
COPY_PAUSE = 0.02  # seconds between looks at the copy
LOG_LIMIT = 64 * 1024 * 1024  # bytes of a run's output that are copied to disk
MARK_PATIENCE = 5.0  # seconds of silence after which a last mark that was printed will not be heard any more
MARK_ROOM = 256  # bytes kept before a mark that may have come in part
STATUS_BYTES = 16  # more than any status has digits


@dataclass(slots=True)
class Running:
    """A run under way, and how far its output was read."""

    script: RunScript
    log: str  #: what tmux copies the output to, on the machine where tmux runs
    prompt: str = ""  #: the row on which the line was typed, before it was
    begin: int | None = None  #: offset in the stream behind the first mark
    end: int | None = None  #: offset of the last mark
    dropped_at: int | None = None  #: offset at which the shell was back without one
    read: int = 0  #: offset up to which marks were looked for
    gaps: int = 0  #: how often the stream had broken before it began


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended and what it printed."""

    exit_code: int | None  #: None: not known
    output: str
    size: int  #: bytes printed
    gone: bool  #: the shell ended with it
    truncated: bool  #: the beginning of the output is lost


NOTHING = Result(None, "", 0, gone=True, truncated=True)
"""What is known of a run when nothing of it can be reached any more."""


async def begin(live: Live, run: Running, *, within: float) -> None:
    """Have the shell begin the command.

    Raises:
        TerminalBusy: it is not at its prompt, or did not take the line.
        TerminalGone: it ended before.
    """
    for path, data in run.script.files.items():
        await live.machine.write(path, data)
    run.prompt = await _last_row(live)
    run.read = live.ring.end
    async with live.typing:
        live.sent_at, live.echo, live.enter_pending = live.ring.end, "", False
        await live.copy(run.log, LOG_LIMIT)
        await live.type(run.script.typed)
    with anyio.move_on_after(min(within, BEGIN_DEADLINE)):
        while True:
            seen = live.changes
            if _find_begin(live, run):
                return
            if await live.end() and not _find_begin(live, run):
                # tmux 3.3a may not tell what a program printed just before its end; the copy on disk has it.
                if marks.find_begin(await _settled_copy(live.logs, run, whole=False), run.script.nonce):
                    return
                raise TerminalGone("the shell ended before it took the command")
            await live.changed(seen, PULSE)
    raise TerminalBusy("the shell did not take the command: it is not at its prompt")


async def ready(live: Live, target: str, *, within: float) -> str:
    """Wait until a shell is at its prompt; returns the shell's name, `sh` where it cannot be told.

    Raises:
        TerminalBusy: a program has the terminal.
        TerminalGone: the terminal has ended.
    """
    front = await live.machine.foreground(live.leader)
    if front is None and not await live.end():
        return "sh"  # nobody can be asked; the marks will tell
    waited = await wait(live, ForShellPrompt(), timeout=min(within, PROMPT_DEADLINE), progress=None)
    if waited.outcome is Outcome.GONE:
        raise TerminalGone(f"terminal {target!r} has ended")
    front = await live.machine.foreground(live.leader)
    if waited.outcome is not Outcome.MATCHED or front is None:
        raise TerminalBusy(
            f"terminal {target!r} is not at a shell's prompt: {front.program if front else 'nothing'} has it"
        )
    return front.program


async def finish(live: Live, run: Running) -> Result:
    """Wait for the end of a run that has begun, however long it takes; one that cannot be reached may still go on."""
    while True:
        seen = live.changes
        try:
            if result := await _look(live, run):
                return result
            pause = live.pause(DROPPED_QUIET)
        except PlaceUnavailable:
            pause = UNREACHABLE_PAUSE
        await live.changed(seen, pause)


async def _look(live: Live, run: Running) -> Result | None:
    """The end of a run, if there is a sign of it."""
    ended = await live.end()  # first: the last mark may come just before the end
    if (code := _find_end(live, run)) is not None:
        return await copied(live.logs, run, code) if live.gaps != run.gaps else await _result(live, run, code)
    if ended:
        return await _last_words(live, run, ended.exit_code)
    # Its last mark may have been printed unheard.
    if live.gaps != run.gaps and (code := await recover(live.machine, run)) is not None:
        return await copied(live.logs, run, code)
    if await _is_back(live, run):
        return await _settle(live, run)
    return None


async def _settle(live: Live, run: Running) -> Result | None:
    """Deal with a shell that is back at its prompt without a word of the end."""
    if (code := await recover(live.machine, run)) is None:  # it dropped the rest of the line
        heard = live.ring.end
        await live.type(run.script.typed_end)
        run.dropped_at = heard
    elif time.monotonic() - live.active_at >= MARK_PATIENCE:
        return await copied(live.logs, run, code)
    return None  # else it has said the word, and tmux is late with it


async def recover(machine: Machine, run: Running) -> int | None:
    """The status that a run wrote when it ended; None when it did not."""
    status = await machine.read(run.script.status_path, STATUS_BYTES)
    return int(status) if status and status.strip().isdigit() else None


async def copied(logs: Machine, run: Running, exit_code: int | None, *, gone: bool = False) -> Result:
    """What a run printed, from the copy on disk; one whose shell is `gone` may have no last mark."""
    data = await _settled_copy(logs, run, whole=not gone)
    begin = marks.find_begin(data, run.script.nonce)
    end = marks.find_end(data, run.script.nonce)
    text = data[begin : end[0] if end else None] if begin is not None else b""
    truncated = len(data) >= LOG_LIMIT or not (gone or end)
    return Result(exit_code, await plain_text(text), len(text), gone=gone, truncated=truncated)


async def printed(live: Live, run: Running) -> str:
    """What a run under way printed so far."""
    data, _ = live.ring.since(run.begin if run.begin is not None else live.ring.end)
    return await plain_text(data, live.width)


async def _settled_copy(logs: Machine, run: Running, *, whole: bool) -> bytes:
    """The copy of a run's output, once the process that writes it had its turn: up to the last mark if `whole`."""
    data = None
    with anyio.move_on_after(COPY_DEADLINE):
        while True:
            before, data = data, await logs.read(run.log, LOG_LIMIT) or b""
            if marks.find_end(data, run.script.nonce):
                break
            if not whole and data == before and marks.find_begin(data, run.script.nonce) is not None:
                break
            await anyio.sleep(COPY_PAUSE)
    return data or b""


def _find_begin(live: Live, run: Running) -> bool:
    data, _ = live.ring.since(run.read)
    if (at := marks.find_begin(data, run.script.nonce)) is None:
        return False
    run.begin = run.read = live.ring.end - len(data) + at
    return True


def _find_end(live: Live, run: Running) -> int | None:
    """The status, once the last mark has come."""
    data, _ = live.ring.since(run.read)
    start = live.ring.end - len(data)
    if (found := marks.find_end(data, run.script.nonce)) is None:
        run.read = max(start, live.ring.end - MARK_ROOM)
        return None
    run.end = start + found[0]
    return found[1]


async def _is_back(live: Live, run: Running) -> bool:
    """Whether the shell is at its prompt and silent: after Ctrl-C, or dash after an error of syntax."""
    if run.dropped_at is not None or time.monotonic() - live.active_at < DROPPED_QUIET:
        return False
    front = await live.machine.foreground(live.leader)
    if front is None or front.program not in SHELLS or not front.sleeping:
        return False
    if live.line_editor:
        return front.raw is True
    return bool(run.prompt) and await _last_row(live) == run.prompt


async def _last_row(live: Live) -> str:
    screen = await live.screen()
    return next((row for row in reversed(screen.rows) if row), "")


async def _last_words(live: Live, run: Running, code: int | None) -> Result:
    """The end of a run that ended its shell: from what was told of it or from the copy on disk, which may have more."""
    told = await _result(live, run, code, gone=True) if run.begin is not None else replace(NOTHING, exit_code=code)
    try:
        logged = await copied(live.logs, run, code, gone=True)
    except PlaceUnavailable:  # the copy went with its container
        return told
    return told if told.size > logged.size else logged


async def _result(live: Live, run: Running, code: int | None, *, gone: bool = False) -> Result:
    end = live.ring.end if run.end is None else run.end
    if run.dropped_at is not None:
        end = run.dropped_at
    data, lost = live.ring.since(run.begin or 0)
    data = data[: max(len(data) - (live.ring.end - end), 0)]
    text = await plain_text(data, live.width)
    if run.dropped_at is not None:  # the shell had drawn its prompt before it was asked for the status
        text = text[: text.rfind("\n") + 1]
        code = code or None  # some shells forget that they were interrupted: a zero then says nothing
    return Result(code, text, len(data), gone=gone, truncated=lost)
