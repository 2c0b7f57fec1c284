"""Files and processes inside a container are reached through one shell, whatever shell that is."""

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import docker
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine import BUSYBOX, DEBIAN

from tremaux_tools.containers import machine as machine_module
from tremaux_tools.containers import scripts
from tremaux_tools.containers.engine import Container, Engine
from tremaux_tools.containers.machine import ContainerMachine
from tremaux_tools.containers.stream import ExecStream
from tremaux_tools.errors import BadArgument, PlaceUnavailable

pytestmark = pytest.mark.anyio

ALL_BYTES = bytes(range(256))
QUIET = {"detach": True, "init": True, "stdin_open": True, "network_mode": "none"}  # a container that only waits


def run(docker_client: docker.DockerClient, name: str, command: str) -> str:
    return docker_client.containers.get(name).exec_run(["sh", "-c", command]).output.decode()


COMM = "/proc/1/comm"


@asynccontextmanager
async def shell(engine: Engine, container: Container, script: str = "exec sh") -> AsyncIterator[tuple[ExecStream, int]]:
    """A program on a terminal of its own, and the number of its session."""
    stream = await engine.open_stream(
        container.id, ["sh", "-c", f"echo $$; read -r _; {script}"], tty=True, size=(80, 24)
    )
    try:
        said = b""
        with anyio.fail_after(10):
            while b"\n" not in said:
                said += await stream.receive()
        await stream.send(b"\n")
        yield stream, int(said)
    finally:
        await stream.aclose()


async def until(stream: ExecStream, mark: bytes) -> None:
    said = b""
    with anyio.fail_after(10):
        while mark not in said:
            said += await stream.receive()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(ALL_BYTES, id="every byte"),
        pytest.param(ALL_BYTES * 80, id="20 KB of every byte"),
        pytest.param(b"-n %s \\n $(id) `id` 'x' \"y\"\n", id="words of the shell"),
        pytest.param(b"EOF\n\n\n", id="line ends"),
        pytest.param("h\u00e9 \u6f22 \U0001f389".encode(), id="unicode"),
        pytest.param(b"0" * 300_000, id="300 KB on one line"),
    ],
)
async def test_what_is_written_is_read_back(machine: ContainerMachine, data: bytes) -> None:
    directory = await machine.private_directory()

    await machine.write(f"{directory}/a file", data)

    assert await machine.read(f"{directory}/a file", 1_000_000) == data


async def test_only_as_much_is_read_as_was_asked_for(machine: ContainerMachine) -> None:
    path = f"{await machine.private_directory()}/long"
    await machine.write(path, ALL_BYTES * 10)

    assert await machine.read(path, 300) == (ALL_BYTES * 2)[:300]


async def test_an_answer_without_end_is_not_kept_and_spoils_no_other(
    machine: ContainerMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{await machine.private_directory()}/long"
    await machine.write(path, bytes(1_000_000))
    monkeypatch.setattr(machine_module, "ANSWER_LIMIT", 500_000)

    with pytest.raises(PlaceUnavailable, match="without end"):
        await machine.read(path, 1_000_000)

    assert await machine.read(path, 300) == bytes(300)


async def test_a_file_that_is_not_there_is_none(machine: ContainerMachine) -> None:
    assert await machine.read("/tmp/never written", 10) is None


async def test_parents_are_made_and_nobody_else_can_read_them(
    machine: ContainerMachine, either: str, docker_client: docker.DockerClient
) -> None:
    directory = await machine.private_directory()

    await machine.write(f"{directory}/it's/deep/f", b"x")

    seen = run(docker_client, either, f'stat -c %a {directory} "{directory}/it\'s/deep" "{directory}/it\'s/deep/f"')
    assert seen.split() == ["700", "700", "600"]


async def test_writing_replaces_and_leaves_nothing_beside(
    machine: ContainerMachine, either: str, docker_client: docker.DockerClient
) -> None:
    directory = f"{await machine.private_directory()}/once"
    await machine.write(f"{directory}/f", b"a longer text")

    await machine.write(f"{directory}/f", b"short")

    assert run(docker_client, either, f"ls {directory}; cat {directory}/f").split() == ["f", "short"]


async def test_what_cannot_be_written_says_why(machine: ContainerMachine) -> None:
    with pytest.raises(PlaceUnavailable, match=r"'/proc/none/f' cannot be written in the container .*: .*proc/none"):
        await machine.write("/proc/none/f", b"x")


async def test_removing_takes_all_of_it_and_twice_is_no_error(machine: ContainerMachine) -> None:
    directory = f"{await machine.private_directory()}/-rf x"
    await machine.write(f"{directory}/a/b", b"x")

    await machine.remove(directory)
    await machine.remove(directory)

    assert await machine.read(f"{directory}/a/b", 1) is None


@pytest.mark.parametrize("path", ["/", "//", "/..", "/.", "relative", ""])
async def test_the_root_is_never_removed(machine: ContainerMachine, path: str) -> None:
    with pytest.raises(BadArgument, match="is not removed"):
        await machine.remove(path)


async def test_a_shell_at_its_prompt_has_the_front(
    engine: Engine, container: Container, machine: ContainerMachine
) -> None:
    async with shell(engine, container) as (stream, pid):
        await stream.send(b"echo re''ady; tty\n")
        await until(stream, b"ready")

        front = await machine.foreground(pid)

        assert front is not None
        assert (front.leader, front.program) == (pid, "sh")
        await machine.kill_session(pid)


async def test_a_program_in_front_takes_it(engine: Engine, container: Container, machine: ContainerMachine) -> None:
    async with shell(engine, container) as (stream, pid):
        await stream.send(b"(stty raw; echo re''ady; cat)\n")
        await until(stream, b"ready")

        front = await machine.foreground(pid)

        assert front is not None
        assert (front.leader == pid, front.raw) == (False, True)
        await machine.kill_session(pid)


async def test_a_terminal_in_line_mode_is_not_raw(
    engine: Engine, container: Container, machine: ContainerMachine
) -> None:
    async with shell(engine, container, "echo ready; read -r _") as (stream, pid):
        await until(stream, b"ready")
        front = await machine.foreground(pid)

        assert front is not None
        assert (front.leader, front.raw) == (pid, False)
        await machine.kill_session(pid)


async def test_a_name_with_spaces_and_parentheses_is_no_obstacle(
    engine: Engine, container: Container, machine: ContainerMachine
) -> None:
    script = (
        'f=\'/tmp/a) S (b\'; echo \'#!/bin/sh\' >"$f"; echo \'echo ready; read -r _\' >>"$f"; chmod +x "$f"; exec "$f"'
    )
    async with shell(engine, container, script) as (stream, pid):
        await until(stream, b"ready")

        front = await machine.foreground(pid)

        assert front is not None
        assert (front.leader, front.program) == (pid, "a) S (b")
        await machine.kill_session(pid)


async def test_a_process_that_is_gone_has_no_front(machine: ContainerMachine) -> None:
    assert await machine.foreground(99_999) is None


async def test_killing_a_session_reaches_the_background_the_deaf_and_the_detached(
    engine: Engine, container: Container, machine: ContainerMachine, docker_client: docker.DockerClient
) -> None:
    script = (
        "sleep 7001 & nohup sleep 7002 >/dev/null 2>&1 & (trap '' HUP TERM INT; sleep 7003) & "
        "setsid sleep 7004 & sh -c 'sleep 7005 & exec sleep 7006' & sleep 0.3; echo ready; exec sleep 7007"
    )
    async with shell(engine, container, script) as (stream, pid):
        await until(stream, b"ready")

        await machine.kill_session(pid)

        left = run(docker_client, container.name, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        assert "sleep 700" not in left


async def test_killing_a_session_spares_the_others(
    engine: Engine, container: Container, machine: ContainerMachine, docker_client: docker.DockerClient
) -> None:
    async with (
        shell(engine, container, "exec sleep 8001") as (_, spared),
        shell(engine, container) as (_, killed),
    ):
        await machine.kill_session(killed)
        await machine.kill_session(1)
        await machine.kill_session(killed)  # gone already: no error

        left = run(docker_client, container.name, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        assert "sleep 8001" in left
        await machine.kill_session(spared)


async def test_a_session_that_took_every_process_id_is_killed(
    engine: Engine, docker_client: docker.DockerClient
) -> None:
    made = docker_client.containers.run(BUSYBOX, ["sh", "-c", "read -r _"], pids_limit=40, **QUIET)
    container = await engine.container(made.name)
    bomb = "trap '' HUP; (while :; do sleep 9001 & done); sleep 9001 & echo full; read -r _; read -r _"
    try:
        async with ContainerMachine(engine, container) as machine:
            await machine.private_directory()  # its shell is there before the bomb
            async with shell(engine, container, bomb) as (stream, pid):
                await until(stream, b"full")

                await machine.kill_session(pid)

                with anyio.fail_after(10):  # for the kernel to bury them all; a bomb that goes on has 40
                    while len(made.top()["Processes"]) >= 6:
                        await anyio.sleep(0.02)
    finally:
        made.remove(force=True)


async def test_bash_understands_what_dash_and_busybox_do(
    engine: Engine, docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripts, "SHELL", ("bash", "--posix"))  # what it is where it is installed as sh
    made = docker_client.containers.run(DEBIAN, ["sh", "-c", "read -r _"], **QUIET)
    container = await engine.container(made.name)
    try:
        async with ContainerMachine(engine, container) as machine, shell(engine, container) as (_, pid):
            path = f"{await machine.private_directory()}/f"
            await machine.write(path, ALL_BYTES * 80)
            seen = await machine.read(path, 100_000), await machine.read("/none", 1)
            front = await machine.foreground(pid)
            await machine.kill_session(pid)

            assert seen == (ALL_BYTES * 80, None)
            assert front is not None
            assert (front.leader, front.program) == (pid, "sh")
            assert await machine.foreground(pid) is None
    finally:
        made.remove(force=True)


@pytest.fixture(params=[BUSYBOX, DEBIAN], ids=["busybox", "debian"])
def read_only(docker_client: docker.DockerClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a container where user 1234 can write to 1 MB at /tmp and nowhere else."""
    made = docker_client.containers.run(
        request.param,
        ["sh", "-c", "read -r _"],
        read_only=True,
        user="1234",
        cap_drop=["ALL"],
        tmpfs={"/tmp": "mode=1777,size=1m"},
        ipc_mode="none",
        **QUIET,
    )
    yield made.name
    made.remove(force=True)


async def test_a_read_only_container_offers_what_can_be_written(engine: Engine, read_only: str) -> None:
    async with ContainerMachine(engine, await engine.container(read_only)) as machine:
        directory = await machine.private_directory()
        await machine.write(f"{directory}/f", ALL_BYTES)

        assert directory.startswith("/tmp/tremaux-1234-")
        assert await machine.read(f"{directory}/f", 1_000) == ALL_BYTES


async def test_a_full_place_is_said_and_leaves_nothing(engine: Engine, read_only: str) -> None:
    async with ContainerMachine(engine, await engine.container(read_only)) as machine:
        with pytest.raises(PlaceUnavailable, match="cannot be written") as raised:
            await machine.write("/tmp/f", bytes(2_000_000))

        assert "free space" in raised.value.hint
        assert await machine.read("/tmp/f", 1) is None
        await machine.write("/tmp/f", b"there is room again")


async def test_shared_memory_is_the_next_best_place(engine: Engine, docker_client: docker.DockerClient) -> None:
    made = docker_client.containers.run(BUSYBOX, ["sh", "-c", "read -r _"], read_only=True, **QUIET)
    try:
        async with ContainerMachine(engine, await engine.container(made.name)) as machine:
            assert (await machine.private_directory()).startswith("/dev/shm/tremaux-0-")
    finally:
        made.remove(force=True)


async def test_where_nothing_can_be_written_the_way_out_is_said(
    engine: Engine, docker_client: docker.DockerClient
) -> None:
    made = docker_client.containers.run(BUSYBOX, ["sh", "-c", "read -r _"], read_only=True, ipc_mode="none", **QUIET)
    try:
        async with ContainerMachine(engine, await engine.container(made.name)) as machine:
            with pytest.raises(PlaceUnavailable, match="no directory") as raised:
                await machine.private_directory()
    finally:
        made.remove(force=True)
    assert "--tmpfs /tmp" in raised.value.hint


async def test_the_user_asked_for_is_taken(engine: Engine, container: Container) -> None:
    async with ContainerMachine(engine, container, user="4321") as machine:
        directory = await machine.private_directory()
        await machine.remove(directory)

    assert directory.startswith("/tmp/tremaux-4321-")


async def test_a_killed_shell_is_replaced(
    machine: ContainerMachine, either: str, docker_client: docker.DockerClient
) -> None:
    path = f"{await machine.private_directory()}/f"
    await machine.write(path, b"x")
    shells = "for p in /proc/[0-9]*; do [ \"$(tr '\\0' ' ' <$p/cmdline)\" = 'sh ' ] && kill -9 ${p#/proc/}; done"
    run(docker_client, either, shells)

    assert await machine.read(path, 10) == b"x"


async def test_a_cancelled_call_does_not_spoil_the_next(machine: ContainerMachine) -> None:
    path = f"{await machine.private_directory()}/f"
    await machine.write(path, ALL_BYTES * 400)
    for delay in (0.0, 0.001, 0.002, 0.005):
        with anyio.move_on_after(delay):
            await machine.read(path, 1_000_000)

    assert await machine.read(path, 3) == b"\0\1\2"


async def test_calls_at_the_same_time_take_turns(machine: ContainerMachine) -> None:
    directory = await machine.private_directory()
    answers: dict[int, bytes | None] = {}

    async def write_and_read(number: int) -> None:
        await machine.write(f"{directory}/{number}", b"%d" % number)
        answers[number] = await machine.read(f"{directory}/{number}", 10)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(write_and_read, number)

    assert answers == {number: b"%d" % number for number in range(20)}


@pytest.mark.parametrize(("harm", "fact"), [("pause", "is paused"), ("kill", "has stopped"), ("remove", "was removed")])
async def test_a_container_that_cannot_answer_is_named_with_the_reason(
    engine: Engine, bare: str, docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch, harm: str, fact: str
) -> None:
    monkeypatch.setattr("tremaux_tools.containers.machine.ANSWER_TIMEOUT", 0.5)
    async with ContainerMachine(engine, await engine.container(bare)) as machine:
        await machine.read(COMM, 100)
        made = docker_client.containers.get(bare)
        made.remove(force=True) if harm == "remove" else getattr(made, harm)()

        with anyio.fail_after(10), pytest.raises(PlaceUnavailable, match=f"{bare}' {fact}"):
            await machine.read(COMM, 100)


async def test_a_container_that_goes_on_answers_again(
    engine: Engine, bare: str, docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tremaux_tools.containers.machine.ANSWER_TIMEOUT", 0.5)
    async with ContainerMachine(engine, await engine.container(bare)) as machine:
        await machine.read(COMM, 100)
        docker_client.containers.get(bare).pause()
        with pytest.raises(PlaceUnavailable):
            await machine.read(COMM, 100)
        docker_client.containers.get(bare).unpause()
        monkeypatch.undo()

        assert await machine.read(COMM, 100) == b"docker-init\n"


async def test_a_user_that_the_container_does_not_know_is_said(engine: Engine, container: Container) -> None:
    async with ContainerMachine(engine, container, user="stranger") as machine:
        with pytest.raises((BadArgument, PlaceUnavailable), match=r"unable to find user stranger|no shell"):
            await machine.read(COMM, 100)


async def test_no_file_stays_open(engine: Engine, container: Container) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async with ContainerMachine(engine, container) as machine:
        await machine.read(COMM, 100)
    gc.collect()
    before = open_files()
    for _ in range(5):
        async with ContainerMachine(engine, container) as machine:
            await machine.read(COMM, 100)

    assert open_files() == before


@given(st.binary(max_size=300))
def test_a_format_of_printf_says_nothing_but_the_bytes(data: bytes) -> None:
    escaped = scripts._escaped(data)

    plain = escaped.encode("ascii").decode("unicode_escape").encode("latin-1")
    assert plain == data
    assert "'" not in escaped
    assert "%" not in escaped
    assert not escaped.startswith("-")
