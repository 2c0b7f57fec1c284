"""Places as the server wires them, for tests and for processes that tests kill."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from tremaux_server.terminals import Panes
from tremaux_tools.place import Place
from tremaux_tools.places.docker import DockerPlace
from tremaux_tools.places.process import ProcessPlace
from tremaux_tools.places.tmux import TmuxPlace
from tremaux_tools.store.database import Database
from tremaux_tools.terminals import Terminals
from tremaux_tools.terminals.connect import Connector
from tremaux_tools.terminals.foreign import ForeignSessions
from tremaux_tools.tmux.host import Host
from tremaux_tools.tmux.server import HostTmux


@asynccontextmanager
async def wired(kind: str, home: Path) -> AsyncIterator[tuple[Place, Terminals]]:
    """A place of a kind, and the terminals; leaving it leaves its work, as a server does that ends."""
    folder = home / "jobs"
    async with serving(home) as terminals:
        address = os.environ.get("DOCKER_HOST")
        places: dict[str, Place] = {
            "process": ProcessPlace(folder),
            "tmux": TmuxPlace(folder, lambda: Panes(terminals), os.environ),
            "docker": DockerPlace(folder, lambda: Panes(terminals), os.environ, address=address, owner=home.name),
        }
        yield places[kind], terminals
        await places[kind].aclose()


@asynccontextmanager
async def serving(home: Path) -> AsyncIterator[Terminals]:
    """The terminals of the database in `home`, on a tmux server in the directory TMUX_TMPDIR."""
    database = Database(home / "t.db")
    tmux = HostTmux("t", os.environ)
    async with anyio.create_task_group() as tasks:
        terminals = Terminals(
            database,
            Connector(tasks, tmux, Host(home.name), engine_address=None, owner=home.name),
            ForeignSessions((), Path(tmux.socket).parent),
            tasks,
            own_pane=None,
            clock=time.time,
        )
        try:
            yield terminals
        finally:
            await terminals.close()
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await database.close()
