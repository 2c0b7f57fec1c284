"""A ticket: a piece of work that is handed over, and the runs by workers that were made of it."""

from dataclasses import dataclass, field
from typing import Literal

from tremaux_tools.core.tickets.lifecycle import Status

PlaceName = Literal["process", "tmux", "docker", "cluster"]
RunState = Literal["starting", "running", "ended"]
Stopping = Literal["", "cancel", "block", "budget"]  #: why a run is being stopped; empty: it is not
RunOutcome = Literal["", "completed", "failed", "blocked", "timed_out", "cancelled", "paused", "lost"]
FAILURES: frozenset[RunOutcome] = frozenset({"failed", "timed_out"})
VERDICTS: frozenset[RunOutcome] = FAILURES | {"completed"}  # no other outcome says anything of the work

DEFAULT_PRIORITY = 2
LOWEST_PRIORITY = 4  # 0 is the most urgent
DEFAULT_RETRIES = 2
DEFAULT_TIMEOUT = 3_600.0  # seconds
TITLE_CHARS = 60
RUN_VARIABLE = "TREMAUX_RUN"  # in a worker's environment: which run it is


@dataclass(frozen=True, slots=True)
class Usage:
    """What models were asked for and cost."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """A ticket as it is handed over."""

    description: str
    id: str | None = None  #: unique in the project; None: one is made up
    depends_on: tuple[str, ...] = ()
    priority: int = DEFAULT_PRIORITY  #: 0 is the most urgent, `LOWEST_PRIORITY` the least
    runner: str | None = None  #: name of a worker profile; None: `shell`, where there is a command
    command: str | None = None  #: a shell command
    place: PlaceName = "tmux"
    image: str | None = None  #: for place docker
    step_mode: bool = False  #: a person has to approve it before it runs
    context_files: tuple[str, ...] = ()
    target_file: str | None = None
    target_symbols: tuple[str, ...] = ()
    max_retries: int = DEFAULT_RETRIES
    timeout: float | None = None  #: seconds of one run; None: as many as `tickets.timeout` says
    worktree: bool = True  #: run in a git work tree of its own
    budget_tokens: int | None = None  #: of all its runs
    budget_cost: float | None = None  #: USD, of all its runs
    goal: str | None = None  #: its runs are attempts at this goal of the journal; None: at one of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a ticket by a worker. Times are Unix seconds."""

    run_id: int
    ticket_id: int
    epoch: int  #: counts the runs of a ticket from 1; a call-back of an older one is stale
    nonce: str  #: names the run's job in all its processes, files and containers
    state: RunState
    model: str | None
    place: PlaceName
    job_id: int | None = None
    terminal: str = ""  #: name of the terminal; empty without one
    owner: str = ""  #: the Tremaux process that sees to it
    lease_until: float = 0.0
    heartbeat_at: float | None = None
    worktree: str = ""
    branch: str = ""
    base: str = ""  #: the commit that it began at
    stopping: Stopping = ""
    outcome: RunOutcome = ""
    reason: str = ""
    exit_code: int | None = None
    fingerprint: str = ""
    report_id: int | None = None
    result: str = ""  #: the worker's last words, shortened
    usage: Usage = field(default_factory=Usage)
    started_at: float | None = None
    ended_at: float | None = None
    claimed_at: float | None = None
    workers: int | None = None  #: that ran at once when it was claimed, itself among them
    rung: int | None = None  #: of its profile's ladder; None: not prepared yet

    @property
    def job_name(self) -> str | None:
        """The id of its job that agents know."""
        return None if self.job_id is None else f"job-{self.job_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket as it is kept. Times are Unix seconds."""

    ticket_id: int
    project: str
    root: str  #: the work tree it was handed over in
    name: str  #: the id that agents know
    description: str
    status: Status
    reason: str = ""  #: why it stands so
    depends_on: tuple[str, ...] = ()
    waiting: int = 0  #: how many of them are not completed
    priority: int = DEFAULT_PRIORITY
    runner: str = "shell"
    command: str | None = None
    place: PlaceName = "tmux"
    image: str | None = None
    step_mode: bool = False
    context_files: tuple[str, ...] = ()
    target_file: str | None = None
    target_symbols: tuple[str, ...] = ()
    max_retries: int = DEFAULT_RETRIES
    timeout: float = DEFAULT_TIMEOUT
    worktree: bool = True
    budget_tokens: int | None = None
    budget_cost: float | None = None
    goal: str | None = None
    prompt: str | None = None  #: as a person edited it; None: the description
    approved_at: float | None = None
    grants: int = 0  #: how often a person let it go on beyond a budget
    retry_count: int = 0  #: runs that failed and were followed by another
    loss_count: int = 0  #: runs that ended with their machine or place, through no fault of the work
    rung: int = 0  #: of the profile's model ladder
    not_before: float = 0.0  #: the next run waits until then
    client: str = ""
    agent: str = ""
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    merged: str = ""  #: the commit that brought its work back
    context_before: int | None = None  #: tokens of the context files before pruning
    context_after: int | None = None
    run: Run | None = None  #: the newest
    usage: Usage = field(default_factory=Usage)  #: of all its runs

    @property
    def has_worker(self) -> bool:
        """Whether anything can run it: a worker that was named, or a command for the shell."""
        return self.runner != "shell" or self.command is not None

    @property
    def needs_approval(self) -> bool:
        """Whether a person has to agree before it runs."""
        return self.step_mode and self.approved_at is None

    @property
    def title(self) -> str:
        """The first line of its description, shortened for the subject of a commit."""
        return " ".join(self.description.strip().partition("\n")[0].split())[:TITLE_CHARS].rstrip()

    @property
    def goal_name(self) -> str:
        """The goal of the journal that its runs are attempts at."""
        return self.goal or f"ticket {self.name}"


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """A change of a ticket."""

    event_id: int
    ticket: str  #: its id
    at: float  #: Unix seconds
    old: Status | None  #: None: it was created
    new: Status
    reason: str
    by: str  #: who brought it about: a person, an agent, the engine


def run_name(run: Run) -> str:
    """How a run is named to its worker, in `RUN_VARIABLE`."""
    return f"{run.ticket_id}:{run.epoch}"
