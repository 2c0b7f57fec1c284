"""Look into a terminal: wait for what is needed, then capture, as the tool and the command line both do it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from tremaux_tools.errors import BadArgument

if TYPE_CHECKING:  # looking loads terminals, describing a look does not
    from tremaux_tools.core.terminal.values import Capture, Waited
    from tremaux_tools.terminals import Progress, Terminals

LINES = 200  # if the caller names no number
MAX_LINES = 50_000  # the history that a terminal keeps
MAX_WAIT = 600.0  # seconds; above some clients' own limit, for callers who know theirs
MAX_QUIET = 60.0  # seconds

Wait = Literal["none", "idle", "shell_prompt", "pattern"]
IdleMode = Literal["output", "screen"]


@dataclass(frozen=True, slots=True)
class Look:
    """What to wait for in a terminal, and how much of it to show.

    Raises:
        BadArgument: the wait and the patterns do not fit each other.
    """

    target: str
    lines: int | None = None  #: 0: the visible screen; None: `LINES`
    wait: Wait = "none"
    pattern: str | None = None
    stop: str | None = None
    idle_mode: IdleMode = "output"
    quiet: float = 0.5  #: seconds
    timeout: float = 30.0  #: seconds
    ansi: bool = False
    since: str | None = None

    def __post_init__(self) -> None:
        if self.wait == "pattern" and self.pattern is None:
            raise BadArgument("wait 'pattern' needs a pattern", "Give one, or use wait 'idle' or 'shell_prompt'.")
        if self.wait != "pattern" and not self.pattern is self.stop is None:
            raise BadArgument("pattern and stop are for wait 'pattern'", "Add wait='pattern', or leave them out.")


async def look(terminals: "Terminals", at: Look, progress: "Progress | None" = None) -> "Capture":
    """Wait as asked, then capture; cancelling ends the wait at once."""
    waited = await _WAITS[at.wait](terminals, at, progress) if at.wait != "none" else None
    lines = LINES if at.lines is None else at.lines
    capture = await terminals.capture_pane(at.target, lines=lines, ansi=at.ansi, since=at.since)
    if waited is None:
        return capture
    return replace(capture, outcome=waited.outcome, waited=waited.waited, matched=waited.matched)


async def _for_pattern(terminals: "Terminals", at: Look, progress: "Progress | None") -> "Waited":
    return await terminals.wait_for_prompt(
        at.target, at.pattern or "", stop=at.stop, timeout=at.timeout, progress=progress
    )


async def _for_idle(terminals: "Terminals", at: Look, progress: "Progress | None") -> "Waited":
    return await terminals.wait_for_idle(
        at.target, quiet=at.quiet, mode=at.idle_mode, timeout=at.timeout, progress=progress
    )


async def _for_shell_prompt(terminals: "Terminals", at: Look, progress: "Progress | None") -> "Waited":
    return await terminals.wait_for_shell_prompt(at.target, timeout=at.timeout, progress=progress)


_WAITS: Mapping[Wait, Callable[["Terminals", Look, "Progress | None"], Awaitable["Waited"]]] = {
    "pattern": _for_pattern,
    "idle": _for_idle,
    "shell_prompt": _for_shell_prompt,
}
