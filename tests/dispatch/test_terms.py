"""On what terms a run is made is read from the settings, and how it ends counts for what is on trial."""

from pathlib import Path

import anyio
import pytest
from tests import trials
from tests.dispatch.conftest import PATIENCE, Ran, new, obedient, settled, trusted_workers

from tremaux_server.app import App
from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.settings.registry import FIRST_DELAY, FIRST_RUNG, MAX_WORKERS, TIMEOUT_FACTOR
from tremaux_tools.core.tickets.ticket import Ticket
from tremaux_tools.store import exposures

pytestmark = pytest.mark.anyio
LADDER = """ladder = ["small", "middle", "large"]
model_argv = ["--model", "{model}"]
"""


async def until_retried(app: App, project: Path, name: str) -> Ticket:
    """Wait until a ticket waits for its first retry."""
    with anyio.fail_after(PATIENCE):
        while (ticket := await app.tickets.get(project, name)).retry_count == 0:
            await anyio.sleep(0.02)
    return ticket


async def open_subjects(app: App) -> list[str]:
    async with app.services.database.snapshot() as connection:
        rows = await connection.execute_fetchall("SELECT subject FROM exposure WHERE passed IS NULL")
    return [subject for (subject,) in rows]


async def ends(app: App, delta_id: int) -> dict[str, exposures.Ended]:
    """How the tasks of a trial ended."""
    async with app.services.database.snapshot() as connection:
        return {each.subject: each for each in await exposures.ended(connection, delta_id)}


async def test_a_ticket_begins_on_the_rung_that_is_set_and_climbs_from_there(app: App, project: Path) -> None:
    await app.live_settings.set(FIRST_RUNG.name, "1")
    await app.live_settings.set(FIRST_DELAY.name, "0")
    await trusted_workers(app, project, obedient() + LADDER)
    orders = "worker: fail-unless-model large ValueError: too hard"
    await app.tickets.spawn(project, [new(id="hard", description=orders, runner="obedient")])
    await settled(app, project, "hard")
    history = await app.tickets.history(project, "hard")

    assert [(run.model, run.rung) for run in history.runs] == [("middle", 1), ("large", 2)]


async def test_a_first_rung_beyond_the_ladder_is_its_end(app: App, project: Path, ran: Ran) -> None:
    await app.live_settings.set(FIRST_RUNG.name, "9")
    await trusted_workers(app, project, obedient() + LADDER)
    ticket = await ran(description="worker: say fine", runner="obedient")

    assert ticket.run
    assert (ticket.run.model, ticket.run.rung) == ("large", 2)


async def test_a_trial_of_the_first_rung_tells_what_each_model_made_of_it(app: App, project: Path) -> None:
    delta_id = await trials.begin(app.services.database, FIRST_RUNG.name, 2)
    await trusted_workers(app, project, obedient(output="claude") + LADDER)
    names = [f"t{number}" for number in range(5)]
    orders = "worker: usage 10 10\nworker: fail-unless-model large ValueError: too hard"
    spawned = [new(id=name, description=orders, runner="obedient", max_retries=0) for name in names]
    await app.tickets.spawn(project, spawned)
    await settled(app, project, *names)
    told = await ends(app, delta_id)
    runs = [(await app.tickets.history(project, name)).runs[0] for name in names]

    assert {each.is_new for each in told.values()} == {True, False}
    for run in runs:
        end = told[run_subject(run)]
        assert run.started_at
        assert run.ended_at
        assert (end.is_new, end.passed) == (run.model == "large", run.model == "large")
        assert end.seconds == pytest.approx(run.ended_at - run.started_at)
        assert end.cost == (run.usage.cost_usd or None)


async def test_a_worker_without_a_ladder_has_no_part_in_a_trial_of_it(app: App, ran: Ran) -> None:
    delta_id = await trials.begin(app.services.database, FIRST_RUNG.name, 2)
    await ran(command="true")

    assert (await ends(app, delta_id), await open_subjects(app)) == ({}, [])


async def test_a_run_after_one_that_timed_out_gets_more_time(app: App, project: Path, ran: Ran) -> None:
    await app.live_settings.set(TIMEOUT_FACTOR.name, "4")
    await app.live_settings.set(FIRST_DELAY.name, "0")
    command = f"[ -e {project}/again ] || {{ touch {project}/again; sleep 300; }}"
    ticket = await ran(command=command, timeout=1.0)
    assert ticket.run
    assert ticket.run.job_name
    job = await app.services.jobs.find(ticket.run.job_name)

    assert (ticket.status, ticket.run.epoch, job.timeout) == ("completed", 2, 4.0)


async def test_the_first_retry_waits_as_long_as_is_set(app: App, project: Path) -> None:
    await app.live_settings.set(FIRST_DELAY.name, "120")
    await app.tickets.spawn(project, [new(id="t", command="exit 1")])
    ticket = await until_retried(app, project, "t")
    assert ticket.run
    assert ticket.run.ended_at

    assert ticket.not_before == ticket.run.ended_at + 120


async def test_a_trial_of_the_delay_is_judged_by_the_retry_that_waited(app: App, ran: Ran, project: Path) -> None:
    delta_id = await trials.begin(app.services.database, FIRST_DELAY.name, 0.1)
    command = f"[ -e {project}/again ] || {{ touch {project}/again; exit 1; }}"
    ticket = await ran(command=command)
    assert ticket.run
    told = await ends(app, delta_id)

    assert ticket.run.epoch == 2
    assert [(subject, end.passed) for subject, end in told.items()] == [(run_subject(ticket.run), True)]


async def test_a_run_that_waits_for_a_person_or_is_lost_says_nothing(app: App, project: Path, ran: Ran) -> None:
    delta_id = await trials.begin(app.services.database, MAX_WORKERS.name, 2)
    await trusted_workers(app, project, obedient())
    blocked = await ran(description="worker: blocked which database?", runner="obedient")
    pids = project / "pids"
    lost = await ran(command=f"[ -e {pids} ] && exit 0; echo $PPID >{pids}; kill -9 $PPID; sleep 300")
    history = await app.tickets.history(project, lost.name)

    assert blocked.status == "blocked"
    assert [run.outcome for run in history.runs] == ["lost", "completed"]
    assert list(await ends(app, delta_id)) == [run_subject(history.runs[1])]
    assert await open_subjects(app) == []
