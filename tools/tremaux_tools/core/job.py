"""A job: one run of a command, as it is ordered, kept and told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tremaux_tools.errors import BadArgument, UnknownItem

JobKind = Literal["terminal", "process", "import"]
JobStatus = Literal["running", "exited", "killed", "lost"]
Cause = Literal["", "timeout", "cancel", "size"]  #: why Tremaux ended a job; empty: it did not
PlaceName = Literal["process", "tmux", "docker", "cluster"]

JOB_PREFIX = "job-"
MAX_COMMAND = 1024 * 1024  # bytes
_NONCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
TIMED_OUT = 124  # exit code of what took too long, as timeout(1) tells it


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed into a program's terminal once it can take it."""

    text: str
    ready: str | None = None  #: a regular expression in what it printed; None: once it has gone quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command to run, and what it is run for."""

    argv: tuple[str, ...]
    command: str  #: as it is shown
    project: str  #: names the project, the same in all its work trees
    root: str  #: the work tree at hand
    cwd: str
    timeout: float | None = None  #: seconds; None: it may run for ever
    cpus: float | None = None  #: cores that it may keep busy with all its descendants; None: what its place gives
    place: PlaceName = "process"
    nonce: str = ""  #: names the run for all time, so it is started once; empty: one is made up
    environment: Mapping[str, str] | None = None  #: None: what the service gives to all
    stdin: str = ""  #: path of the file it reads; empty: nothing, or its terminal
    typed: Typed | None = None  #: only where there is a terminal
    terminal: str = ""  #: name of its terminal; empty: one is made up where there is one
    image: str | None = None  #: for a container
    readable: tuple[str, ...] = ()  #: paths that it may read in a container, beside `cwd`
    goal: str | None = None  #: its end is an attempt at this goal; None: at none
    gate: str = ""  #: name of the gate; empty for a free command
    pattern: str | None = None  #: a regular expression that the output must show for a pass
    action: str = ""
    hypothesis: str = ""
    tree: str | None = None  #: state of the work tree at the start
    client: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One run of a command, and where its files are while it goes on. Times are Unix seconds."""

    job_id: int  #: 0 before it is stored
    terminal_id: int | None
    project: str
    command: str
    nonce: str
    directory: str  #: on the machine that runs it
    log: str  #: where its output goes while it runs, on the machine that keeps it
    status: JobStatus
    exit_code: int | None  #: 128 + n for signal n, `TIMED_OUT` for a time-out; None: not known
    output_bytes: int
    redactions: int
    blob_id: int | None
    started_at: float
    ended_at: float | None
    kind: JobKind = "terminal"
    root: str = ""
    cwd: str = ""
    pid: int | None = None  #: of the process that sees the job through
    born: str = ""  #: when that process began, as the system tells it: a pid alone may be another's by now
    timeout: float | None = None
    cause: Cause = ""
    goal: str | None = None
    gate: str = ""
    pattern: str | None = None
    action: str = ""
    hypothesis: str = ""
    tree: str | None = None
    client: str = ""
    agent: str = ""
    digest: bytes | None = None  #: of what was imported
    place: PlaceName = "process"
    terminal: str = ""  #: name of the one it runs in, where its place has one
    named: bool = False  #: its nonce was given by whoever ordered it, who sees to it that not too many run
    cpu_s: float | None = None
    memory_bytes: int | None = None  #: of its largest process, or of its container
    note: str = ""  #: what of its order could not be kept, such as a limit

    @property
    def name(self) -> str:
        """The id that agents know."""
        return f"{JOB_PREFIX}{self.job_id}"


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a command, as it stands."""

    job_id: str
    kind: JobKind
    target: str  #: the terminal it runs or ran in; empty for a plain process
    command: str
    status: JobStatus
    exit_code: int | None
    cause: Cause
    started_at: float
    duration: float  #: seconds so far
    log_tail: str
    redactions: int


def job_number(job_id: str) -> int:
    """The row that an id names.

    Raises:
        UnknownItem: it is no id of a job.
    """
    digits = job_id.removeprefix(JOB_PREFIX)
    if not (digits.isascii() and digits.isdigit() and len(digits) < len(str(2**63))):
        raise unknown_job(job_id)
    return int(digits)


def unknown_job(job_id: str) -> UnknownItem:
    """The error that names a job which is not there."""
    return UnknownItem(f"there is no job {job_id[:40]!r}", "run_command and run_gate name the job they began.")


def check_command(command: str) -> None:
    """Do nothing for a command that a shell can take.

    Raises:
        BadArgument: it is empty, too long or holds a NUL.
    """
    if not command.strip():
        raise BadArgument("command is empty", "Give the command line to run.")
    if "\0" in command:
        raise BadArgument("command holds a NUL character", "No shell can take one: leave it out.")
    if len(command.encode("utf-8", "replace")) > MAX_COMMAND:
        raise BadArgument(f"command is longer than {MAX_COMMAND} bytes", "Put it into a file and run that.")


def check_nonce(nonce: str) -> None:
    """Do nothing for a name that a run may have.

    Raises:
        BadArgument: it could not be a file's name, or a container's.
    """
    if not _NONCE.fullmatch(nonce):
        raise BadArgument(f"{nonce[:64]!r} cannot name a run", "Use up to 64 letters, digits, dots, dashes and _.")


def tail_of(text: str, lines: int) -> str:
    """The last `lines` lines of a log; none for 0."""
    return "\n".join(text.rstrip("\n").split("\n")[-lines:]) if text and lines else ""
