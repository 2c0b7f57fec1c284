"""Terminals in containers of a real engine: with tmux inside, and without."""

import os
import signal
from collections.abc import Iterator

import anyio
import docker
import pytest
from tests.engine import BUSYBOX, DEBIAN
from tests.terminals.conftest import Serve, Service

from tremaux_tools.core.terminal.values import Limits, Opening, Outcome
from tremaux_tools.tmux import control

pytestmark = pytest.mark.anyio
WAITS = ["sh", "-c", "while read -r _; do :; done"]


@pytest.fixture(scope="module")
def client(docker_engine: str) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url=docker_engine)
    yield client
    client.close()


@pytest.fixture(params=[BUSYBOX, DEBIAN], ids=["busybox", "debian"])
def image(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def opened(service: Service, name: str = "c", **how: object) -> str:
    """Open a terminal in a container; its container's id."""
    opening = Opening(name=name, place="docker", **how)  # type: ignore[arg-type]
    return (await service.terminals.open_session(opening, project=str(service.project))).container


async def test_runs_waits_limits_and_the_user_are_as_promised(
    serve: Serve, docker_engine: str, client: docker.DockerClient, image: str
) -> None:
    async with serve(engine=docker_engine) as service:
        container = await opened(service, image=image, limits=Limits(memory_mb=64, pids=50))
        runs = {
            "echo ü漢": (0, "ü漢\n"),
            "(exit 37)": (37, ""),
            "id -u": (0, "1000\n"),
            "sh -c 'kill -9 $$'": (137, None),
        }
        for command, (code, output) in runs.items():
            run = await service.terminals.run_command("c", command, timeout=20)
            assert run.exit_code == code
            assert output is None or run.output == output
        await service.terminals.send_keys("c", "echo fi''n")
        waited = await service.terminals.wait_for_prompt("c", "fin", timeout=20)
        config = client.api.inspect_container(container)["HostConfig"]
        await service.terminals.close_session("c")

        assert waited.outcome is Outcome.MATCHED
        assert (config["Memory"], config["PidsLimit"]) == (64 * 2**20, 50)
        assert client.containers.list(all=True, filters={"id": container}) == []


async def test_a_container_that_is_killed_is_told_to_who_waits(
    serve: Serve, docker_engine: str, client: docker.DockerClient, image: str
) -> None:
    async with serve(engine=docker_engine) as service:
        container = await opened(service, image=image)
        outcomes = []

        async def wait() -> None:
            outcomes.append((await service.terminals.wait_for_prompt("c", "never", timeout=30)).outcome)

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait)
                await anyio.to_thread.run_sync(client.api.kill, container)
        await service.terminals.close_session("c")

        assert outcomes == [Outcome.GONE]


async def test_a_person_s_container_keeps_nothing_of_ours(
    serve: Serve, docker_engine: str, client: docker.DockerClient, image: str
) -> None:
    container = client.containers.run(image, WAITS, detach=True, init=True, stdin_open=True, network_mode="none")
    try:
        async with serve(engine=docker_engine) as service:
            await opened(service, container=container.id)
            await service.terminals.run_command("c", "(trap '' HUP; sleep 1000) & echo on", timeout=20)
            await service.terminals.close_session("c")
        left = [" ".join(row[-1:]) for row in container.top()["Processes"]]
        _, files = container.exec_run(
            ["sh", "-c", "ls -d /tmp/tremaux-* /dev/shm/tremaux-* /run/tremaux-* 2>/dev/null"]
        )

        assert not any("sleep 1000" in each or "tmux" in each for each in left), left
        assert files == b""
        assert container.status in ("created", "running")
    finally:
        container.remove(force=True)


async def test_a_new_server_finds_terminals_in_containers(serve: Serve, docker_engine: str, image: str) -> None:
    async with serve(engine=docker_engine) as first:
        await opened(first, image=image)
        job = (await first.terminals.run_command("c", "echo a; sleep 1; echo b; (exit 6)", timeout=0.5)).job_id
    async with serve(engine=docker_engine) as second:
        found = await second.terminals.get_job(job, wait=20)
        again = await second.terminals.run_command("c", "echo again", timeout=20)
        await second.terminals.close_session("c")

        assert (found.status, found.exit_code, found.log_tail) == ("exited", 6, "a\nb")
        assert again.output == "again\n"


async def test_a_container_without_a_terminal_is_removed_after_a_while(
    serve: Serve, docker_engine: str, client: docker.DockerClient
) -> None:
    async with serve(engine=docker_engine) as service:
        kept = await opened(service, image=BUSYBOX)
        owner = client.api.inspect_container(kept)["Config"]["Labels"]
        stray = client.containers.run(
            BUSYBOX, WAITS, detach=True, init=True, stdin_open=True, network_mode="none", labels=owner
        )
        there = []
        for name in ("one", "two"):
            await service.open(name, "cat")
            there.append(len(client.containers.list(all=True, filters={"id": stray.id})))
            service.clock.now += 601

        assert there == [1, 0]
        assert client.containers.list(filters={"id": kept})
        await service.terminals.close_session("c")


async def test_a_stopped_tmux_on_the_host_does_not_hold_up_a_container_with_its_own(
    serve: Serve, docker_engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "ANSWER_DEADLINE", 60.0)
    async with serve(engine=docker_engine) as service:
        await service.open("one", "cat")
        asked = ["tmux", "-S", service.tmux.socket, "display-message", "-p", "#{pid}"]
        server = int((await anyio.run_process(asked)).stdout)
        os.kill(server, signal.SIGSTOP)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(service.open, "two", "cat")
                with anyio.fail_after(30):
                    container = await opened(service, image=DEBIAN)
                os.kill(server, signal.SIGCONT)
        finally:
            os.kill(server, signal.SIGCONT)
        for name in ("one", "two", "c"):
            await service.terminals.close_session(name)

        assert container
