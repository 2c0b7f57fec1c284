"""The engine is found where `docker` would find it, and a missing one says how to get one."""

import json
import socket
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tremaux_tools.containers import address
from tremaux_tools.containers.engine import Engine
from tremaux_tools.errors import PlaceUnavailable


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A person without any engine."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / ".docker"))
    monkeypatch.setattr(address, "DEFAULT_SOCKET", tmp_path / "docker.sock")


def in_context(home: Path, name: str, host: str) -> None:
    """Make `name` docker's current context."""
    folder = home / ".docker" / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(
        json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}})
    )
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name}))


def test_the_given_address_comes_first_then_the_variable_then_the_context_then_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    (tmp_path / "docker.sock").touch()
    found.append(address.find_address(None))
    in_context(tmp_path, "mine", "unix:///of/context.sock")
    found.append(address.find_address(None))
    monkeypatch.setenv("DOCKER_HOST", "unix:///of/variable.sock")
    found.append(address.find_address(None))
    found.append(address.find_address("unix:///given.sock"))

    assert found == [
        f"unix://{tmp_path}/docker.sock",
        "unix:///of/context.sock",
        "unix:///of/variable.sock",
        "unix:///given.sock",
    ]


def test_a_rootless_engine_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "docker.sock").touch()

    assert address.find_address(None) == f"unix://{tmp_path}/run/docker.sock"


@pytest.mark.parametrize(("content", "fact"), [("{", "cannot be read"), (None, "does not exist")])
def test_a_context_that_cannot_be_read_is_named(tmp_path: Path, content: str | None, fact: str) -> None:
    in_context(tmp_path, "mine", "unix:///of/context.sock")
    described = next((tmp_path / ".docker" / "contexts").rglob("meta.json"))
    described.unlink()
    if content:
        described.write_text(content)

    with pytest.raises(PlaceUnavailable, match=fact) as raised:
        address.find_address(None)

    assert "docker context use default" in raised.value.hint


@pytest.mark.parametrize("given", ["ssh://host", "https://host:2376", "npipe:////./pipe/docker_engine"])
def test_an_engine_that_cannot_carry_terminals_says_what_to_do(given: str) -> None:
    with pytest.raises(PlaceUnavailable, match="TLS or ssh") as raised:
        address.find_address(given)

    assert "DOCKER_HOST=unix://" in raised.value.hint


@pytest.mark.anyio
async def test_no_engine_says_how_to_get_one() -> None:
    with pytest.raises(PlaceUnavailable, match="no container engine") as raised:
        await Engine().container("x")

    assert "apt install docker.io" in raised.value.hint
    assert "DOCKER_HOST" in raised.value.hint


@pytest.mark.anyio
@pytest.mark.parametrize("scheme", ["unix", "tcp"])
async def test_an_engine_that_is_not_running_is_no_engine(tmp_path: Path, scheme: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}" if scheme == "tcp" else str(tmp_path / "none.sock")

    with pytest.raises(PlaceUnavailable, match="no container engine answers"):
        await Engine(f"{scheme}://{place}").container("x")


def test_the_sdk_is_loaded_only_when_an_engine_is_asked() -> None:
    check = "import sys, tremaux_tools.containers.machine as m; m.Engine(); sys.exit('docker' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
