"""What a program in a container reads and says comes through unchanged, and nothing stays open."""

import gc
import socket
from pathlib import Path
from threading import Thread

import anyio
import docker
import pytest

from tremaux_tools.containers.engine import Container, Engine
from tremaux_tools.containers.stream import MAX_ERRORS, ExecStream, take_socket
from tremaux_tools.errors import PlaceUnavailable, UnknownItem

pytestmark = pytest.mark.anyio

ALL_BYTES = bytes(range(256))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def rest(stream: ExecStream) -> bytes:
    """All that comes until the end."""
    received = bytearray()
    with anyio.fail_after(10):
        while True:
            try:
                received += await stream.receive()
            except anyio.EndOfStream:
                return bytes(received)


async def until(stream: ExecStream, mark: bytes) -> bytes:
    """All that comes until `mark`."""
    received = bytearray()
    with anyio.fail_after(10):
        while mark not in received:
            received += await stream.receive()
    return bytes(received)


async def test_every_byte_comes_back(engine: Engine, container: Container) -> None:
    stream = await engine.open_stream(container.id, ["cat"])
    await stream.send(ALL_BYTES * 1_000 + b"the end")

    received = await until(stream, b"the end")

    await stream.aclose()
    assert received == ALL_BYTES * 1_000 + b"the end"


async def test_output_errors_and_exit_code_are_kept_apart(engine: Engine, container: Container) -> None:
    stream = await engine.open_stream(container.id, ["sh", "-c", "echo out; echo wrong >&2; exit 7"])

    out = await rest(stream)

    code = await stream.exit_code()
    await stream.aclose()
    assert (out, bytes(stream.errors), code) == (b"out\n", b"wrong\n", 7)


async def test_what_is_said_at_once_is_not_lost(engine: Engine, container: Container) -> None:
    heard = []
    for _ in range(10):
        stream = await engine.open_stream(container.id, ["echo", "early"])
        heard.append(await rest(stream))
        await stream.aclose()

    assert heard == [b"early\n"] * 10


def test_what_comes_in_one_packet_with_the_header_is_not_lost(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "engine.sock"))
        listening.listen()

        def answer() -> None:
            connection = listening.accept()[0]
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nearly")

        engine = Thread(target=answer)
        engine.start()
        client = docker.APIClient(base_url=f"unix://{tmp_path}/engine.sock", version="1.41", timeout=5)
        taken, early = take_socket(client.exec_start("program", socket=True))
        engine.join()
        taken.close()
        client.close()

    assert early == b"early"


async def test_only_the_newest_errors_are_kept(engine: Engine, container: Container) -> None:
    script = "i=0; while [ $i -lt 9000 ]; do echo $i; i=$((i+1)); done >&2"
    stream = await engine.open_stream(container.id, ["sh", "-c", script])

    await rest(stream)

    await stream.aclose()
    assert len(stream.errors) == MAX_ERRORS
    assert stream.errors.endswith(b"8998\n8999\n")


async def test_a_running_program_has_no_exit_code_yet(engine: Engine, container: Container) -> None:
    stream = await engine.open_stream(container.id, ["cat"])

    code = await stream.exit_code()

    await stream.aclose()
    assert code is None


async def test_user_and_environment_are_those_asked_for(engine: Engine, container: Container) -> None:
    stream = await engine.open_stream(
        container.id, ["sh", "-c", "id -u; echo $WORD"], user="1234", environment={"WORD": "a b"}
    )

    out = await rest(stream)

    await stream.aclose()
    assert out == b"1234\na b\n"


async def test_a_terminal_has_the_size_asked_for_and_can_be_resized(engine: Engine, container: Container) -> None:
    stream = await engine.open_stream(
        container.id, ["sh", "-c", "while read -r _; do stty size; done"], tty=True, size=(101, 33)
    )
    await stream.send(b"\n")
    before = await until(stream, b"101\r\n")
    await stream.resize(64, 20)
    await stream.send(b"\n")

    after = await until(stream, b"64\r\n")

    await stream.send(b"\x04")
    await rest(stream)
    await stream.resize(10, 10)  # it has ended: no error
    await stream.aclose()
    assert (before.strip(), after.strip()) == (b"33 101", b"20 64")


async def test_the_end_of_the_container_ends_the_stream(engine: Engine, bare: str) -> None:
    container = await engine.container(bare)
    stream = await engine.open_stream(container.id, ["cat"])
    await stream.send(b"it runs")
    await until(stream, b"runs")

    await engine.remove(container.id)
    out = await rest(stream)

    code = await stream.exit_code()
    await stream.aclose()
    assert (out, code) == (b"", None)


async def test_closing_wakes_who_waits(engine: Engine, container: Container) -> None:
    stream = await engine.open_stream(container.id, ["cat"])

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(rest, stream)
            await anyio.wait_all_tasks_blocked()
            await stream.aclose()


async def test_a_cancelled_wait_loses_nothing(engine: Engine, container: Container) -> None:
    stream = await engine.open_stream(container.id, ["cat"])
    for _ in range(3):
        with anyio.move_on_after(0.01):
            await stream.receive()
    await stream.send(b"still here")

    out = await until(stream, b"here")

    await stream.aclose()
    assert out == b"still here"


async def test_no_file_stays_open(engine: Engine, container: Container, docker_engine: str) -> None:
    async def use(engine: Engine) -> None:
        for tty in (False, True, False, True):
            stream = await engine.open_stream(container.id, ["sh", "-c", "echo x; read -r _"], tty=tty)
            await until(stream, b"x")
            await stream.aclose()
        await engine.aclose()

    await use(engine)  # what stays for good, the event loop's own files, is open after this
    gc.collect()
    before = open_files()
    await use(Engine(docker_engine))

    assert open_files() == before


async def test_a_paused_container_starts_no_program(
    engine: Engine, bare: str, docker_client: docker.DockerClient
) -> None:
    docker_client.containers.get(bare).pause()

    with pytest.raises(PlaceUnavailable, match="is paused"):
        await engine.open_stream(bare, ["cat"])


async def test_an_unknown_container_starts_no_program(engine: Engine) -> None:
    with pytest.raises(UnknownItem, match="no container 'nobody'"):
        await engine.open_stream("nobody", ["cat"])
