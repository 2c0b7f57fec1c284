"""What work in a container can and cannot reach, and that no container outlives it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import docker
import pytest
from tests.engine import BUSYBOX
from tests.places.conftest import Bench
from tests.places.wiring import wired
from tests.processes import children, is_alive, kill

from tremaux_tools.errors import BadArgument, UnknownItem

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["docker"])]


@pytest.fixture
def client(docker_engine: str) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url=docker_engine)
    yield client
    client.close()


async def containers(client: docker.DockerClient, bench: Bench) -> list[Any]:
    """Those of the test's work, those that stopped too."""
    owner = f"tremaux.owner={bench.folder.parent.name}"
    return await anyio.to_thread.run_sync(lambda: client.containers.list(all=True, filters={"label": owner}))


async def test_it_sees_its_directory_and_what_it_may_read_and_no_other_file_of_the_host(
    bench: Bench, tmp_path: Path
) -> None:
    told, secret = tmp_path / "told", tmp_path / "secret"
    told.write_text("told\n")
    secret.write_text("secret\n")
    (bench.cwd / ".git").write_text("gitdir: elsewhere\n")
    command = f"cat {told} .git; ls -1 {tmp_path}; for f in {told} .git; do echo x >$f; done 2>/dev/null"
    _, printed = await bench.run(command, readable=(told,))

    assert printed == b"told\r\ngitdir: elsewhere\r\ntold\r\nwork\r\n"
    assert (told.read_text(), secret.read_text()) == ("told\n", "secret\n")
    assert (bench.cwd / ".git").read_text() == "gitdir: elsewhere\n"


async def test_it_cannot_change_the_repository_whose_configuration_names_what_git_runs_outside(bench: Bench) -> None:
    repository = bench.cwd / ".git"
    repository.mkdir()
    (repository / "config").write_text("[core]\n")
    command = "echo '[filter \"x\"]' >>.git/config; mkdir .git/hooks; mv .git gone; rm -rf .git; echo done >work"
    await bench.run(command)

    assert (repository / "config").read_text() == "[core]\n"
    assert [each.name for each in repository.iterdir()] == ["config"]
    assert (bench.cwd / "work").read_text() == "done\n"


async def test_a_repository_that_is_only_linked_to_is_refused_for_the_link_could_be_replaced(
    bench: Bench, tmp_path: Path
) -> None:
    (bench.cwd / ".git").symlink_to(tmp_path)
    with pytest.raises(BadArgument, match="is a link"):
        await bench.submit("true")


async def test_it_is_this_user_without_any_power_or_network(bench: Bench) -> None:
    command = "id -u; id -g; grep CapEff /proc/self/status; ls /sys/class/net; echo $HOME"
    _, printed = await bench.run(command, environment={"HOME": "/home/of/the/host"})
    uid, gid, powers, *rest = printed.decode().split("\r\n")

    assert (int(uid), int(gid)) == (os.getuid(), os.getgid())
    assert powers == "CapEff:\t0000000000000000"
    assert rest[0] == "lo"
    assert "/home/of/the/host" not in rest


async def test_no_container_is_left_when_it_has_ended_though_nobody_watches(
    bench: Bench, client: docker.DockerClient
) -> None:
    nonce = await bench.submit("setsid sleep 1000 & echo ready; exit 3")
    while (ended := await bench.place.poll(nonce)).state == "running":
        await anyio.sleep(0.02)

    assert ended.exit_code == 3
    assert not await containers(client, bench)
    assert not await bench.members(nonce)


async def test_its_container_says_whose_it_is_and_what_for(bench: Bench, client: docker.DockerClient) -> None:
    nonce = await bench.submit("sleep 1000")
    (found,) = await containers(client, bench)
    names = await bench.place.names()
    await bench.place.stop(nonce)

    assert found.labels == {"tremaux.owner": bench.folder.parent.name, "tremaux.nonce": nonce}
    assert found.name == f"tremaux-{bench.folder.parent.name}-{nonce}"
    assert list(names) == [nonce]
    assert not await containers(client, bench)


@pytest.mark.parametrize(
    ("cpus", "kept"),
    [
        pytest.param(0.5, lambda _: 0.5, id="some cores"),
        pytest.param(1_000.0, lambda cores: cores, id="more than the engine has"),
        pytest.param(0.0001, lambda _: 0.01, id="less than an engine takes"),
        pytest.param(None, lambda _: 1.0, id="one core where nothing is said"),
    ],
)
async def test_its_container_is_limited_to_its_cores(
    bench: Bench, client: docker.DockerClient, cpus: float | None, kept: Callable[[float], float]
) -> None:
    work = await bench.prepare("sleep 1000", cpus=cpus)
    note = await bench.place.submit(work)
    (found,) = await containers(client, bench)
    cores = (await anyio.to_thread.run_sync(client.info))["NCPU"]
    await bench.place.stop(work.nonce)

    assert not note
    assert found.attrs["HostConfig"]["NanoCpus"] == kept(cores) * 1e9


async def test_an_orphan_is_found_by_its_label_alone(bench: Bench, client: docker.DockerClient) -> None:
    await bench.run("true")
    labels = {"tremaux.owner": bench.folder.parent.name, "tremaux.nonce": "orphan"}
    name = f"tremaux-{bench.folder.parent.name}-orphan"
    await anyio.to_thread.run_sync(lambda: client.containers.create(BUSYBOX, "true", name=name, labels=labels))
    names = await bench.place.names()
    await bench.place.clear("orphan")

    assert "orphan" in names
    assert not await containers(client, bench)


async def test_what_runs_inside_ends_with_the_bridge_to_it(bench: Bench, client: docker.DockerClient) -> None:
    nonce = await bench.submit("trap '' HUP TERM; echo ready; while :; do sleep 1000; done")
    await bench.until_printed(nonce, b"ready")
    inside = await bench.members(nonce)
    kill(*children(await bench.supervisor(nonce)))
    ended = await bench.place.wait(nonce)

    assert (ended.state, ended.exit_code) == ("ended", 137)
    assert inside
    assert not any(map(is_alive, inside))
    assert not await containers(client, bench)


async def test_a_container_whose_supervisor_was_killed_goes_when_another_process_stops_it(
    bench: Bench, client: docker.DockerClient, tmp_path: Path
) -> None:
    nonce = await bench.submit("echo ready; sleep 1000")
    await bench.until_printed(nonce, b"ready")
    kill(await bench.supervisor(nonce))
    async with wired("docker", tmp_path) as (place, _):
        lost = await place.wait(nonce)
        before = await containers(client, bench)
        await place.stop(nonce)

    assert lost.state == "lost"
    assert len(before) == 1
    assert not await containers(client, bench)


@pytest.mark.parametrize(
    ("image", "error"),
    [
        pytest.param("tremaux-test:no-such", UnknownItem, id="an image that is not there"),
        pytest.param(None, BadArgument, id="no image"),
        pytest.param("../x", BadArgument, id="no name"),
    ],
)
async def test_what_it_cannot_be_made_of_is_told_before_anything_runs(
    bench: Bench, client: docker.DockerClient, image: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await bench.place.check(image=image)
    with pytest.raises(error):
        await bench.submit("touch ran", image=image)
    await bench.place.check(image=BUSYBOX)

    assert not (bench.cwd / "ran").exists()
    assert not await containers(client, bench)


async def test_a_start_that_was_taken_over_leaves_no_container(bench: Bench, client: docker.DockerClient) -> None:
    work = await bench.prepare("touch ran")
    prepare = bench.place._prepare  # type: ignore[attr-defined]

    async def taken_over(*given: Any, **named: Any) -> bool:
        await bench.place.poll(work.nonce)
        return bool(await prepare(*given, **named))

    bench.place._prepare = taken_over  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="did not begin"):
        await bench.place.submit(work)

    assert not (bench.cwd / "ran").exists()
    assert not await containers(client, bench)
