"""What the doctor finds of a real container engine."""

import docker
import pytest

from tremaux_tools.upkeep import find_engine

pytestmark = pytest.mark.anyio


async def test_the_engine_is_named_with_its_version_and_address(docker_engine: str) -> None:
    found = await find_engine(docker_engine)

    client = docker.APIClient(base_url=docker_engine)
    version = client.version()["Version"]
    client.close()
    assert (found.version, found.address, found.problem) == (version, docker_engine, "")
