"""How work went lately: what rules learn from, and the figures that a proposal may rest on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from tremaux_tools.core.learning.tries import FlakyGate, Recurring, Stalls
from tremaux_tools.core.tickets.ticket import RunOutcome

MOST_TASKS = 100  # with a verdict, the newest; older ones tell of settings that are no more
LAST = 30  # the newest of them, of which figures are taken
MIN_TASKS = 30  # fewer, and nothing is proposed


@dataclass(frozen=True, slots=True, kw_only=True)
class RanAs:
    """How a task ran that was a run of a ticket."""

    epoch: int = 1  #: counts the runs of its ticket from 1
    outcome: RunOutcome = "completed"
    after: RunOutcome = ""  #: how the run of its ticket before it ended; empty: there was none
    workers: int | None = None  #: that ran at once when it was claimed, itself among them
    latency: float | None = None  #: seconds from being claimed until its worker began
    waited: float | None = None  #: seconds in the queue; None for a retry, which waits on purpose
    model: str | None = None
    rung: int | None = None  #: of its profile's ladder
    fingerprint: str = ""  #: of its failure
    cpu_percent: float | None = None  #: of all cores of the machine while it ran
    cost: float | None = None  #: USD; None: nobody told


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedTask:
    """A task that ended with a verdict."""

    name: str
    project: str
    passed: bool
    seconds: float | None
    finished_at: float  #: Unix seconds
    ran: RanAs | None = None  #: None: no run of a ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is known of the work done lately, and of the settings it was done with."""

    tasks: Sequence[WorkedTask]  #: newest first, at most `MOST_TASKS`
    cores: int = 1  #: of the machine
    cpu_percent: float | None = None  #: of all cores, while the newest tasks were at work
    stalls: Stalls = field(default_factory=Stalls)
    failures: Sequence[Recurring] = ()
    gates: Sequence[FlakyGate] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)  #: as they are now
    open_targets: AbstractSet[str] = frozenset()  #: of deltas on trial
    fixed: AbstractSet[str] = frozenset()  #: settings that a person set

    @property
    def newest(self) -> Sequence[WorkedTask]:
        """The tasks that figures are taken of."""
        return self.tasks[:LAST]

    @property
    def ran(self) -> list[tuple[WorkedTask, RanAs]]:
        """The tasks that were runs of tickets, newest first."""
        return [(task, task.ran) for task in self.tasks if task.ran is not None]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of how work went, and of how many tasks it was taken. Rates and shares are in [0, 1]."""

    value: float
    tasks: int


def metrics(work: Work) -> Mapping[str, Figure]:
    """The figures of the newest tasks by name; one of which nothing is known is left out.

    Those of ladders and models are of all tasks at hand: of 30 only a few are left for each.
    """
    ran = work.ran[:LAST]
    figures = {
        "tasks": Figure(len(work.tasks), len(work.tasks)),
        "success_rate": _mean(float(task.passed) for task in work.newest),
        "seconds": _mean(task.seconds for task in work.newest),
        "agents": _mean(run.workers for _, run in ran),
        "latency_ms": _mean(run.latency and run.latency * 1_000 for _, run in ran),
        "waited_seconds": _mean(run.waited for _, run in ran),
        "timeout_rate": _mean(float(run.outcome == "timed_out") for _, run in ran),
        "retry_rate": _mean(float(run.epoch > 1) for _, run in ran),
        "retry_success_rate": _mean(float(task.passed) for task, run in work.ran if run.epoch > 1),
        "stall_rate": _ratio(work.stalls.stalled, work.stalls.goals),
        "recurring_failures": Figure(len(work.failures), len(work.tasks)),
        "flaky_gates": Figure(len(work.gates), len(work.tasks)),
        **_by_rung(work),
        **_by_model(work),
    }
    if work.cpu_percent is not None:
        figures["cpu_percent"] = Figure(work.cpu_percent, len(work.newest))
    return {name: figure for name, figure in figures.items() if figure is not None}


def _by_rung(work: Work) -> dict[str, Figure | None]:
    """How many runs passed on each rung."""
    passed: defaultdict[int, list[float]] = defaultdict(list)
    for task, run in work.ran:
        if run.rung is not None:
            passed[run.rung].append(float(task.passed))
    return {rung_metric(rung): _mean(each) for rung, each in sorted(passed.items())}


def _by_model(work: Work) -> dict[str, Figure | None]:
    """How many retries passed with each model."""
    passed: defaultdict[str, list[float]] = defaultdict(list)
    for task, run in work.ran:
        if run.model and run.epoch > 1:
            passed[run.model].append(float(task.passed))
    return {f"retry_success_rate_{model}": _mean(each) for model, each in sorted(passed.items())}


def rung_metric(rung: int) -> str:
    """The name of the figure of how many runs passed on a rung."""
    return f"rung_{rung}_success_rate"


def _mean(values: Iterable[float | None]) -> Figure | None:
    known = [value for value in values if value is not None]
    return Figure(fmean(known), len(known)) if known else None


def _ratio(some: int, of: int) -> Figure | None:
    return Figure(some / of, of) if of else None
