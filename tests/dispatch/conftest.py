"""A whole Tremaux that runs tickets, as a server process is one, with real workers."""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.project_workers import worker_settings
from tremaux_tools import git
from tremaux_tools.core.tickets.ticket import NewTicket, Ticket
from tremaux_tools.trust import trust_path

WORKER = Path(__file__).parents[1] / "worker.py"
PATIENCE = 60.0  # seconds for anything to happen
Process = Callable[..., AbstractAsyncContextManager[App]]
Ran = Callable[..., Awaitable[Ticket]]


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """One process of Tremaux on the test's database; leaving it leaves its workers running."""

    @asynccontextmanager
    async def lives(*, dispatches: bool = True, **environment: str) -> AsyncIterator[App]:
        settings = Settings.read(dict(os.environ) | environment, database=tmp_path / "state" / "t.db")
        async with App(settings, dispatches=dispatches) as app:
            yield app

    return lives


@pytest.fixture
async def app(process: Process) -> AsyncIterator[App]:
    async with process() as app:
        yield app


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory outside git."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def ran(app: App, project: Path) -> Ran:
    """Hand a ticket over and wait until it is settled, or awaits a person."""

    async def run(where: Path | None = None, **fields: Any) -> Ticket:
        (ticket,) = (await app.tickets.spawn(where or project, [new(**fields)])).tickets
        return await settled(app, where or project, ticket.name)

    return run


def new(**fields: Any) -> NewTicket:
    """A ticket that runs as a plain process unless told otherwise."""
    return NewTicket(**{"description": "do it", "place": "process"} | fields)


async def settled(app: App, where: Path, *names: str) -> Ticket:
    """The first of some tickets, once all of them are settled or one awaits a person."""
    with anyio.fail_after(PATIENCE):
        waited = await app.tickets.wait(where, names, until="all", timeout=PATIENCE)
    assert waited.is_done or waited.awaiting, [(t.name, t.status, t.reason) for t in waited.tickets]
    return waited.tickets[0]


async def until_written(path: Path) -> str:
    """Wait until a worker has written a file."""
    with anyio.fail_after(PATIENCE):
        while not (path.exists() and path.read_text().strip()):
            await anyio.sleep(0.02)
    return path.read_text().strip()


async def trusted_workers(app: App, root: Path, text: str) -> None:
    """Write a project's settings and trust them, as a person does."""
    (root / "tremaux.toml").write_text(text)
    project = await git.find_project(root)
    await app.services.trust.add(trust_path(project), worker_settings(root).digest)


def obedient(form: str = "stdin", output: str = "text", **more: str) -> str:
    """The settings of a worker named `obedient`: the small real program that does what its prompt says."""
    words = [sys.executable, str(WORKER), "--form", form, "--format", output]
    if form in ("argument", "file"):
        words.append("{prompt}" if form == "argument" else "{prompt_file}")
    lines = [f"command = {words!r}", f'prompt = "{form}"', f'output = "{output}"']
    lines += [f"{key} = {value}" for key, value in more.items()]
    return "[workers.obedient]\n" + "\n".join(lines) + "\n"
