"""Tickets are run by real workers, judged by what was seen, tried again, and stopped cleanly."""

from pathlib import Path

import pytest
from tests import processes
from tests.dispatch.conftest import Process, Ran, new, obedient, settled, trusted_workers, until_written

from tremaux_server.app import App
from tremaux_tools.core.tickets.ticket import Usage
from tremaux_tools.errors import BadArgument, NotAllowed

pytestmark = pytest.mark.anyio
LADDER = """ladder = ["small", "middle", "large"]
model_argv = ["--model", "{model}"]
"""


async def test_a_completed_ticket_has_a_log_a_report_and_an_attempt(ran: Ran, app: App, project: Path) -> None:
    ticket = await ran(command="echo '==== 3 passed in 0.10s ===='")
    assert ticket.run
    assert ticket.run.job_name
    assert ticket.run.report_id
    report = (await app.postflight.get_report(ticket.run.report_id)).report
    resumed = await app.journal.resume(project, ticket.goal_name)

    assert (ticket.status, ticket.run.exit_code, ticket.retry_count) == ("completed", 0, 0)
    assert "3 passed" in await app.services.job_log(ticket.run.job_name)
    assert (report.verdict, report.tests and report.tests.passed) == ("passed", 3)
    assert (resumed.attempts, resumed.last_gate) == (1, "pass")


async def test_a_ticket_that_fails_is_tried_again_and_then_fails_with_its_reasons(ran: Ran) -> None:
    ticket = await ran(command="echo 'ValueError: no luck' >&2; exit 3", max_retries=1)

    assert (ticket.status, ticket.retry_count, ticket.run and ticket.run.epoch) == ("failed", 1, 2)
    assert ticket.reason.startswith("failed 2 times: run 1: exit code 3")


async def test_an_exit_code_of_0_proves_nothing_against_a_red_summary(ran: Ran) -> None:
    ticket = await ran(command="echo '==== 1 failed, 2 passed in 0.10s ===='", max_retries=0)

    assert ticket.status == "failed"
    assert "exit code 0, but" in ticket.reason


async def test_what_an_agent_writes_of_a_red_run_is_no_evidence(app: App, project: Path) -> None:
    await trusted_workers(app, project, obedient(output="claude"))
    said = "worker: say At first: ==== 1 failed, 2 passed in 0.10s ====\\nNow it works."
    await app.tickets.spawn(project, [new(id="t", description=said, runner="obedient")])

    assert (await settled(app, project, "t")).status == "completed"


async def test_a_retry_climbs_the_ladder_and_knows_what_happened_before(app: App, project: Path) -> None:
    await trusted_workers(app, project, obedient() + LADDER)
    prompt = project / "prompt.txt"
    orders = f"worker: prompt {prompt}\nworker: fail-unless-model large ValueError: too hard"
    await app.tickets.spawn(project, [new(id="hard", description=orders, runner="obedient")])
    ticket = await settled(app, project, "hard")
    history = await app.tickets.history(project, "hard")

    assert (ticket.status, [run.model for run in history.runs]) == ("completed", ["small", "middle", "large"])
    assert "ValueError: too hard" in prompt.read_text()


async def test_the_same_failure_again_brings_the_strongest_model_at_once(app: App, project: Path) -> None:
    ladder = LADDER.replace('"middle", ', '"middle", "better", "best", ')
    await trusted_workers(app, project, obedient() + ladder)
    orders = "worker: fail-unless-model large ValueError: too hard"
    await app.tickets.spawn(project, [new(id="hard", description=orders, runner="obedient", max_retries=4)])
    ticket = await settled(app, project, "hard")
    history = await app.tickets.history(project, "hard")

    assert (ticket.status, [run.model for run in history.runs]) == ("completed", ["small", "middle", "large"])


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param("worker: blocked which database?", "blocked", id="the result begins with it"),
        pytest.param("worker: say All done, nothing was BLOCKED.", "completed", id="the result mentions it"),
        pytest.param("worker: say BLOCKED_USERS is a table now", "completed", id="another word begins with it"),
    ],
)
async def test_only_a_result_that_begins_with_blocked_blocks(app: App, project: Path, said: str, status: str) -> None:
    await trusted_workers(app, project, obedient())
    await app.tickets.spawn(project, [new(id="t", description=said, runner="obedient")])
    ticket = await settled(app, project, "t")

    assert ticket.status == status
    assert ("which database?" in ticket.reason) == (status == "blocked")


async def test_a_ticket_in_step_mode_runs_once_it_is_approved_with_the_prompt_as_edited(
    app: App, project: Path
) -> None:
    await trusted_workers(app, project, obedient())
    await app.tickets.spawn(project, [new(id="t", description="worker: fail no", runner="obedient", step_mode=True)])
    waiting = await settled(app, project, "t")
    await app.tickets.decide(project, "t", "approve", prompt="worker: say fine")
    ticket = await settled(app, project, "t")

    assert (waiting.status, waiting.run) == ("awaiting_approval", None)
    assert (ticket.status, ticket.run and ticket.run.result) == ("completed", "fine")


async def test_a_rejected_ticket_is_blocked_with_the_reason_and_never_runs(app: App, project: Path) -> None:
    marker = project / "ran"
    await app.tickets.spawn(project, [new(id="t", command=f"touch {marker}", step_mode=True)])
    await app.tickets.decide(project, "t", "reject", reason="too dangerous")
    await app.tickets.spawn(project, [new(id="after", command="true")])
    await settled(app, project, "after")
    ticket = await app.tickets.get(project, "t")

    assert (ticket.status, ticket.reason, marker.exists()) == ("blocked", "too dangerous", False)


async def test_cancelling_ends_the_whole_family_of_the_worker(app: App, project: Path) -> None:
    pids = project / "pids"
    command = f"setsid sleep 300 & echo $! $$ >{pids}; wait"
    await app.tickets.spawn(project, [new(id="t", command=command)])
    family = [int(pid) for pid in (await until_written(pids)).split()]
    ticket = await app.tickets.decide(project, "t", "cancel", reason="not needed")

    assert (ticket.status, ticket.reason) == ("cancelled", "not needed")
    assert not any(processes.is_alive(pid) for pid in family)


async def test_a_ticket_whose_job_was_cancelled_is_not_run_again_by_itself(app: App, project: Path) -> None:
    pids = project / "pids"
    await app.tickets.spawn(project, [new(id="t", command=f"echo $$ >{pids}; sleep 300")])
    await until_written(pids)
    running = (await app.tickets.get(project, "t")).run
    assert running
    assert running.job_name
    await app.services.cancel_job(running.job_name)
    ticket = await settled(app, project, "t")

    assert (ticket.status, ticket.reason) == ("blocked", "somebody cancelled its run")
    assert len((await app.tickets.history(project, "t")).runs) == 1


async def test_a_worker_that_takes_too_long_is_ended(ran: Ran, project: Path) -> None:
    pid_file = project / "pid"
    ticket = await ran(command=f"echo $$ >{pid_file}; sleep 300", timeout=1.0, max_retries=0)

    assert (ticket.status, ticket.run and ticket.run.outcome) == ("failed", "timed_out")
    assert not processes.is_alive(int(pid_file.read_text()))


async def test_no_more_workers_run_at_once_than_the_pool_has_room_for(process: Process, project: Path) -> None:
    async with process(TREMAUX_MAX_WORKERS="2") as app:
        busy = project / "busy"
        busy.mkdir()
        command = (
            f"touch {busy}/$TREMAUX_TICKET; ls {busy} | wc -l >>{project}/seen; sleep 0.2; rm {busy}/$TREMAUX_TICKET"
        )
        await app.tickets.spawn(project, [new(id=f"t{n}", command=command) for n in range(8)])
        await settled(app, project, *(f"t{n}" for n in range(8)))
        seen = [int(count) for count in (project / "seen").read_text().split()]

    assert max(seen) == 2


async def test_what_needs_a_ticket_runs_after_it(app: App, project: Path) -> None:
    order = project / "order"
    graph = [new(id="c", command=f"echo c >>{order}", depends_on=("a", "b"))]
    graph += [new(id=name, command=f"sleep 0.2; echo {name} >>{order}") for name in ("a", "b")]
    await app.tickets.spawn(project, graph)
    await settled(app, project, "c")

    assert order.read_text().split()[-1] == "c"
    assert sorted(order.read_text().split()) == ["a", "b", "c"]


async def test_a_worker_whose_program_is_not_there_is_refused_when_it_is_handed_over(app: App, project: Path) -> None:
    await trusted_workers(app, project, '[workers.mine]\ncommand = ["no-such-program-here"]\n')
    with pytest.raises(BadArgument, match="needs the program 'no-such-program-here', which is not installed"):
        await app.tickets.spawn(project, [new(runner="mine")])

    assert (await app.tickets.list(project)).total == 0


async def test_a_projects_own_worker_needs_a_persons_trust(app: App, project: Path) -> None:
    (project / "tremaux.toml").write_text(obedient())

    with pytest.raises(NotAllowed, match=r"the worker 'obedient' of .* needs a person's consent"):
        await app.tickets.spawn(project, [new(runner="obedient")])


async def test_a_worker_that_spends_its_budget_is_stopped_and_goes_on_when_a_person_agrees(
    app: App, project: Path
) -> None:
    await trusted_workers(app, project, obedient(output="claude"))
    orders = "worker: usage 900 200\nworker: sleep 300"
    await app.tickets.spawn(project, [new(id="t", description=orders, runner="obedient", budget_tokens=1000)])
    paused = await settled(app, project, "t")
    approved = await app.tickets.decide(project, "t", "approve", prompt="worker: usage 100 10")
    done = await settled(app, project, "t")

    assert (paused.status, paused.usage) == ("awaiting_approval", Usage(900, 200))
    assert "1,100 tokens of 1,000" in paused.reason
    assert (approved.grants, done.status, done.usage) == (1, "completed", Usage(1000, 210))


async def test_a_stale_worker_is_told_to_stop_and_ended(app: App, project: Path) -> None:
    runs, pids = project / "runs", project / "pids"
    daemon = "setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $!"  # it has let go of its log, so it lives on
    command = f"echo $TREMAUX_RUN >>{runs}; {daemon} >>{pids}; exit 1"
    await app.tickets.spawn(project, [new(id="t", command=command, max_retries=1)])
    await settled(app, project, "t")
    first, second = runs.read_text().split()
    left, fresh = (int(pid) for pid in pids.read_text().split())
    with pytest.raises(NotAllowed, match="this worker's run of ticket 't' is over"):
        await app.tickets.report_usage(project, "t", Usage(5, 5), caller=first)
    ticket = await app.tickets.report_usage(project, "t", Usage(7, 1), caller=second)
    alive = [processes.is_alive(pid) for pid in (left, fresh)]
    processes.kill(left, fresh)

    assert (ticket.usage, alive) == (Usage(7, 1), [False, True])


async def test_a_worker_gets_only_the_variables_of_its_profile(process: Process, project: Path) -> None:
    async with process(MY_SECRET_TOKEN="s3cret-value-1234567") as app:
        await app.tickets.spawn(project, [new(id="t", command="env | cut -d= -f1 | sort")])
        ticket = await settled(app, project, "t")
        assert ticket.run
        assert ticket.run.job_name
        names = (await app.services.job_log(ticket.run.job_name)).split()

    assert "MY_SECRET_TOKEN" not in names
    assert {"PATH", "TREMAUX_TICKET", "TREMAUX_RUN", "TREMAUX_PROMPT_FILE"} <= set(names)
