"""How work went lately, gathered from tasks, runs, load samples and attempts."""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import aiosqlite

from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.learning.tries import Recurring, Try, flaky, recurring, stalls
from tremaux_tools.core.learning.work import LAST, MOST_TASKS, RanAs, Work, WorkedTask
from tremaux_tools.core.stall import DEFAULT

LATELY = 90 * 86_400.0  # seconds; what is older was done with other models and settings
TASKS_LOOKED_AT = 3 * MOST_TASKS  # the newest; some have no verdict
TRIES = 600  # attempts, the newest of all goals
SAMPLES = 1_000  # of the load, the newest
NEXT_SAMPLE = 60.0  # seconds after a run, within which a sample of the load still tells of it

# How a run ended counts, not its report: a worker may write well of what it did not finish. One that was cancelled,
# blocked or lost says nothing.
_TASKS = f"""
    WITH newest AS (
        SELECT name, project_id, verdict, duration, report_id, finished_at, task_id FROM task
        WHERE finished_at >= :since ORDER BY finished_at DESC, task_id DESC LIMIT {TASKS_LOOKED_AT}),
    judged AS (
        SELECT newest.*, run_id FROM newest
        LEFT JOIN run ON run_id = (SELECT max(run_id) FROM run WHERE run.report_id = newest.report_id)
        WHERE CASE WHEN run_id IS NULL THEN verdict <> 'uncertain'
              ELSE outcome IN ('completed', 'failed', 'timed_out') END
        ORDER BY newest.finished_at DESC, task_id DESC LIMIT {MOST_TASKS})
    SELECT judged.name, project.path, judged.finished_at, run_id IS NOT NULL,
           CASE WHEN run_id IS NULL THEN verdict = 'passed' ELSE run.outcome = 'completed' END,
           coalesce(run.ended_at - run.started_at, judged.duration),
           epoch, run.outcome, workers, run.started_at - claimed_at, model, rung, fingerprint,
           (SELECT outcome FROM run AS former WHERE former.ticket_id = run.ticket_id AND former.epoch = run.epoch - 1),
           CASE WHEN epoch = 1 THEN claimed_at - (
               SELECT max(at) FROM ticket_event AS event
               WHERE event.ticket_id = run.ticket_id AND event.new = 'ready' AND at <= claimed_at) END,
           (SELECT avg(cpu_percent) FROM load_sample
            WHERE sampled_at > run.started_at AND sampled_at <= coalesce(
                (SELECT min(sampled_at) FROM load_sample
                 WHERE sampled_at BETWEEN run.ended_at AND run.ended_at + {NEXT_SAMPLE}), run.ended_at)),
           (SELECT nullif(sum(cost_usd), 0) FROM spent WHERE spent.run_id = run.run_id)
    FROM judged JOIN project USING (project_id) LEFT JOIN run USING (run_id)
    ORDER BY judged.finished_at DESC, task_id DESC"""  # noqa: S608  numbers of ours
# While nobody worked, an idle machine says nothing of how many workers it bears.
_CPU = f"""
    SELECT avg(cpu_percent) FROM (
        SELECT cpu_percent FROM load_sample WHERE sampled_at BETWEEN ? AND ? AND workers > 0
        ORDER BY sampled_at DESC LIMIT {SAMPLES})"""  # noqa: S608  a number of ours
# An agent is no gate: that one passes and the next one fails on the same work tree is no contradiction.
_TRIES = f"""
    SELECT goal_id, project.path, judged_gate, fingerprint, action, command,
           CASE WHEN NOT EXISTS (
               SELECT 1 FROM job JOIN run USING (nonce) JOIN ticket USING (ticket_id)
               WHERE job.job_id = newest.job_id AND ticket.command IS NULL) THEN tree END,
           signature FROM (
        SELECT attempt_id, goal_id, judged_gate, fingerprint, action, command, tree, signature, recorded_at, job_id
        FROM attempt ORDER BY attempt_id DESC LIMIT {TRIES}) AS newest
    JOIN goal USING (goal_id) JOIN project USING (project_id)
    WHERE recorded_at >= :since AND judged_gate IN ('pass', 'fail') ORDER BY attempt_id"""  # noqa: S608  a number of ours


async def read(
    connection: aiosqlite.Connection,
    *,
    settings: Mapping[str, Any],
    open_targets: AbstractSet[str],
    fixed: AbstractSet[str],
    cores: int,
    now: float,
) -> Work:
    """How work went up to `now`, in Unix seconds.

    `settings` are as they are now, by name; `open_targets` are those of deltas on trial, `fixed` the settings that a
    person set, `cores` those of the machine.
    """
    since = {"since": now - LATELY}
    tasks = [_task(row) for row in await connection.execute_fetchall(_TASKS, since)]
    rows = list(await connection.execute_fetchall(_TRIES, since))
    tries = [
        Try(goal, project, Gate(gate), fingerprint, action, command, tree)
        for goal, project, gate, fingerprint, action, command, tree, _ in rows
    ]
    signatures = {row[3]: row[7] for row in rows}
    return Work(
        tasks=tasks,
        cores=cores,
        cpu_percent=await _cpu_percent(connection, tasks[:LAST]),
        stalls=stalls(tries, repeats=settings.get("stall.repeats", DEFAULT.repeats)),
        failures=[_signed(failure, signatures[failure.fingerprint]) for failure in recurring(tries)],
        gates=flaky(tries),
        settings=settings,
        open_targets=open_targets,
        fixed=fixed,
    )


async def _cpu_percent(connection: aiosqlite.Connection, tasks: Sequence[WorkedTask]) -> float | None:
    """How busy the machine was from the begin of the first of these tasks to the end of the last one."""
    if not tasks:
        return None
    begun = min(task.finished_at - (task.seconds or 0.0) for task in tasks)
    ended = max(task.finished_at for task in tasks)
    ((cpu,),) = await connection.execute_fetchall(_CPU, (begun, ended + NEXT_SAMPLE))
    return None if cpu is None else float(cpu)


def _task(row: Sequence[Any]) -> WorkedTask:
    name, project, finished_at, was_run, passed, seconds, *of_run = row
    ran = _ran(of_run) if was_run else None
    return WorkedTask(
        name=name, project=project, passed=bool(passed), seconds=seconds, finished_at=finished_at, ran=ran
    )


def _ran(row: Sequence[Any]) -> RanAs:
    epoch, outcome, workers, latency, model, rung, fingerprint, after, waited, cpu_percent, cost = row
    return RanAs(
        epoch=epoch,
        outcome=outcome,
        after=after or "",
        workers=workers,
        latency=latency,
        waited=waited,
        model=model,
        rung=rung,
        fingerprint=fingerprint,
        cpu_percent=cpu_percent,
        cost=cost,
    )


def _signed(failure: Recurring, signature: str) -> Recurring:
    return replace(failure, signature=", ".join(json.loads(signature)))
