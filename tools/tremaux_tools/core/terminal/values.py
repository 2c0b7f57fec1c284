"""What terminals are asked and what they answer."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Literal

from tremaux_tools.core.counted import counted
from tremaux_tools.core.job import JobStatus
from tremaux_tools.errors import BadArgument

MAX_NAME = 64  # characters
MIN_SIZE = 2  # columns, rows
MAX_WIDTH = 500  # columns
MAX_HEIGHT = 200  # rows
MIN_MEMORY = 16  # MiB; engines refuse less than 6, and a shell needs some
MIN_PIDS = 4  # a shell, tmux and what they start

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
    """What a container that Tremaux makes may use.

    Raises:
        BadArgument: nothing could run within them.
    """

    memory_mb: int = 1024  #: MiB
    cpus: float = 1.0
    pids: int = 256
    network: bool = False

    def __post_init__(self) -> None:
        if self.memory_mb < MIN_MEMORY or self.pids < MIN_PIDS or not 0 < self.cpus < inf:
            cpus = "cpu" if self.cpus == 1 else "cpus"
            raise BadArgument(
                f"nothing can run with {self.memory_mb} MiB, {self.cpus:g} {cpus} and {counted(self.pids, 'pid')}",
                f"Give at least {MIN_MEMORY} MiB, {MIN_PIDS} pids and more than 0 cpus.",
            )


@dataclass(frozen=True, slots=True)
class Opening:
    """A terminal to open.

    Raises:
        BadArgument: the fields contradict each other, or a name or size is out of bounds.
    """

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

    def __post_init__(self) -> None:
        if self.name is not None and not is_name(self.name):
            raise BadArgument(
                f"name {self.name[:MAX_NAME]!r} is no name", f"Use 1 to {MAX_NAME} printable characters, or none."
            )
        if not (MIN_SIZE <= self.width <= MAX_WIDTH and MIN_SIZE <= self.height <= MAX_HEIGHT):
            raise BadArgument(
                f"a terminal of {self.width} x {self.height} cannot be made",
                f"Use a width of {MIN_SIZE} to {MAX_WIDTH} and a height of {MIN_SIZE} to {MAX_HEIGHT}.",
            )
        if self.place == "tmux" and (self.image or self.container or self.user):
            raise BadArgument("image, container and user are for place 'docker'", "Add place='docker'.")
        if self.place == "docker" and bool(self.image) is bool(self.container):
            raise BadArgument(
                "place 'docker' needs either image or container",
                "Give image for a container of its own, or container for one that runs already.",
            )
        if self.limits != Limits() and not self.image:
            raise BadArgument(
                "memory_mb, cpus, pids and network are for a container made from image", "Leave them out."
            )


def is_name(text: str) -> bool:
    """Tell whether a terminal may be called so."""
    return bool(text.strip()) and text.isprintable() and len(text) <= MAX_NAME


@dataclass(frozen=True, slots=True)
class ForeignSession:
    """Sessions of a person's own tmux servers that may be used; `*` stands for any text."""

    socket: str  #: as in `tmux -L`
    session: str
    write: bool  #: else they may only be read


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
    alive: bool  #: as far as is known, where it cannot be reached
    reachable: bool  #: not in a paused container, nor under a tmux that does not answer
    exit_code: int | None  #: of the program it was opened with; 128 + n for signal n; None: unknown or running
    attach: str  #: the command that shows it to a person; empty where there is none
    project: str
    last_job: str  #: id of the last command that was run in it; empty for none
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
class Waited:
    """How a wait ended."""

    outcome: Outcome
    waited: float  #: seconds
    matched: str | None  #: the text that matched


@dataclass(frozen=True, slots=True)
class Run:
    """A command that was run in a terminal."""

    job_id: str
    target: str
    status: JobStatus
    exit_code: int | None
    output: str
    duration: float  #: seconds so far
    outcome: Literal["exited", "timed_out", "gone"]
    truncated: bool
    redactions: int
