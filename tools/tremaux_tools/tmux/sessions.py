"""Find sessions of a person's own tmux servers; libtmux knows what to ask them and how to read the answer.

The question itself is put by a child of ours: libtmux waits for its own without end, in a thread that nobody can stop.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools.core.terminal.values import ForeignSession
from tremaux_tools.errors import PlaceUnavailable
from tremaux_tools.tmux.server import ask

LISTING = "list-sessions"


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session of a person's."""

    server: str  #: name of the socket, as `tmux -L` takes it
    name: str
    socket: str  #: path, with no link in it, as tmux tells it to its programs
    width: int
    height: int


async def find_sessions(rules: Sequence[ForeignSession], folder: Path) -> list[FoundSession]:
    """The running sessions that a rule names, on sockets in tmux's directory `folder`.

    All servers are asked at once; one that does not answer is left out.
    """
    found: dict[Path, list[FoundSession]] = {}

    async def look(socket: Path) -> None:
        with suppress(PlaceUnavailable):
            found[socket] = await _sessions(socket)

    sockets = await anyio.to_thread.run_sync(_sockets, rules, folder)
    async with anyio.create_task_group() as tasks:
        for socket in sockets:
            tasks.start_soon(look, socket)
    return [each for socket in sockets for each in found.get(socket, ()) if _is_named(each, rules)]


def _sockets(rules: Sequence[ForeignSession], folder: Path) -> list[Path]:
    try:
        return sorted(
            path
            for path in (folder.iterdir() if rules else ())
            if any(fnmatchcase(path.name, rule.socket) for rule in rules) and path.is_socket()
        )
    except OSError:
        return []


def _is_named(session: FoundSession, rules: Sequence[ForeignSession]) -> bool:
    return any(fnmatchcase(session.server, rule.socket) and fnmatchcase(session.name, rule.session) for rule in rules)


async def _sessions(socket: Path) -> list[FoundSession]:
    """The sessions of one server.

    Raises:
        PlaceUnavailable: it does not answer.
    """
    libtmux = await anyio.to_thread.run_sync(import_module, "libtmux.neo")  # a tenth of a second
    _, form = libtmux.get_output_format(LISTING)
    told = await ask("-u", "-S", str(socket), LISTING, "-F", form, environment=os.environ)
    path = await anyio.to_thread.run_sync(os.path.realpath, socket)
    return [
        FoundSession(
            server=socket.name,
            name=row.get("session_name", ""),
            socket=path,
            width=int(row.get("window_width", 0)),
            height=int(row.get("window_height", 0)),
        )
        for row in _rows(told.decode("utf-8", "backslashreplace"), libtmux.parse_output)
    ]


def _rows(told: str, parse: Callable[[str, str], dict[str, str]]) -> Iterator[dict[str, str]]:
    for line in told.split("\n"):
        with suppress(ValueError):  # a title or directory with a newline or libtmux's separator in it
            yield parse(line, LISTING)
