"""A terminal service as the server wires it, on a tmux and a database of the test's own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import anyio
import pytest
from tests.clock import Clock

from tremaux_tools.core.terminal.values import ForeignSession, Opening, Terminal
from tremaux_tools.store.database import Database
from tremaux_tools.terminals import Terminals
from tremaux_tools.terminals.connect import Connector
from tremaux_tools.terminals.foreign import ForeignSessions
from tremaux_tools.tmux.host import Host
from tremaux_tools.tmux.server import HostTmux

PATIENCE = 60.0  # seconds that a whole test may take


class Service:
    """The service, with what a test needs of its surroundings."""

    def __init__(self, terminals: Terminals, tmux: HostTmux, host: Host, clock: Clock, project: Path) -> None:
        self.terminals = terminals
        self.tmux = tmux
        self.host = host
        self.clock = clock
        self.project = project

    async def open(self, name: str, command: str | None = None, **how: object) -> Terminal:
        opening = Opening(name=name, command=command, cwd=str(self.project), **how)  # type: ignore[arg-type]
        return await self.terminals.open_session(opening, project=str(self.project))

    async def bash(self, name: str = "sh") -> Terminal:
        """A shell without anybody's start-up files, at its prompt."""
        opened = await self.open(name, "bash --norc --noprofile -i")
        await self.terminals.wait_for_shell_prompt(name, timeout=20)
        return opened


Serve = Callable[..., AbstractAsyncContextManager[Service]]


@pytest.fixture
def serve(tmux: HostTmux, tmp_path: Path) -> Serve:
    """Start a service; leaving it leaves its terminals, as a server does that ends or dies."""
    socket_folder = Path(tmux.socket).parent

    @asynccontextmanager
    async def served(
        *, foreign: tuple[ForeignSession, ...] = (), own_pane: tuple[str, str] | None = None, engine: str | None = None
    ) -> AsyncIterator[Service]:
        database = Database(tmp_path / "t.db")
        clock, host = Clock(), Host(socket_folder.parent.name)
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as tasks:
                terminals = Terminals(
                    database,
                    Connector(tasks, tmux, host, engine_address=engine, owner=socket_folder.parent.name),
                    ForeignSessions(foreign, socket_folder),
                    tasks,
                    own_pane=own_pane,
                    clock=clock,
                )
                try:
                    yield Service(terminals, tmux, host, clock, tmp_path)
                finally:
                    await terminals.close()
                    tasks.cancel_scope.cancel()
                    with anyio.CancelScope(shield=True):
                        await database.close()

    return served


@pytest.fixture
async def service(serve: Serve) -> AsyncIterator[Service]:
    async with serve() as service:
        yield service
