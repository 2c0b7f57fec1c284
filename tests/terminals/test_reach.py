"""A terminal that cannot be reached for a while, or was left by somebody half-way, is no terminal that has ended."""

import os
import signal
import subprocess
from pathlib import Path

import anyio
import docker
import pytest
from tests.engine import DEBIAN
from tests.terminals.conftest import Serve, Service

from tremaux_tools.core.terminal.values import Opening, Outcome
from tremaux_tools.errors import PlaceUnavailable, TremauxError

pytestmark = pytest.mark.anyio


def tmux(service: Service, *words: str) -> str:
    """What a person's own tmux command says."""
    command = ["tmux", "-S", service.tmux.socket, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def server_of(service: Service) -> int:
    return int(tmux(service, "display-message", "-p", "#{pid}"))


async def test_a_client_that_a_person_detached_ends_neither_the_run_nor_the_terminal(service: Service) -> None:
    await service.bash()
    run = await service.terminals.run_command("sh", "echo before; read -t 2 x; echo after; (exit 6)", timeout=0.3)
    for client in tmux(service, "list-clients", "-F", "#{client_name}").split():
        tmux(service, "detach-client", "-t", client)

    job = await service.terminals.get_job(run.job_id, wait=20)

    assert (job.status, job.exit_code, job.log_tail) == ("exited", 6, "before\nafter")
    assert (await service.terminals.run_command("sh", "(exit 7)", timeout=10)).exit_code == 7


async def test_a_tmux_that_is_stopped_is_waited_for_and_cannot_be_closed_by_another_server(serve: Serve) -> None:
    async with serve() as first, serve() as second:
        await first.bash()
        run = await first.terminals.run_command("sh", "read -t 1 x; echo still; (exit 5)", timeout=0.2)
        os.kill(server_of(first), signal.SIGSTOP)
        try:
            waited = await first.terminals.wait_for_prompt("sh", "never", timeout=1)
            with pytest.raises(PlaceUnavailable):
                await second.terminals.close_session("sh")
            (told,) = await second.terminals.list_sessions()
        finally:
            subprocess.run(["pkill", "-CONT", "-f", first.tmux.socket], check=False)

        assert waited.outcome is Outcome.TIMED_OUT
        assert (told.alive, told.reachable) == (True, False)
        job = await first.terminals.get_job(run.job_id, wait=20)
        assert (job.status, job.exit_code, job.log_tail) == ("exited", 5, "still")


async def test_a_server_that_finds_no_tmux_takes_no_terminal_for_gone(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some programs start their servers with a PATH of their own."""
    async with serve() as first, serve() as second:
        await first.bash()
        with monkeypatch.context() as patch:
            patch.setitem(second.tmux.environment, "PATH", str(tmp_path))
            (told,) = await second.terminals.list_sessions()
            with pytest.raises(PlaceUnavailable, match="tmux cannot be started: No such file"):
                await second.terminals.close_session("sh")

        assert (told.alive, told.reachable) == (True, False)
        assert (await second.terminals.run_command("sh", "(exit 4)", timeout=10)).exit_code == 4


async def test_a_paused_container_keeps_its_runs(serve: Serve, docker_engine: str) -> None:
    engine = docker.DockerClient(base_url=docker_engine)
    async with serve(engine=docker_engine) as service:
        await service.bash("host")
        opened = await service.terminals.open_session(
            Opening(name="c", place="docker", image=DEBIAN), project=str(service.project)
        )
        run = await service.terminals.run_command("c", "sleep 1; echo hi; (exit 4)", timeout=0.2)
        container = engine.containers.get(opened.container)
        container.pause()
        try:
            others = {each.target: each.reachable for each in await service.terminals.list_sessions()}
        finally:
            container.unpause()
            engine.close()

        job = await service.terminals.get_job(run.job_id, wait=20)

        assert others == {"host": True, "c": False}
        assert (job.status, job.exit_code, job.log_tail) == ("exited", 4, "hi")
        await service.terminals.close_session("c")


async def test_a_run_whose_server_died_is_told_by_one_that_knew_the_terminal_before(serve: Serve) -> None:
    async with serve() as second:
        async with serve() as first:
            await first.bash()
            await second.terminals.capture_pane("sh")
            run = await first.terminals.run_command("sh", "echo one; read -t 1 x; (exit 9)", timeout=0.2)

        job = await second.terminals.get_job(run.job_id, wait=20)

        assert (job.status, job.exit_code, job.log_tail) == ("exited", 9, "one")


async def test_two_servers_that_watch_one_run_tell_the_same(serve: Serve) -> None:
    async with serve() as first, serve() as second:
        await first.bash()
        run = await first.terminals.run_command("sh", "read -t 1 x; echo end; (exit 8)", timeout=0.2)

        jobs = [await each.terminals.get_job(run.job_id, wait=20) for each in (second, first)]

        assert [(job.status, job.exit_code, job.log_tail) for job in jobs] == [("exited", 8, "end")] * 2


async def test_opening_that_is_cancelled_leaves_no_session(service: Service) -> None:
    await service.bash("kept")
    for delay in range(0, 60, 3):
        with anyio.move_on_after(delay / 1000):
            await service.open(f"t{delay}", "sleep 1000")

    known = {each.target for each in await service.terminals.list_sessions()}

    assert len(tmux(service, "list-sessions").splitlines()) == len(known)


async def test_a_run_without_time_begins_and_goes_on_as_a_job(service: Service) -> None:
    await service.bash()

    run = await service.terminals.run_command("sh", "sleep 0.2; (exit 3)", timeout=0)

    assert run.outcome == "timed_out"
    assert (await service.terminals.get_job(run.job_id, wait=20)).exit_code == 3


async def test_a_terminal_is_found_by_its_job_after_its_client_was_lost(service: Service) -> None:
    await service.bash()
    run = await service.terminals.run_command("sh", "echo here", timeout=10)
    tmux(service, "detach-client", "-a")
    for client in tmux(service, "list-clients", "-F", "#{client_name}").split():
        tmux(service, "detach-client", "-t", client)

    assert "here" in (await service.terminals.capture_pane(run.job_id)).text


async def test_a_terminal_closed_by_another_server_is_unknown_to_this_one(serve: Serve) -> None:
    async with serve() as first, serve() as second:
        await first.bash()
        await second.terminals.capture_pane("sh")
        await first.terminals.close_session("sh")

        with pytest.raises(TremauxError, match="no open terminal 'sh'"):
            await second.terminals.send_keys("sh", "x")
