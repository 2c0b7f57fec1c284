"""Wire the terminals: loaded at the first call that needs one."""

import os
import time
from pathlib import Path

from anyio.abc import TaskGroup

from tremaux_server.config import Settings
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.terminal.values import Opening
from tremaux_tools.errors import BadArgument
from tremaux_tools.store.database import Database
from tremaux_tools.terminals import Terminals
from tremaux_tools.terminals.connect import Connector
from tremaux_tools.terminals.foreign import ForeignSessions
from tremaux_tools.tmux.host import Host
from tremaux_tools.tmux.server import HostTmux


def wire(settings: Settings, database: Database, tasks: TaskGroup, redactor: Redactor) -> Terminals:
    """Give the terminals of a database a tmux server of their own, and the user's container engine."""
    tmux = HostTmux(f"tremaux-{settings.label}", settings.environment)
    engine = settings.environment.get("DOCKER_HOST")
    return Terminals(
        database,
        Connector(tasks, tmux, Host(settings.label), engine_address=engine, owner=settings.label),
        ForeignSessions(settings.foreign_sessions, Path(tmux.socket).parent),
        tasks,
        own_pane=_own_pane(settings),
        clock=time.time,
        redactor=redactor,
    )


class Panes:
    """Terminals for jobs to run in, which are terminals like any other."""

    def __init__(self, terminals: Terminals) -> None:
        self._terminals = terminals

    async def open(self, name: str, command: str, *, cwd: Path, project: str) -> None:
        """Open a terminal with a command in it; where it is open with that very command, it stays.

        Raises:
            BadArgument: another one has that name.
            PlaceUnavailable: tmux is missing.
        """
        try:
            # Not joined: else all that many workers print would come through this process.
            await self._terminals.open_session(
                Opening(name=name, command=command, cwd=str(cwd)), project=project or str(cwd), joins=False
            )
        except BadArgument:
            open_now = await self._terminals.list_sessions()
            if not any(each.target == name and each.command == command for each in open_now):
                raise

    async def close(self, name: str) -> None:
        """Close a terminal.

        Raises:
            UnknownItem: there is none.
        """
        await self._terminals.close_session(name)


def _own_pane(settings: Settings) -> tuple[str, str] | None:
    """The tmux socket and pane that this process runs in, as tmux tells its programs; no link is in the path."""
    socket = settings.environment.get("TMUX", "").partition(",")[0]
    pane = settings.environment.get("TMUX_PANE", "")
    return (os.path.realpath(socket), pane) if socket and pane else None
