"""Containers are made confined, found, watched and removed."""

from collections.abc import Callable, Iterator

import anyio
import docker
import pytest
from tests.engine import BUSYBOX, DEBIAN

from tremaux_tools.containers.engine import Engine
from tremaux_tools.core.terminal.values import Limits
from tremaux_tools.errors import BadArgument, PlaceUnavailable, UnknownItem

pytestmark = pytest.mark.anyio

LIMITS = Limits(memory_mb=64, cpus=0.5, pids=32, network=False)
OWNER = "tests"

Said = Callable[[str, str], str]


@pytest.fixture(autouse=True)
def _nothing_is_left(docker_client: docker.DockerClient) -> Iterator[None]:
    yield
    left = docker_client.containers.list(all=True, filters={"label": f"tremaux.owner={OWNER}"})
    for container in left:
        container.remove(force=True)
    assert not left


@pytest.fixture
def said(docker_client: docker.DockerClient) -> Said:
    """Run a shell command in a container and give what it printed."""

    def run(identity: str, command: str) -> str:
        return docker_client.containers.get(identity).exec_run(["sh", "-c", command]).output.decode().strip()

    return run


@pytest.fixture(scope="session")
def shell_less(docker_client: docker.DockerClient) -> str:
    """The tag of an image with no program at all."""
    docker_client.api.import_image_from_data(bytes(10240), repository="tremaux-test", tag="empty")
    return "tremaux-test:empty"


async def test_a_container_of_ours_can_do_no_more_than_it_was_given(
    engine: Engine, docker_client: docker.DockerClient
) -> None:
    made = await engine.create(BUSYBOX, LIMITS, user=None, owner=OWNER)

    host = docker_client.api.inspect_container(made.id)["HostConfig"]
    await engine.remove(made.id)
    assert (host["Memory"], host["MemorySwap"]) == (64 << 20, 64 << 20)
    assert (host["NanoCpus"], host["PidsLimit"]) == (500_000_000, 32)
    assert (host["NetworkMode"], host["Privileged"]) == ("none", False)
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert (host["Binds"], host.get("Mounts")) == (None, None)
    assert host["Init"] is True


@pytest.mark.parametrize("image", [BUSYBOX, DEBIAN])
async def test_its_programs_are_not_root_and_can_write_a_home_and_a_tmp(engine: Engine, said: Said, image: str) -> None:
    made = await engine.create(image, LIMITS, user=None, owner=OWNER)

    seen = said(made.id, "id -u; echo $HOME; touch ~/x && echo 'echo ran' >/tmp/y && chmod +x /tmp/y && /tmp/y")
    await engine.remove(made.id)
    assert seen.split() == ["1000", "/tmp", "ran"]


async def test_its_tmp_is_bounded(engine: Engine, said: Said) -> None:
    made = await engine.create(BUSYBOX, LIMITS, user=None, owner=OWNER)

    seen = said(made.id, "df -k /tmp | tail -n 1 | tr -s ' ' | cut -d' ' -f 2; stat -c %a /tmp")
    await engine.remove(made.id)
    assert seen.split() == ["32768", "1777"]


async def test_the_user_asked_for_is_taken(engine: Engine) -> None:
    made = await engine.create(BUSYBOX, LIMITS, user="nobody", owner=OWNER)

    await engine.remove(made.id)
    assert made.user == "nobody"


async def test_the_images_own_user_is_taken_unless_it_is_root(
    engine: Engine, docker_client: docker.DockerClient
) -> None:
    base = docker_client.containers.create(BUSYBOX, ["sh"])
    base.commit("tremaux-test", "agent", changes="USER agent")
    base.remove()

    made = await engine.create("tremaux-test:agent", LIMITS, user=None, owner=OWNER)

    await engine.remove(made.id)
    docker_client.images.remove("tremaux-test:agent")
    assert made.user == "agent"


async def test_root_is_taken_where_nobody_else_can_start_a_shell(
    engine: Engine, docker_client: docker.DockerClient
) -> None:
    base = docker_client.containers.run(BUSYBOX, ["chmod", "700", "/bin/busybox"], detach=True, network_mode="none")
    base.wait()
    base.commit("tremaux-test", "root-only")
    base.remove()

    made = await engine.create("tremaux-test:root-only", LIMITS, user=None, owner=OWNER)

    await engine.remove(made.id)
    docker_client.images.remove("tremaux-test:root-only")
    assert made.user == "0:0"


async def test_an_image_without_a_shell_is_refused(engine: Engine, shell_less: str) -> None:
    with pytest.raises(BadArgument, match="has no shell"):
        await engine.create(shell_less, LIMITS, user=None, owner=OWNER)


async def test_a_user_that_the_image_does_not_know_is_refused(engine: Engine) -> None:
    with pytest.raises(BadArgument, match="user 'stranger' cannot start a shell"):
        await engine.create(BUSYBOX, LIMITS, user="stranger", owner=OWNER)


async def test_an_image_that_is_not_there_is_never_fetched(engine: Engine) -> None:
    with pytest.raises(UnknownItem, match="no image 'tremaux-test:none'") as raised:
        await engine.create("tremaux-test:none", LIMITS, user=None, owner=OWNER)

    assert "docker pull tremaux-test:none" in raised.value.hint


@pytest.mark.parametrize("image", ["", "../images/x", "a b", "-x", "x\n"])
async def test_what_cannot_be_an_images_name_does_not_reach_the_engine(engine: Engine, image: str) -> None:
    with pytest.raises(BadArgument, match="cannot be an image's name"):
        await engine.create(image, LIMITS, user=None, owner=OWNER)


async def test_limits_that_the_engine_refuses_are_the_callers_mistake(engine: Engine) -> None:
    with pytest.raises(BadArgument, match="refused"):
        await engine.create(BUSYBOX, Limits(cpus=1000.0), user=None, owner=OWNER)


@pytest.mark.parametrize("delay", [0.01, 0.05, 0.1, 0.2, 0.3, 0.4])
async def test_a_creation_cancelled_at_any_moment_leaves_no_container(engine: Engine, delay: float) -> None:
    await engine.address()  # so that the time is spent on making
    made = None

    with anyio.move_on_after(delay):
        made = await engine.create(BUSYBOX, LIMITS, user=None, owner=OWNER)

    if made is not None:  # this machine was faster
        await engine.remove(made.id)
    assert await engine.owned(OWNER) == []


async def test_it_ends_at_once_when_asked_to(engine: Engine, docker_client: docker.DockerClient) -> None:
    made = await engine.create(BUSYBOX, LIMITS, user=None, owner=OWNER)

    docker_client.api.stop(made.id, timeout=30)

    code = docker_client.api.wait(made.id)["StatusCode"]
    await engine.remove(made.id)
    assert code == 128 + 15  # not 137: nobody had to kill it


async def test_containers_are_found_by_their_owner(engine: Engine) -> None:
    made = await engine.create(BUSYBOX, LIMITS, user=None, owner=OWNER)

    found, others = await engine.owned(OWNER), await engine.owned("somebody else")

    await engine.remove(made.id)
    assert (found, others) == ([made], [])


async def test_a_container_is_found_by_name_and_by_id(engine: Engine, bare: str) -> None:
    by_name = await engine.container(bare)

    assert await engine.container(by_name.id[:12]) == by_name
    assert (by_name.name, by_name.running, by_name.user) == (bare, True, "")


async def test_a_container_that_does_not_run_is_refused_with_the_way_out(
    engine: Engine, bare: str, docker_client: docker.DockerClient
) -> None:
    docker_client.containers.get(bare).pause()
    with pytest.raises(PlaceUnavailable, match="is paused") as paused:
        await engine.container(bare)
    docker_client.containers.get(bare).unpause()
    docker_client.containers.get(bare).kill()
    with pytest.raises(PlaceUnavailable, match="is exited") as stopped:
        await engine.container(bare)

    assert f"docker unpause {bare}" in paused.value.hint
    assert f"docker start {bare}" in stopped.value.hint


async def test_the_state_follows_the_container(engine: Engine, bare: str, docker_client: docker.DockerClient) -> None:
    container = docker_client.containers.get(bare)
    seen = [await engine.state(container.id)]
    container.pause()
    seen.append(await engine.state(container.id))
    container.unpause()
    container.kill()
    seen.append(await engine.state(container.id))
    await engine.remove(container.id)
    seen.append(await engine.state(container.id))

    assert [(state.status, state.exit_code) for state in seen] == [
        ("running", None),
        ("paused", None),
        ("exited", 137),
        ("gone", None),
    ]


async def test_removing_twice_is_no_error(engine: Engine, bare: str) -> None:
    container = await engine.container(bare)

    await engine.remove(container.id)
    await engine.remove(container.id)

    assert (await engine.state(container.id)).status == "gone"


async def test_an_unknown_container_is_named(engine: Engine) -> None:
    with pytest.raises(UnknownItem, match="no container 'nobody'") as raised:
        await engine.container("nobody")

    assert "docker ps" in raised.value.hint


@pytest.mark.parametrize("name", ["", "../images", "a/b", "--all", "a\nb"])
async def test_what_cannot_be_a_containers_name_does_not_reach_the_engine(engine: Engine, name: str) -> None:
    with pytest.raises(BadArgument, match="cannot be a container's name"):
        await engine.container(name)
