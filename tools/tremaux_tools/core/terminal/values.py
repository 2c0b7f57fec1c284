"""What terminals are asked and what they answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Place = Literal["tmux", "docker"]


class Outcome(StrEnum):
    """How a wait ended."""

    NONE = "none"  #: nothing was waited for
    MATCHED = "matched"  #: the pattern came, or the shell is at its prompt
    STOPPED = "stopped"  #: the `stop` pattern came first
    IDLE = "idle"
    TIMED_OUT = "timed_out"
    GONE = "gone"  #: the terminal ended


@dataclass(frozen=True, slots=True)
class Limits:
    """What a container that Tremaux makes may use."""

    memory_mb: int = 1024  #: MiB
    cpus: float = 1.0
    pids: int = 256
    network: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """A terminal to open."""

    name: str | None = None  #: None: one is made up
    command: str | None = None  #: for a POSIX shell; None: an interactive shell
    cwd: str | None = None
    place: Place = "tmux"
    image: str | None = None  #: a container is made from it, and removed with the terminal
    container: str | None = None  #: one that runs already
    user: str | None = None  #: in a container; None: as the image or container says
    width: int = 120
    height: int = 40
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal as it is known now."""

    target: str
    pane_id: str
    place: Place
    width: int
    height: int
    command: str  #: what it was opened with
    container: str  #: id, or empty
    alive: bool
    exit_code: int | None  #: of the program it was opened with; 128 + n for signal n; None: unknown or running
    attach: str  #: the command that shows it to a person; empty where there is none
    project: str
    opened_at: float
    used_at: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What was typed."""

    target: str
    size: int  #: bytes, Enter and keys included
    mark: str  #: what comes after it: `capture_pane(since=mark)`


@dataclass(frozen=True, slots=True)
class Capture:
    """What a terminal shows, or showed since a mark, and how the wait before it ended."""

    target: str
    pane_id: str
    text: str
    lines: int
    cursor: tuple[int, int]  #: column, row, from 0
    command: str  #: the program in front
    alive: bool
    exit_code: int | None
    outcome: Outcome
    waited: float  #: seconds
    matched: str | None  #: the text that matched
    truncated: bool  #: older text was left out
    redactions: int
    mark: str


@dataclass(frozen=True, slots=True)
class Run:
    """A command that was run in a terminal."""

    job_id: str
    target: str
    status: Literal["running", "exited", "killed", "lost"]
    exit_code: int | None
    output: str
    duration: float  #: seconds so far
    outcome: Literal["exited", "timed_out", "gone"]
    truncated: bool
    redactions: int


@dataclass(frozen=True, slots=True)
class Waited:
    """How a wait ended, and after how many seconds."""

    outcome: Outcome
    waited: float
    matched: str | None  #: the text that matched


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a command, ended or not."""

    job_id: str
    target: str  #: the terminal it runs in; empty when that is no more
    command: str
    status: Literal["running", "exited", "killed", "lost"]
    exit_code: int | None
    started_at: float
    duration: float  #: seconds, so far if it runs
    log_tail: str
    redactions: int


@dataclass(frozen=True, slots=True)
class ForeignSession:
    """Sessions of a person's own tmux that Tremaux may use; names are wildcards."""

    socket: str
    session: str
    write: bool  #: may type too, not only read
