"""Wait for a pattern, for quiet, for the shell's prompt: woken by what the terminal prints, never by polling it.

Every wait is bounded, ends at once when the terminal does, and holds no thread.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import anyio
import anyio.lowlevel

from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.terminal.echo import without_echo
from tremaux_tools.core.terminal.plain import Plain
from tremaux_tools.core.terminal.values import Outcome, Waited
from tremaux_tools.errors import PlaceUnavailable, TerminalGone
from tremaux_tools.matching.matcher import Matcher
from tremaux_tools.terminals.live import PULSE, Ended, Live, rows_since

PROGRESS_EVERY = 1.0  # seconds
SLICE = 32 * 1024  # bytes matched at a time: half of the text kept, so that a match cannot scroll away unseen
SCREEN_QUIET = 0.1  # seconds without output after which a screen is drawn, and worth a look
SEARCH_SHARE = 0.5  # of the time that a flood is searched; the rest is for others
PROMPT_QUIET = 0.01  # seconds; a line editor that waits for a key has drawn its prompt
PLAIN_PROMPT_QUIET = 0.15  # seconds; a shell without one only falls silent
ECHO_DEADLINE = 0.3  # seconds after which a line end that was typed counts as taken, shown or not
PROMPT_POLL = 0.1  # seconds; an empty prompt is no output to be woken by
LEAST_LOOK = 0.25  # seconds that one look gets, however little time is left
UNREACHABLE_PAUSE = 1.0  # seconds until a terminal that does not answer is asked again
SHELLS = frozenset({"sh", "ash", "bash", "busybox", "dash", "fish", "ksh", "mksh", "rbash", "zsh"})

Progress = Callable[[float, float], Awaitable[None]]
"""Called about once a second with the seconds waited and the seconds at most."""


class Look(Protocol):
    """One kind of wait: looks whether it is over."""

    async def look(self, live: Live) -> "Waited | float":
        """The end of the wait (its `waited` is set by the caller), or in how many seconds to look again unasked."""


async def wait(live: Live, kind: Look, *, timeout: float, progress: Progress | None) -> Waited:
    """Wait until `kind` is over, the terminal ends, or `timeout` seconds have passed."""
    started = told = due = time.monotonic()
    seen = -1
    while True:
        changes = live.changes
        ended: Ended | None = None
        found: Waited | float | None = None
        with anyio.move_on_after(max(started + timeout - time.monotonic(), LEAST_LOOK)):
            try:
                ended = await live.end()
                if ended or changes != seen or time.monotonic() >= due:  # else it is time for the progress only
                    seen, found = changes, await kind.look(live)
            except TerminalGone:
                found = Waited(Outcome.GONE, 0.0, None)
            except PlaceUnavailable:  # a paused container may go on
                seen, found = changes, UNREACHABLE_PAUSE
        now = time.monotonic()
        if ended and not (isinstance(found, Waited) and found.outcome in (Outcome.MATCHED, Outcome.STOPPED)):
            found = Waited(Outcome.GONE, 0.0, None)
        if isinstance(found, Waited):
            return Waited(found.outcome, now - started, found.matched)
        if now - started >= timeout:
            return Waited(Outcome.TIMED_OUT, now - started, None)
        if progress and now - told >= PROGRESS_EVERY:
            told = now
            await progress(now - started, timeout)
        if found is not None:
            due = min(now + found, started + timeout)
        rest = min(due - now, live.pause(PULSE), PROGRESS_EVERY if progress else timeout)
        await live.changed(seen, max(rest, 0.0))


class ForPattern:
    """Over when a pattern matches what came since something was last typed; or when `stop` does."""

    def __init__(self, matcher: Matcher, patterns: Sequence[str], live: Live, redactor: Redactor) -> None:
        self._matcher = matcher
        self._patterns = patterns
        self._redactor = redactor
        self._plain = Plain(width=live.width)
        self._read = live.sent_at
        self._searched = False  # even nothing is searched once: a pattern may match it
        self._screen_at = -1  # the offset at which the screen was looked at last
        self._rest_until = 0.0

    async def look(self, live: Live) -> Waited | float:
        """Search what is new in the stream, and on the screen once it is drawn."""
        if not live.ended and (rest := self._rest_until - time.monotonic()) > 0:
            return rest
        while self._read < live.ring.end or not self._searched:
            data, _ = live.ring.since(self._read)
            self._read = max(self._read, live.ring.begin) + min(len(data), SLICE)
            self._plain.feed(data[:SLICE])
            if found := await self._search(without_echo(self._plain.text, live.echo)):
                return found
            self._searched = True
            await anyio.lowlevel.checkpoint()  # a flood is read slice by slice, with others between
        return await self._look_at_screen(live)

    async def _look_at_screen(self, live: Live) -> Waited | float:
        """A full-screen program writes words in pieces; only its screen has them whole.

        The last words of a program, too, may be on its screen only: tmux 3.3a does not always tell them.
        """
        if self._screen_at == live.ring.end and not live.ended:
            return float("inf")
        quiet = time.monotonic() - live.active_at
        if quiet < SCREEN_QUIET and not live.ended:
            return SCREEN_QUIET - quiet
        self._screen_at = live.ring.end
        fresh = rows_since(live.rows_then, (await live.screen()).rows)
        typed = tuple(line for line in live.echo.split("\n") if line.strip())
        text = "\n".join(row for row in fresh if not (typed and row.endswith(typed)))
        return await self._search(text) or float("inf")

    async def _search(self, text: str) -> Waited | None:
        began = time.monotonic()
        match = await self._matcher.search(self._patterns, text)
        self._rest_until = time.monotonic() + (time.monotonic() - began) * (1 / SEARCH_SHARE - 1)
        if match is None:
            return None
        shown = self._redactor.redact_part(text, match.start, match.end)
        return Waited(Outcome.MATCHED if match.pattern == 0 else Outcome.STOPPED, 0.0, shown)


class ForQuiet:
    """Over when nothing was printed or typed for `quiet` seconds."""

    def __init__(self, quiet: float) -> None:
        self._quiet = quiet

    async def look(self, live: Live) -> Waited | float:
        """Compare the time of the last output with now."""
        left = self._quiet - (time.monotonic() - live.active_at)
        return left if left > 0 else Waited(Outcome.IDLE, 0.0, None)


class ForStillScreen:
    """Over when the screen has shown the same for `quiet` seconds, whatever was printed: a spinner may blink."""

    def __init__(self, quiet: float) -> None:
        self._quiet = quiet
        self._seen = -1
        self._digest = b""
        self._since = time.monotonic()

    async def look(self, live: Live) -> Waited | float:
        """Look at the screen again if anything was printed."""
        if self._seen != live.ring.end:
            self._seen = live.ring.end
            digest = hashlib.sha256("\n".join((await live.screen()).rows).encode()).digest()
            if digest != self._digest:
                self._digest, self._since = digest, time.monotonic()
        left = self._quiet - (time.monotonic() - self._since)
        return left if left > 0 else Waited(Outcome.IDLE, 0.0, None)


class ForShellPrompt:
    """Over when a shell is in front, asleep, and its line editor waits for a key.

    What the prompt looks like does not matter: a look-alike in a program's output is none. A shell without a line
    editor only shows that it is in front and silent, or in front behind the prompt it had when it was silent before.
    """

    async def look(self, live: Live) -> Waited | float:
        """Ask the kernel who has the terminal."""
        quiet = time.monotonic() - live.active_at
        if quiet < PROMPT_QUIET:
            return PROMPT_QUIET - quiet
        taken = not live.enter_pending or b"\n" in live.ring.since(live.sent_at)[0] or quiet >= ECHO_DEADLINE
        front = await live.machine.foreground(live.leader)
        if not taken or front is None or front.program not in SHELLS or not front.sleeping:
            return live.pause(PROMPT_POLL)
        if front.raw:
            live.line_editor = True
            return Waited(Outcome.MATCHED, 0.0, None)
        if front.raw is not None and (live.line_editor or front.leader != live.leader):
            return live.pause(PROMPT_POLL)
        line = live.last_line()
        if line == live.prompt or quiet >= PLAIN_PROMPT_QUIET:
            live.prompt = line
            return Waited(Outcome.MATCHED, 0.0, None)
        return PLAIN_PROMPT_QUIET - quiet
