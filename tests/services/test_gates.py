"""Gates: run with consent only, judged by what they show, recorded once."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from tests import trials

from tremaux_server.project_config import gate_settings
from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.gate import GateRule, Purpose
from tremaux_tools.core.job import TIMED_OUT
from tremaux_tools.core.learning.subjects import goal_subject
from tremaux_tools.errors import BadArgument, NotAllowed
from tremaux_tools.gates import GateRun, Gates
from tremaux_tools.intake import Intake
from tremaux_tools.jobs import Jobs
from tremaux_tools.journal import Journal
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.places.process import ProcessPlace
from tremaux_tools.store import exposures
from tremaux_tools.store.database import Database
from tremaux_tools.trust import Trust

pytestmark = pytest.mark.anyio
PURPOSE = Purpose(goal="g", action="edit")
Process = Callable[[], AbstractAsyncContextManager[Gates]]


@pytest.fixture
def journal(database: Database, tmp_path: Path) -> Journal:
    return Journal(database, Intake(clock=lambda: 1.0, session=lambda: tmp_path), clock=lambda: 1.0)


@pytest.fixture
def process(database: Database, journal: Journal, tmp_path: Path) -> Process:
    """The gates of one process of Tremaux; leaving it ends its watches as the death of the process does."""

    @asynccontextmanager
    async def lives() -> AsyncIterator[Gates]:
        folder = tmp_path / "state" / "jobs"
        places = {"process": ProcessPlace(folder)}
        jobs = Jobs(database, folder=folder, places=places, environment=os.environ, clock=lambda: 1.0)
        async with anyio.create_task_group() as tasks:
            live_settings = LiveSettings(database, clock=lambda: 1.0)
            trust = Trust(database, clock=lambda: 1.0)
            gates = Gates(journal, jobs, trust, tasks, settings_of=gate_settings, live_settings=live_settings)
            yield gates
            await gates.close()
            tasks.cancel_scope.cancel()

    return lives


@pytest.fixture
async def gates(process: Process) -> AsyncIterator[Gates]:
    async with process() as gates:
        yield gates


def write(project: Path, text: str) -> None:
    (project / "tremaux.toml").write_text(text)


async def ran(gates: Gates, project: Path, rule: GateRule) -> GateRun:
    """Run a gate that a person has agreed to, to its end."""
    plan = replace(await gates.plan(project, command=rule.command), rule=rule).agreed()
    with anyio.fail_after(30):
        return await gates.look(await gates.start(plan, PURPOSE), wait=30.0, tail=10)


async def test_a_gate_runs_once_its_file_is_trusted_and_not_before(gates: Gates, repo: Path) -> None:
    write(repo, '[gates.test]\ncommand = "echo 1 passed in 0.1s"\n')
    plan = await gates.plan(repo, name="test")
    with pytest.raises(NotAllowed, match="the gate 'test' needs a person's consent"):
        await gates.start(plan, PURPOSE)
    await gates.trust(plan)
    again = await gates.plan(repo, name="test")

    assert (plan.consent, plan.has_changed, again.consent) == ("file", False, "")


async def test_a_gate_that_names_no_time_limit_gets_what_is_set_now(
    gates: Gates, database: Database, repo: Path
) -> None:
    write(repo, '[gates.test]\ncommand = "true"\n[gates.slow]\ncommand = "true"\ntimeout_s = 900\n')
    usual = (await gates.plan(repo, name="test")).rule.timeout
    await LiveSettings(database, clock=lambda: 1.0).set("gates.timeout", "60")
    plans = [
        await gates.plan(repo, name="test"),
        await gates.plan(repo, command="true"),
        await gates.plan(repo, name="slow"),
        await gates.plan(repo, name="test", timeout=5.0),
    ]
    known, _, _ = await gates.known(repo)

    assert usual == 600.0
    assert [plan.rule.timeout for plan in plans] == [60.0, 60.0, 900.0, 5.0]
    assert {name: rule.timeout for name, rule in known.gates.items()} == {"test": 60.0, "slow": 900.0}


async def test_a_gate_that_is_told_twice_is_one_task_of_a_trial(gates: Gates, database: Database, repo: Path) -> None:
    delta_id = await trials.begin(database, "stall.repeats", 2)
    run = await ran(gates, repo, GateRule("test", "true"))
    assert run.recorded is not None
    job = await gates.look(await gates._jobs.find(run.job.job_id), wait=0.0, tail=0)
    async with database.snapshot() as connection:
        ended = await exposures.ended(connection, delta_id)
        open_ones = await connection.execute_fetchall("SELECT 1 FROM exposure WHERE passed IS NULL")

    assert job.recorded is not None
    assert [task.subject for task in ended] == [goal_subject(1, 0)]
    assert list(open_ones) == []


async def test_a_changed_file_is_not_trusted(gates: Gates, repo: Path) -> None:
    write(repo, '[gates.test]\ncommand = "true"\n')
    await gates.trust(await gates.plan(repo, name="test"))
    write(repo, '[gates.test]\ncommand = "false"\n')
    plan = await gates.plan(repo, name="test")

    assert (plan.consent, plan.has_changed) == ("file", True)


async def test_what_is_run_is_what_was_trusted_though_the_file_changes_meanwhile(gates: Gates, repo: Path) -> None:
    write(repo, '[gates.test]\ncommand = "echo shown"\n')
    plan = await gates.plan(repo, name="test")
    write(repo, '[gates.test]\ncommand = "echo swapped"\n')
    plan = await gates.trust(plan)
    with anyio.fail_after(30):
        run = await gates.look(await gates.start(plan, PURPOSE), wait=30.0, tail=10)

    assert run.job.log_tail == "shown"
    assert (await gates.plan(repo, name="test")).consent == "file"


async def test_all_work_trees_of_a_repository_share_a_trust(
    gates: Gates, repo: Path, git: Callable[..., str], tmp_path: Path
) -> None:
    write(repo, '[gates.test]\ncommand = "true"\n')
    await gates.trust(await gates.plan(repo, name="test"))
    git("worktree", "add", "-q", str(tmp_path / "other"))
    write(tmp_path / "other", '[gates.test]\ncommand = "true"\n')
    plan = await gates.plan(tmp_path / "other", name="test")

    assert (plan.consent, plan.root) == ("", str(tmp_path / "other"))


async def test_a_directory_that_only_claims_to_be_a_work_tree_has_no_share_in_the_trust(
    gates: Gates, repo: Path, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    (hostile / ".git").write_text(f"gitdir: {repo}/.git\n")
    for project in (repo, hostile):
        write(project, '[gates.test]\ncommand = "true"\n')
    await gates.trust(await gates.plan(repo, name="test"))
    plan = await gates.plan(hostile, name="test")

    assert (plan.project, plan.root) == (str(repo), str(hostile))
    assert (plan.consent, plan.path) == ("file", f"{hostile}/tremaux.toml")


async def test_a_link_to_the_mark_of_another_work_tree_has_no_share_in_the_trust(
    gates: Gates, repo: Path, git: Callable[..., str], tmp_path: Path
) -> None:
    git("worktree", "add", "-q", str(tmp_path / "other"))
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    (hostile / ".git").symlink_to(tmp_path / "other" / ".git")
    for project in (repo, hostile):
        write(project, '[gates.test]\ncommand = "true"\n')
    await gates.trust(await gates.plan(repo, name="test"))

    assert (await gates.plan(hostile, name="test")).consent == "file"


@pytest.mark.parametrize(
    ("text", "is_trusted", "consent"),
    [
        pytest.param("allow_commands = true\n", True, "", id="allowed and trusted"),
        pytest.param("allow_commands = true\n", False, "command", id="allowed by a file nobody trusts"),
        pytest.param("allow_commands = false\n", True, "command", id="not allowed"),
        pytest.param("", True, "command", id="not mentioned"),
    ],
)
async def test_a_free_command_needs_a_trusted_file_that_allows_it(
    gates: Gates, repo: Path, text: str, is_trusted: bool, consent: str
) -> None:
    write(repo, text)
    plan = await gates.plan(repo, command="true")
    if is_trusted:
        await gates.trust(plan)

    assert (await gates.plan(repo, command="true")).consent == consent


@pytest.mark.parametrize(
    ("rule", "gate", "note"),
    [
        pytest.param(GateRule("", "echo ok"), Gate.PASS, "", id="exit code 0"),
        pytest.param(GateRule("", "exit 3"), Gate.FAIL, "", id="another exit code"),
        pytest.param(GateRule("", "kill -9 $$"), Gate.FAIL, "", id="a signal"),
        pytest.param(GateRule("", "echo '== 12 ok'", pattern=r"\d+ ok"), Gate.PASS, "", id="shows the pattern"),
        pytest.param(GateRule("", "echo no", pattern="ok"), Gate.FAIL, "does not show 'ok'", id="does not show it"),
        pytest.param(GateRule("", "echo ok; exit 1", pattern="ok"), Gate.FAIL, "", id="shows it and fails"),
        pytest.param(
            GateRule("", f"printf '%s' {'a' * 40}b", pattern="(a+)+$"), Gate.FAIL, "takes too long", id="a hostile one"
        ),
        pytest.param(GateRule("", "sleep 1000", timeout=0.2), Gate.FAIL, "its 0.2 s were over", id="too long"),
    ],
)
async def test_a_gate_is_judged_by_what_it_shows(
    gates: Gates, repo: Path, rule: GateRule, gate: Gate, note: str
) -> None:
    run = await ran(gates, repo, rule)

    assert run.recorded is not None
    assert run.recorded.record.attempt.gate is gate
    assert note in run.recorded.record.note
    assert bool(run.recorded.record.note) is bool(note)


async def test_tests_that_failed_beat_the_exit_code(gates: Gates, repo: Path) -> None:
    run = await ran(gates, repo, GateRule("", "echo '1 failed, 2 passed in 0.12s'"))

    assert run.recorded is not None
    assert (run.recorded.record.claimed_gate, run.recorded.record.attempt.gate) == (Gate.PASS, Gate.FAIL)
    assert run.recorded.record.tests is not None


async def test_the_attempt_tells_what_was_run_and_what_for(gates: Gates, repo: Path) -> None:
    run = await ran(gates, repo, GateRule("test", "echo x; exit 4"))

    assert run.recorded is not None
    record = run.recorded.record
    assert (run.gate, run.recorded.goal, record.attempt.action) == ("test", "g", "edit")
    assert (record.attempt.command, record.exit_code) == ("echo x; exit 4", 4)
    assert record.attempt.tree is not None


async def test_a_cancelled_gate_verified_nothing(gates: Gates, repo: Path) -> None:
    plan = (await gates.plan(repo, command="sleep 1000")).agreed()
    with anyio.fail_after(30):
        record = await gates.start(plan, PURPOSE)
        await gates._jobs.cancel(record)
        run = await gates.look(record, wait=30.0, tail=0)

    assert run.recorded is not None
    assert (run.job.status, run.recorded.record.attempt.gate) == ("killed", Gate.NONE)


async def test_a_time_out_has_one_exit_code_however_the_gate_died(gates: Gates, repo: Path) -> None:
    run = await ran(gates, repo, GateRule("", "sleep 1000", timeout=0.2))

    assert run.job.exit_code == TIMED_OUT


async def test_a_gate_that_outlives_its_process_is_recorded_once_by_the_next(
    process: Process, journal: Journal, repo: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "go")
    with anyio.fail_after(30):
        async with process() as first:
            plan = (await first.plan(repo, command=f"read -r line < {tmp_path}/go; exit 6")).agreed()
            record = await first.start(plan, PURPOSE)
            running = await first.look(record, wait=0.05, tail=0)
        await anyio.Path(tmp_path / "go").write_text("on\n")
        async with process() as second, process() as third:
            async with anyio.create_task_group() as tasks:
                for gates in (second, third):
                    tasks.start_soon(gates.catch_up)
            runs = [await gates.look(record, wait=30.0, tail=0) for gates in (second, third)]
            async with anyio.create_task_group() as tasks:
                for gates in (second, third):
                    tasks.start_soon(gates.catch_up)
    attempts, total = await journal.list_attempts(repo, "g", limit=10)

    assert (running.job.status, running.recorded) == ("running", None)
    assert [run.recorded.record.attempt.id for run in runs if run.recorded] == [attempts[0].attempt.id] * 2
    assert (total, attempts[0].exit_code) == (1, 6)


async def test_attempts_are_numbered_without_a_gap_though_two_see_each_end(gates: Gates, repo: Path) -> None:
    runs = [await ran(gates, repo, GateRule("test", "true")) for _ in range(3)]

    assert [run.recorded.record.attempt.id for run in runs if run.recorded] == [1, 2, 3]


async def test_a_gate_still_under_way_is_watched_by_the_next_process(
    process: Process, journal: Journal, repo: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "go")
    with anyio.fail_after(30):
        async with process() as first:
            plan = (await first.plan(repo, command=f"read -r line < {tmp_path}/go; exit 6")).agreed()
            await first.start(plan, PURPOSE)
        async with process() as second:
            await second.catch_up()
            await anyio.Path(tmp_path / "go").write_text("on\n")
            while not (found := await journal.list_attempts(repo, "g", limit=10))[1]:
                await anyio.sleep(0.02)

    assert [record.exit_code for record in found[0]] == [6]


@pytest.mark.parametrize("cwd", ["..", "/", "link", "missing", "a.txt"])
async def test_a_gate_stays_inside_the_project(gates: Gates, repo: Path, tmp_path: Path, cwd: str) -> None:
    (repo / "link").symlink_to(tmp_path)
    write(repo, f'[gates.test]\ncommand = "true"\ncwd = "{cwd}"\n')

    with pytest.raises(BadArgument, match="no directory inside the project"):
        await gates.plan(repo, name="test")


async def test_what_cannot_be_recorded_is_told_before_the_gate_runs(gates: Gates, repo: Path) -> None:
    plan = (await gates.plan(repo, command="touch ran")).agreed()
    with pytest.raises(BadArgument, match="is no name"):
        await gates.start(plan, Purpose(goal=""))

    assert not (repo / "ran").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gates = 3\n", "`gates` is no table"),
        ("[gates]\ntest = 3\n", r"\[gates.test\] is no table"),
        ("[gates.test]\n", "has no command"),
        ("[gates.test]\ncommand = 3\n", "has command 3"),
        ("[gates.test]\ncommand = ' '\n", "has command ' '"),
        ("[gates.test]\ncommand = 'x'\ntimeout = 3\n", "unknown key 'timeout'"),
        ("[gates.test]\ncommand = 'x'\ntimeout_s = 0\n", "has timeout_s 0"),
        ("[gates.test]\ncommand = 'x'\ntimeout_s = true\n", "has timeout_s True"),
        ("[gates.test]\ncommand = 'x'\ntimeout_s = nan\n", "has timeout_s nan"),
        ("[gates.test]\ncommand = 'x'\npattern = '('\n", "no regular expression"),
        ('[gates."a\\nb"]\ncommand = "x"\n', "is no name for a gate"),
        ("allow_commands = 'yes'\n", "neither true nor false"),
        (f"x = {'[' * 100_000}\n", "cannot be read"),
        (f"x = {'9' * 5_000}\n", "cannot be read"),
        ("[gates.test]\ncommand = 'x'\n[gates.other]\ncommand = 'y'\n", "there is no gate 'tset'"),
    ],
)
async def test_settings_that_make_no_sense_are_told(gates: Gates, repo: Path, text: str, told: str) -> None:
    write(repo, text)

    with pytest.raises(BadArgument, match=told):
        await gates.plan(repo, name="tset" if "other" in text else "test")


async def test_a_gate_is_named_or_a_command_given_but_not_both(gates: Gates, repo: Path) -> None:
    write(repo, '[gates.test]\ncommand = "true"\n')
    for arguments in ({}, {"name": "test", "command": "true"}):
        with pytest.raises(BadArgument, match="either name or command") as caught:
            await gates.plan(repo, **arguments)

        assert "test" in caught.value.hint
