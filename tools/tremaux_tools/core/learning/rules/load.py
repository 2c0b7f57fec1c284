"""Rules on how many workers the machine bears."""

import math
from collections.abc import Iterator
from statistics import median

from tremaux_tools.core.learning.delta import Proposal
from tremaux_tools.core.learning.rules.change import change, present
from tremaux_tools.core.learning.rules.effect import LEAST_SIDE, POINTS_OF_ALL, Effect, contrast, worth
from tremaux_tools.core.learning.work import MIN_TASKS, Figure, Work, metrics
from tremaux_tools.core.settings.registry import MAX_CPU_PER_AGENT, MAX_WORKERS, STRATEGY

MANY_AGENTS = 8  # workers at once, of the mean; with the latency from the first version of Tremaux, as is the CPU
LONG_LATENCY = 100.0  # milliseconds from a claim until its worker begins
BUSY_CPU = 85.0  # percent of all cores
ROOM_CPU = 60.0  # percent; below it a worker gets what it asks for
FULL_POOL = 0.9  # of `dispatch.max_workers`, of the mean
LONG_WAIT = 0.25  # of a task's time, spent in the queue
SPARE = 1  # worker beyond one for each core: while one begins or is settled, it computes nothing
MOST_FACTOR = 4  # by which workers are taken away at once; a larger step needs a person


def coordination(work: Work) -> Iterator[Proposal]:
    """Many workers that begin late: fit their number to the load."""
    figures = metrics(work)
    agents, latency = figures.get("agents"), figures.get("latency_ms")
    if agents is None or latency is None or min(agents.tasks, latency.tasks) < MIN_TASKS:
        return
    if agents.value > MANY_AGENTS and latency.value > LONG_LATENCY and present(work, STRATEGY) == "fixed":
        why = f"{agents.value:.1f} workers at once, and {latency.value:.0f} ms from a claim until its worker begins."
        split = split_by_load(work)
        yield change(
            work,
            STRATEGY,
            "adaptive",
            rule="coordination",
            why=why,
            metric="latency_ms",
            figure=latency,
            effect=split[1] if split else None,
        )


def overload(work: Work) -> Iterator[Proposal]:
    """A machine that is busy all the time: fewer workers where there are more than it bears, else less for each."""
    figures = metrics(work)
    cpu, agents = figures.get("cpu_percent"), figures.get("agents")
    if cpu is None or agents is None or agents.tasks < MIN_TASKS or cpu.value <= BUSY_CPU:
        return
    bears = _bearable(work)
    if agents.value > bears:
        yield from _fewer(work, cpu, agents, bears)
    else:
        yield from _less_for_each(work, cpu, agents)


def _fewer(work: Work, cpu: Figure, agents: Figure, bears: int) -> Iterator[Proposal]:
    old = present(work, MAX_WORKERS)
    new = max(bears, math.ceil(old / MOST_FACTOR))
    if new < old:
        yield change(
            work,
            MAX_WORKERS,
            new,
            rule="overload",
            why=f"CPU {cpu.value:.0f} % with {agents.value:.1f} workers at once on {_cores(work)}, which bear {bears}: "
            f"if all of them compute, each waits {1 - bears / agents.value:.0%} of its time for a core.",
            metric="cpu_percent",
            figure=cpu,
            effect=_slow_down(cpu, agents, bears),
        )


def _less_for_each(work: Work, cpu: Figure, agents: Figure) -> Iterator[Proposal]:
    limit = round(work.cores * BUSY_CPU / 100 / math.ceil(agents.value), 2)
    if not 0 < present(work, MAX_CPU_PER_AGENT) <= limit:
        yield change(
            work,
            MAX_CPU_PER_AGENT,
            limit,
            rule="overload",
            why=f"CPU {cpu.value:.0f} % with only {agents.value:.1f} workers at once on {_cores(work)}: "
            f"{BUSY_CPU:.0f} % of that shared evenly are {limit:g} for each.",
            metric="cpu_percent",
            figure=cpu,
            effect=None,
        )


def crowding(work: Work) -> Iterator[Proposal]:
    """Runs among many workers that pass less often than those among few."""
    split, success = split_by_load(work), metrics(work).get("success_rate")
    if split is None or success is None:
        return
    few, effect = split
    if effect.is_sure:
        old = present(work, MAX_WORKERS)
        yield change(
            work,
            MAX_WORKERS,
            min(old, max(few, math.ceil(old / MOST_FACTOR))),  # fewer may have run than could
            rule="crowding",
            why=f"Runs among at most {few} workers passed {effect.points:.0f} points more often than those among more; "
            f"the success rate of all is {success.value:.0%}.",
            metric="success_rate",
            figure=success,
            effect=effect,
        )


def room(work: Work) -> Iterator[Proposal]:
    """A full pool on an idle machine while tickets wait."""
    figures = metrics(work)
    cpu, agents, waited = (figures.get(name) for name in ("cpu_percent", "agents", "waited_seconds"))
    if cpu is None or agents is None or waited is None or agents.tasks < MIN_TASKS or cpu.value >= ROOM_CPU:
        return
    old = present(work, MAX_WORKERS)
    new = min(2 * old, int(old * BUSY_CPU / max(cpu.value, 1.0)))
    waiting = worth(_waiting_shares(work), POINTS_OF_ALL)
    if agents.value >= FULL_POOL * old and waiting and waiting.points >= LONG_WAIT * POINTS_OF_ALL and new > old:
        yield change(
            work,
            MAX_WORKERS,
            new,
            rule="room",
            why=f"CPU {cpu.value:.0f} % while all {old} workers are taken, and tickets spend "
            f"{waiting.points / POINTS_OF_ALL:.0%} of their time in the queue.",
            metric="cpu_percent",
            figure=cpu,
            effect=waiting.scaled(1 - old / new),
            criterion="tickets wait less in the queue, and runs pass no less often and are no slower",
        )


def split_by_load(work: Work) -> tuple[int, Effect] | None:
    """The number of workers that parts the runs most evenly, and how much more often those among so few passed."""
    runs = [(run.workers, task.passed) for task, run in work.ran if run.workers is not None]
    if not runs:
        return None
    counts = [workers for workers, _ in runs]
    few = min(sorted(set(counts)), key=lambda most: abs(sum(count <= most for count in counts) - len(counts) / 2))
    effect = contrast((ok for count, ok in runs if count <= few), (ok for count, ok in runs if count > few))
    return (few, effect) if effect else None


def _bearable(work: Work) -> int:
    """How many workers keep all cores busy: by what one used where there was room, else one for each core and a spare.

    Source of the spare one: Goetz et al. 2006, Java Concurrency in Practice, section 8.2.
    """
    used = [
        run.cpu_percent / 100 * work.cores / run.workers
        for _, run in work.ran
        if run.cpu_percent is not None and run.workers and 0 < run.cpu_percent < ROOM_CPU
    ]
    if len(used) < LEAST_SIDE:
        return work.cores + SPARE
    return max(work.cores + SPARE, int(work.cores * BUSY_CPU / 100 / median(used)))


def _slow_down(cpu: Figure, agents: Figure, bears: int) -> Effect:
    """What waiting for cores costs, between the least and the most that the CPU figure allows.

    The most is that of workers that all compute all the time: each then waits `1 - bears / workers` of its time. The
    least takes the machine to be full as seldom as its mean lets it be, and never to be short of a core otherwise.
    """
    most = POINTS_OF_ALL * (1 - bears / agents.value)
    least = most * min(1.0, (cpu.value - BUSY_CPU) / (100 - BUSY_CPU))
    return Effect((least + most) / 2, least, most, agents.tasks)


def _waiting_shares(work: Work) -> list[float]:
    return [
        run.waited / (run.waited + task.seconds)
        for task, run in work.ran
        if run.waited is not None and task.seconds is not None and run.waited + task.seconds > 0
    ]


def _cores(work: Work) -> str:
    return "1 core" if work.cores == 1 else f"{work.cores} cores"
