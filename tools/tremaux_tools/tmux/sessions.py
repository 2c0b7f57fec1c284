"""Find sessions of a person's own tmux servers; libtmux knows how to ask for them."""

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools.core.terminal.values import ForeignSession

THREADS = anyio.CapacityLimiter(2)  # libtmux blocks on a process per question


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session of a person's."""

    server: str  #: name of the socket, as `tmux -L` takes it
    name: str
    socket: str  #: path
    width: int
    height: int


async def find_sessions(allowed: ForeignSession, folder: Path) -> list[FoundSession]:
    """The running sessions that a rule names, on sockets in tmux's directory `folder`; none where no server runs."""
    return await anyio.to_thread.run_sync(_find, allowed, folder, limiter=THREADS)


def _find(allowed: ForeignSession, folder: Path) -> list[FoundSession]:
    from libtmux import Server  # noqa: PLC0415 - takes a tenth of a second, for the few who allow such sessions

    try:
        sockets = sorted(path for path in folder.iterdir() if path.is_socket())
    except OSError:
        return []
    return [
        FoundSession(
            server=path.name,
            name=session.session_name or "",
            socket=str(path),
            width=int(session.active_window.window_width or 0),
            height=int(session.active_window.window_height or 0),
        )
        for path in sockets
        if fnmatchcase(path.name, allowed.socket)
        for session in Server(socket_path=os.fspath(path)).sessions
        if fnmatchcase(session.session_name or "", allowed.session)
    ]
