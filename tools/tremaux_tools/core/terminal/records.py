"""A terminal as it is kept."""

from dataclasses import dataclass

from tremaux_tools.core.terminal.values import Place


@dataclass(frozen=True, slots=True)
class TerminalRecord:
    """Where a terminal is to be found again. Times are Unix seconds."""

    terminal_id: int  #: 0 before it is stored
    name: str
    project: str
    place: Place
    socket: str  #: of the tmux server, on the machine that runs it
    session: str
    tmux_inside: bool  #: the tmux server runs in the container
    container: str  #: id; empty on the host
    user: str | None
    directory: str  #: of ours in the container, where tmux runs outside of it; else empty
    made: bool  #: the container is ours and goes with the terminal
    command: str
    width: int
    height: int
    opened_at: float
    used_at: float
    closed_at: float | None = None
    exit_code: int | None = None
