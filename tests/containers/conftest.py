"""Containers of a real engine for the tests here, and a look at them by docker's own means."""

from collections.abc import AsyncIterator, Iterator

import docker
import pytest
from tests.engine import BUSYBOX, DEBIAN

from tremaux_tools.containers.engine import Container, Engine
from tremaux_tools.containers.machine import ContainerMachine

SLEEP = ["sh", "-c", "while read -r _; do :; done"]


@pytest.fixture(scope="session")
def docker_client(docker_engine: str) -> Iterator[docker.DockerClient]:
    """What a person would see and do with `docker`."""
    client = docker.DockerClient(base_url=docker_engine)
    yield client
    client.close()


@pytest.fixture
async def engine(docker_engine: str) -> AsyncIterator[Engine]:
    engine = Engine(docker_engine)
    yield engine
    await engine.aclose()


@pytest.fixture(scope="session", params=[BUSYBOX, DEBIAN], ids=["busybox", "debian"])
def either(docker_client: docker.DockerClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a running container of each image, as made by somebody else; shared by all tests."""
    container = docker_client.containers.run(
        request.param, SLEEP, detach=True, init=True, stdin_open=True, network_mode="none"
    )
    yield container.name
    container.remove(force=True)


@pytest.fixture
def bare(docker_client: docker.DockerClient) -> Iterator[str]:
    """The name of a busybox container for one test, which may pause, stop or remove it."""
    container = docker_client.containers.run(
        BUSYBOX, SLEEP, detach=True, init=True, stdin_open=True, network_mode="none"
    )
    yield container.name
    for left in docker_client.containers.list(all=True, filters={"id": container.id}):
        left.remove(force=True)


@pytest.fixture
async def container(engine: Engine, either: str) -> Container:
    return await engine.container(either)


@pytest.fixture
async def machine(engine: Engine, container: Container) -> AsyncIterator[ContainerMachine]:
    async with ContainerMachine(engine, container) as machine:
        yield machine
