"""Work as it is gathered from tasks, runs, load samples and attempts."""

from dataclasses import replace

import aiosqlite
import pytest

from tremaux_tools.core.attempt import Attempt, Gate
from tremaux_tools.core.job import JobRecord
from tremaux_tools.core.knowledge import Learned
from tremaux_tools.core.learning.rules import propose
from tremaux_tools.core.learning.tries import FlakyGate, Recurring
from tremaux_tools.core.learning.work import RanAs, Work, WorkedTask
from tremaux_tools.core.observation import observe
from tremaux_tools.core.postflight.assessor import assess
from tremaux_tools.core.postflight.filed import Filed
from tremaux_tools.core.record import Record
from tremaux_tools.core.skills.task import FinishedTask, Verdict
from tremaux_tools.core.tickets.ticket import Run, RunOutcome, Ticket, Usage
from tremaux_tools.store import attempts, goals, jobs, load, moves, reports, runs, tasks, tickets, work
from tremaux_tools.store.database import Database
from tremaux_tools.store.load import LoadSample

pytestmark = pytest.mark.anyio
NOW = 10_000.0
READY, CLAIMED, BEGUN = 1_000.0, 1_030.0, 1_030.25  # seconds; of the first run
TAKEN = 100.0  # seconds of a run
TICKET = Ticket(ticket_id=1, project="/p", root="/p", name="a", description="a", status="ready", created_at=READY)
TASK = FinishedTask(name="job-1", project="/p", prompt="", verdict="passed", duration=9.0, finished_at=500.0)


async def read(database: Database) -> Work:
    async with database.snapshot() as connection:
        return await work.read(connection, settings={}, open_targets=set(), fixed=set(), cores=2, now=NOW)


async def keep(connection: aiosqlite.Connection, task: FinishedTask) -> None:
    await tasks.put(connection, task, project_id=await goals.put_project(connection, task.project, at=0.0))


async def file(connection: aiosqlite.Connection) -> int:
    report = Filed(
        id=0, project="/p", goal=None, job_id=None, task="", tools_used=(), report=assess("ok", 0), learned=Learned(),
        notice="", notified=False, output_bytes=0, has_output=False, client="", agent="", filed_at=0.0,
    )  # fmt: skip
    project_id = await goals.put_project(connection, "/p", at=0.0)
    return await reports.insert(connection, report, None, project_id=project_id, goal_id=None)


async def create(database: Database, ticket: Ticket = TICKET) -> None:
    async with database.transaction() as connection:
        await tickets.insert(connection, [ticket], {})
        await moves.begin(connection, [ticket], by="test", at=READY)


async def ran(database: Database, epoch: int, outcome: RunOutcome, *, verdict: Verdict = "passed") -> None:
    """A run of the ticket that was claimed, began, was reported and ended."""
    later = (epoch - 1) * 500.0
    async with database.transaction() as connection:
        run = Run(
            run_id=0, ticket_id=1, epoch=epoch, nonce=f"n{epoch}", state="starting", model="small", place="process",
            owner="here", claimed_at=CLAIMED + later, workers=epoch + 2, rung=epoch - 1,
        )  # fmt: skip
        run = replace(run, run_id=await runs.insert(connection, run))
        await runs.begin(connection, run, at=BEGUN + later)
        ended_at, report_id = BEGUN + later + TAKEN, await file(connection)
        await keep(
            connection,
            replace(TASK, name=f"job-{epoch}", verdict=verdict, report_id=report_id, finished_at=ended_at),
        )
        await runs.set_usage(connection, run, {"small": Usage(10, 20, 0.25)}, at=ended_at)
        fingerprint = "" if outcome == "completed" else "f1"
        ended = replace(run, outcome=outcome, fingerprint=fingerprint, report_id=report_id, ended_at=ended_at)
        assert await runs.end(connection, ended)


async def tried(
    database: Database,
    goal: str,
    gate: Gate,
    *,
    failure: str = "",
    action: str = "a",
    tree: str = "",
    job_id: int | None = None,
) -> None:
    async with database.transaction() as connection:
        attempt = Attempt(
            id=0, iteration=0, action=action, gate=gate, observation=observe(""), tree=tree or None,
            fingerprint=failure, signature=(failure, "in cart.py") if failure else (), at=NOW - 1,
        )  # fmt: skip
        goal_id = await goals.put_goal(connection, "/p", goal, at=0.0)
        record = Record(attempt=attempt, claimed_gate=gate, job_id=job_id)
        await attempts.insert(connection, goal_id, record, None, numbered=False)


async def worked(database: Database, epoch: int, gate: Gate) -> None:
    """A run of the ticket that is an attempt, too."""
    await ran(database, epoch, "completed" if gate is Gate.PASS else "failed")
    async with database.transaction() as connection:
        job = JobRecord(
            job_id=0, terminal_id=None, project="/p", command="claude", nonce=f"n{epoch}", directory="", log="",
            status="exited", exit_code=0, output_bytes=0, redactions=0, blob_id=None, started_at=0.0, ended_at=1.0,
        )  # fmt: skip
        job_id = await jobs.insert(connection, job)
    await tried(database, "a", gate, action="claude", tree="t", job_id=job_id)


async def sample(database: Database, *samples: tuple[float, float, int]) -> None:
    async with database.transaction() as connection:
        for at, cpu, workers in samples:
            await load.put(connection, LoadSample(at, cpu_percent=cpu, memory_percent=0.0, workers=workers))


async def test_a_task_tells_how_its_run_went(database: Database) -> None:
    await create(database)
    await ran(database, 1, "failed", verdict="failed")
    await ran(database, 2, "completed")
    await sample(database, (1_000.0, 1.0, 1), (1_060.0, 80.0, 3), (1_140.0, 100.0, 3), (1_150.0, 5.0, 1))

    found = (await read(database)).tasks

    first = RanAs(
        epoch=1, outcome="failed", workers=3, latency=0.25, waited=30.0, model="small", rung=0, fingerprint="f1",
        cpu_percent=90.0, cost=0.25,
    )  # fmt: skip
    again = RanAs(
        epoch=2, outcome="completed", after="failed", workers=4, latency=0.25, model="small", rung=1, cost=0.25
    )
    ended = BEGUN + TAKEN
    assert list(found) == [
        WorkedTask(name="job-2", project="/p", passed=True, seconds=TAKEN, finished_at=ended + 500, ran=again),
        WorkedTask(name="job-1", project="/p", passed=False, seconds=TAKEN, finished_at=ended, ran=first),
    ]


@pytest.mark.parametrize(
    ("outcome", "verdict", "passed"),
    [
        ("completed", "uncertain", [True]),
        ("timed_out", "passed", [False]),
        ("blocked", "passed", []),
        ("cancelled", "failed", []),
        ("lost", "failed", []),
    ],
)
async def test_how_a_run_ended_counts_and_not_its_report(
    database: Database, outcome: RunOutcome, verdict: Verdict, passed: list[bool]
) -> None:
    await create(database)
    await ran(database, 1, outcome, verdict=verdict)

    assert [task.passed for task in (await read(database)).tasks] == passed


async def test_other_tasks_count_by_their_verdict(database: Database) -> None:
    verdicts: list[Verdict] = ["passed", "failed", "uncertain"]
    async with database.transaction() as connection:
        for number, verdict in enumerate(verdicts):
            await keep(connection, replace(TASK, name=f"report-{number}", verdict=verdict, finished_at=number + 1.0))

    found = (await read(database)).tasks

    assert [(task.name, task.passed, task.seconds, task.ran) for task in found] == [
        ("report-1", False, 9.0, None),
        ("report-0", True, 9.0, None),
    ]


async def test_the_newest_hundred_tasks_are_read(database: Database) -> None:
    async with database.transaction() as connection:
        for number in range(110):
            await keep(connection, replace(TASK, name=f"report-{number}", finished_at=number + 1.0))

    found = (await read(database)).tasks

    assert [task.name for task in found] == [f"report-{number}" for number in range(109, 9, -1)]


async def test_what_is_long_ago_tells_nothing_of_today(database: Database) -> None:
    async with database.transaction() as connection:
        await keep(connection, replace(TASK, finished_at=NOW - work.LATELY - 1))
        await keep(connection, replace(TASK, name="job-2", finished_at=NOW - work.LATELY + 1))

    assert [task.name for task in (await read(database)).tasks] == ["job-2"]


async def test_the_load_is_that_of_the_time_when_workers_ran(database: Database) -> None:
    await sample(database, (400.0, 1.0, 2), (495.0, 90.0, 2), (498.0, 2.0, 0), (510.0, 70.0, 1), (600.0, 3.0, 2))
    assert (await read(database)).cpu_percent is None
    async with database.transaction() as connection:
        await keep(connection, TASK)

    assert (await read(database)).cpu_percent == 80.0


async def test_attempts_tell_of_stalls_recurring_failures_and_flaky_gates(database: Database) -> None:
    for goal in ("one", "two"):
        for _ in range(3):
            await tried(database, goal, Gate.FAIL, failure="KeyError", tree="t")
        await tried(database, goal, Gate.PASS, action=f"mend {goal}", tree="u")
    for gate in (Gate.PASS, Gate.FAIL, Gate.PASS):
        await tried(database, "three", gate, action="make check", tree="v")

    found = await read(database)

    assert (found.stalls.goals, found.stalls.stalled, found.stalls.runs) == (3, 2, {3: 2})
    assert found.failures == [Recurring("KeyError", 2, ("/p",), "KeyError, in cart.py", "mend one")]
    assert found.gates == [FlakyGate("/p", "make check", 2)]


@pytest.mark.parametrize(("command", "flips"), [(None, 0), ("make check", 2)])
async def test_an_agent_is_no_flaky_gate_but_the_command_of_a_ticket_may_be_one(
    database: Database, command: str | None, flips: int
) -> None:
    await create(database, replace(TICKET, command=command))
    for epoch, gate in enumerate((Gate.PASS, Gate.FAIL, Gate.PASS), start=1):
        await worked(database, epoch, gate)

    found = await read(database)

    assert [gate.flips for gate in found.gates] == ([flips] if flips else [])


async def test_nothing_is_known_of_an_empty_database(database: Database) -> None:
    found = await read(database)

    assert (list(found.tasks), found.cpu_percent, found.failures, found.gates) == ([], None, [], [])
    assert propose(found) == []


async def test_work_is_read_along_indexes(database: Database) -> None:
    async with database.snapshot() as reader:
        rows = await reader.execute_fetchall(f"EXPLAIN QUERY PLAN {work._TASKS}", {"since": 0.0})
    plan = [row[3] for row in rows]

    assert "SEARCH task USING INDEX task_by_finished (finished_at>?)" in plan
    assert "SEARCH run USING COVERING INDEX run_by_report (report_id=?)" in plan
    assert {step for step in plan if step.startswith("SCAN")} == {"SCAN newest", "SCAN judged"}
