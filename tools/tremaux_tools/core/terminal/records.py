"""A terminal and a job as they are kept."""

from dataclasses import dataclass

from tremaux_tools.core.terminal.values import JobStatus, Place


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


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One run of a command, and where its files are while it goes on. Times are Unix seconds."""

    job_id: int  #: 0 before it is stored
    terminal_id: int | None
    project: str
    command: str
    nonce: str
    directory: str  #: on the machine that runs it
    log: str  #: what tmux copies its output to, on the machine that runs tmux
    status: JobStatus
    exit_code: int | None
    output_bytes: int
    redactions: int
    blob_id: int | None
    started_at: float
    ended_at: float | None
