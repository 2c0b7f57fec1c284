"""Runs: exact exit codes and outputs, jobs that go on, and what a new server makes of them."""

import os
import signal
import subprocess
from pathlib import Path

import anyio
import pytest
from tests.core.terminal.shells import program
from tests.terminals.conftest import Serve, Service

from tremaux_tools.core.terminal.values import ForeignSession, Outcome
from tremaux_tools.errors import BadArgument, TerminalBusy, UnknownItem

pytestmark = pytest.mark.anyio

SHELLS = ["bash --norc --noprofile -i", "zsh -f -i", "fish --no-config -i", "dash -i"]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.split()[0])
async def test_a_run_tells_exactly_what_was_printed_and_how_it_ended(service: Service, shell: str) -> None:
    program(shell.split(maxsplit=1)[0])
    await service.open("t", shell)
    runs = {
        "echo one; echo two": (0, "one\ntwo\n"),
        "sh -c 'exit 37'": (37, ""),
        "sh -c 'kill -9 $$'": (137, None),
        "printf 'no newline'": (0, "no newline"),
        "false": (1, ""),
        "seq 5000": (0, "".join(f"{n}\n" for n in range(1, 5_001))),
        "cd /tmp; pwd": (0, "/tmp\n"),
        "pwd # a comment": (0, "/tmp\n"),
    }

    for command, (code, output) in runs.items():
        run = await service.terminals.run_command("t", command, timeout=30)
        assert (run.status, run.exit_code, run.outcome) == ("exited", code, "exited"), (command, run.output)
        assert output is None or run.output == output


async def test_a_here_document_and_the_last_status_mean_what_they_mean_in_a_script(service: Service) -> None:
    await service.bash()
    here = await service.terminals.run_command("sh", "cat <<'END'\n$HOME \"q\" 'r'\nEND\n(exit 5)", timeout=20)
    last = await service.terminals.run_command("sh", "echo $?; x=kept", timeout=20)
    kept = await service.terminals.run_command("sh", "echo $x", timeout=20)

    assert (here.exit_code, here.output) == (5, "$HOME \"q\" 'r'\n")
    assert (last.output, kept.output) == ("5\n", "kept\n")


async def test_a_run_that_ends_its_shell_is_told_with_the_shells_code_and_last_words(service: Service) -> None:
    await service.bash()

    run = await service.terminals.run_command("sh", "echo bye; exit 4", timeout=20)

    assert (run.outcome, run.exit_code) == ("gone", 4)
    assert run.output.startswith("bye\n")


async def test_a_run_while_a_program_is_in_front_is_refused_by_its_name(service: Service) -> None:
    await service.bash()
    await service.terminals.send_keys("sh", "sleep 1000")

    with pytest.raises(TerminalBusy, match="sleep has it"):
        await service.terminals.run_command("sh", "true", timeout=1)


async def test_what_outlasts_its_time_goes_on_as_a_job(service: Service) -> None:
    await service.bash()
    run = await service.terminals.run_command("sh", "echo first; sleep 1; echo last; (exit 9)", timeout=0.5)

    job = await service.terminals.get_job(run.job_id, wait=20)

    assert (run.outcome, run.status, run.exit_code, run.output) == ("timed_out", "running", None, "first\n")
    assert (job.status, job.exit_code, job.log_tail) == ("exited", 9, "first\nlast")
    assert await service.terminals.job_log(run.job_id) == "first\nlast\n"


async def test_a_cancelled_job_ends_as_by_ctrl_c_and_gives_the_shell_back(service: Service) -> None:
    await service.bash()
    run = await service.terminals.run_command("sh", "sleep 1000", timeout=0.5)

    job = await service.terminals.cancel_job(run.job_id)

    assert (job.status, job.exit_code) == ("exited", 130)
    assert (await service.terminals.run_command("sh", "echo on", timeout=20)).output == "on\n"


async def test_two_runs_at_once_take_turns(service: Service) -> None:
    await service.bash()
    outputs = {}

    async def run(number: int) -> None:
        ended = await service.terminals.run_command("sh", f"echo {number}; sleep 0.1; (exit {number})", timeout=40)
        outputs[number] = (ended.exit_code, ended.output)

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(run, number)

    assert outputs == {number: (number, f"{number}\n") for number in range(5)}


@pytest.mark.parametrize("command", ["", " \n", "a\0b", "x" * (1024 * 1024 + 1)])
async def test_what_is_no_command_is_refused(service: Service, command: str) -> None:
    await service.bash()

    with pytest.raises(BadArgument, match="command"):
        await service.terminals.run_command("sh", command, timeout=5)


async def test_a_run_leaves_no_file(service: Service) -> None:
    await service.bash()
    run = await service.terminals.run_command("sh", "sleep 0.7", timeout=0.3)
    folder = Path(await service.host.private_directory())
    during = list(folder.iterdir())
    await service.terminals.get_job(run.job_id, wait=20)
    await service.terminals.run_command("sh", "true", timeout=20)

    assert during
    assert list(folder.iterdir()) == []


async def test_a_new_server_finds_terminals_and_how_their_jobs_ended(serve: Serve, tmp_path: Path) -> None:
    jobs = {}
    async with serve() as first:
        for name, command in (
            ("ends", "echo a; while ! [ -e go ]; do sleep 0.05; done; seq 3000; touch gone; (exit 7)"),
            ("runs", "echo b; while ! [ -e later ]; do sleep 0.05; done; echo c; (exit 8)"),
        ):
            await first.bash(name)
            jobs[name] = (await first.terminals.run_command(name, command, timeout=0.5)).job_id
        await first.open("dies", "while ! [ -e go ]; do sleep 0.05; done; exit 5")
    (tmp_path / "go").touch()
    with anyio.fail_after(20):
        while not (tmp_path / "gone").exists():
            await anyio.sleep(0.05)

    async with serve() as second:
        ended = await second.terminals.get_job(jobs["ends"], wait=20)
        still = await second.terminals.get_job(jobs["runs"])
        (tmp_path / "later").touch()
        last = await second.terminals.get_job(jobs["runs"], wait=20)
        dead = await second.terminals.wait_for_prompt("dies", "never", timeout=20)
        listed = {each.target: each.exit_code for each in await second.terminals.list_sessions()}
        again = await second.terminals.run_command("ends", "echo again", timeout=20)

        assert (ended.status, ended.exit_code) == ("exited", 7)
        assert await second.terminals.job_log(jobs["ends"]) == "a\n" + "".join(f"{n}\n" for n in range(1, 3_001))
        assert (still.status, last.status, last.exit_code, last.log_tail) == ("running", "exited", 8, "b\nc")
        assert dead.outcome is Outcome.GONE
        assert listed == {"ends": None, "runs": None, "dies": 5}
        assert again.output == "again\n"


async def test_a_job_whose_tmux_server_went_with_it_is_lost_with_what_it_printed(serve: Serve) -> None:
    async with serve() as first:
        await first.bash()
        job_id = (await first.terminals.run_command("sh", "echo a; sleep 1000", timeout=0.5)).job_id
        told = subprocess.run(
            ["tmux", "-S", first.tmux.socket, "display-message", "-p", "#{pid}"], check=True, capture_output=True
        ).stdout
    os.kill(int(told), signal.SIGKILL)

    async with serve() as second:
        (listed,) = await second.terminals.list_sessions()
        job = await second.terminals.get_job(job_id, wait=5)

        assert (job.status, job.exit_code, job.log_tail) == ("lost", None, "a")
        assert not listed.alive
        assert not (await second.terminals.close_session("sh")).alive


@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
async def test_a_persons_session_is_used_only_as_far_as_allowed(serve: Serve, write: bool) -> None:
    async with serve() as plain:
        await plain.tmux.ready()
        socket = str(Path(plain.tmux.socket).with_name("mine"))
        subprocess.run(["tmux", "-S", socket, "-f", "/dev/null", "new-session", "-d", "-s", "dev", "cat"], check=True)
        try:
            with pytest.raises(UnknownItem):
                await plain.terminals.capture_pane("mine:dev")
            assert await plain.terminals.list_sessions() == []
            async with serve(foreign=(ForeignSession("mine", "d*", write=write),)) as allowed:
                (listed,) = await allowed.terminals.list_sessions()
                assert listed.target == "mine:dev"
                with pytest.raises(BadArgument, match="a person's"):
                    await allowed.terminals.close_session("mine:dev")
                if write:
                    await allowed.terminals.send_keys("mine:dev", "typed")
                    found = await allowed.terminals.wait_for_prompt("mine:dev", "typed", timeout=20)
                    assert found.outcome is Outcome.MATCHED
                else:
                    with pytest.raises(BadArgument, match="read only"):
                        await allowed.terminals.send_keys("mine:dev", "typed")
        finally:
            subprocess.run(["tmux", "-S", socket, "kill-server"], check=True)


async def test_the_terminal_the_server_runs_in_is_neither_typed_into_nor_closed(serve: Serve) -> None:
    async with serve() as first:
        opened = await first.open("own", "cat")
        async with serve(own_pane=(first.tmux.socket, opened.pane_id)) as inside:
            with pytest.raises(BadArgument, match="this server runs in"):
                await inside.terminals.send_keys("own", "x")
            with pytest.raises(BadArgument, match="this server runs in"):
                await inside.terminals.close_session("own")
