"""A place of each kind, with what a test needs to look behind its promise."""

import os
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from tests.engine import BUSYBOX
from tests.places.wiring import wired
from tests.processes import is_alive

from tremaux_tools.place import Place, Standing, Work
from tremaux_tools.places import supervised
from tremaux_tools.places.family import family
from tremaux_tools.terminals import Terminals
from tremaux_tools.tmux.server import HostTmux

PATIENCE = 60.0  # seconds that a whole test may take


class Bench:
    """A place, and the work a test gives it."""

    def __init__(self, kind: str, place: Place, terminals: Terminals, folder: Path, cwd: Path) -> None:
        self.kind = kind
        self.place = place
        self.terminals = terminals
        self.folder = folder
        self.cwd = cwd
        self._numbers = count()

    @property
    def socket(self) -> str:
        """The tmux server's."""
        return f"{os.environ['TMUX_TMPDIR']}/tmux-{os.getuid()}/t"

    @property
    def newline(self) -> bytes:
        """What a terminal makes of a line end."""
        return b"\n" if self.kind == "process" else b"\r\n"

    async def prepare(self, command: str, **fields: Any) -> Work:
        nonce = f"{self.cwd.name}-{next(self._numbers)}-{os.getpid()}"
        await supervised.make_directory(self.folder / nonce)
        given: dict[str, Any] = {
            "terminal": f"t-{nonce}" if self.kind != "process" else "",
            "project": str(self.cwd),
            "image": BUSYBOX if self.kind == "docker" else None,
            "argv": ("/bin/sh", "-c", command),
            "cwd": self.cwd,
            "environment": {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            "timeout": PATIENCE,
        }
        return Work(nonce=nonce, directory=self.folder / nonce, **given | fields)

    async def submit(self, command: str, **fields: Any) -> str:
        work = await self.prepare(command, **fields)
        await self.place.submit(work)
        return work.nonce

    async def run(self, command: str, **fields: Any) -> tuple[Standing, bytes]:
        """How a command ended, and what it printed."""
        nonce = await self.submit(command, **fields)
        return await self.place.wait(nonce), await self.log(nonce)

    async def log(self, nonce: str) -> bytes:
        told = b""
        while piece := await self.place.tail(nonce, len(told)):
            told += piece
        return told

    async def until_printed(self, nonce: str, text: bytes) -> bytes:
        """Wait for a program to say that it is where we want it; the test sets the deadline."""
        while text not in (told := await self.log(nonce)):
            await anyio.sleep(0.02)
        return told

    async def supervisor(self, nonce: str) -> int:
        found = await supervised.runner(self.folder / nonce)
        assert found is not None
        return found[0]

    async def members(self, nonce: str) -> set[int]:
        """The command's own processes."""
        found = await supervised.runner(self.folder / nonce)
        return await anyio.to_thread.run_sync(family, 0, nonce) - ({found[0]} if found else set())


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if is_alive(pid)}


@pytest.fixture(params=["process", "tmux", "docker"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def _own_tmux_and_engine(
    kind: str, tmux: HostTmux, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("TMUX_TMPDIR", tmux.environment["TMUX_TMPDIR"])
    if kind == "docker":
        monkeypatch.setenv("DOCKER_HOST", request.getfixturevalue("docker_engine"))


@pytest.fixture
async def bench(kind: str, tmp_path: Path) -> AsyncIterator[Bench]:
    cwd = tmp_path / "work"
    cwd.mkdir()
    with anyio.fail_after(PATIENCE):
        async with wired(kind, tmp_path) as (place, terminals):
            bench = Bench(kind, place, terminals, tmp_path / "jobs", cwd)
            yield bench
            for nonce in await place.names():
                await place.stop(nonce)
                await place.clear(nonce)
