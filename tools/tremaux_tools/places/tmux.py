"""Run a command in a terminal of tmux, which a person can attach to and an agent can look at and type into.

The command's supervisor runs in the pane, but its command does not depend on it: pane and tmux may die.
"""

import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Protocol

import anyio
import anyio.to_thread

from tremaux_tools.errors import PlaceUnavailable, UnknownItem
from tremaux_tools.place import Work
from tremaux_tools.places import supervised, supervisor
from tremaux_tools.places.supervised import Kind, Supervised

BEGINNING = 20.0  # seconds for a pane to begin what it is for
GLANCE = 0.005  # seconds between two looks whether it has


class Panes(Protocol):
    """Terminals to run something in."""

    async def open(self, name: str, command: str, *, cwd: Path, project: str) -> None:
        """Open a terminal with a command in it; where it is open with that very command, it stays.

        Raises:
            BadArgument: another one has that name.
            PlaceUnavailable: tmux is missing.
        """

    async def close(self, name: str) -> None:
        """Close a terminal.

        Raises:
            UnknownItem: there is none.
        """


class TmuxPlace(Supervised):
    """Terminals of Tremaux's own tmux server. `panes` gives them when one is needed first."""

    kind: Kind = "tmux"

    def __init__(self, folder: Path, panes: Callable[[], Panes], environment: Mapping[str, str]) -> None:
        """`environment` is where tmux is found."""
        super().__init__(folder)
        self._panes = panes
        self._environment = environment

    async def check(self, *, image: str | None) -> None:  # noqa: ARG002 - for places with images
        """Do nothing where work can be submitted.

        Raises:
            PlaceUnavailable: tmux is missing or too old.
        """
        server = await anyio.to_thread.run_sync(import_module, "tremaux_tools.tmux.server")
        await server.usable_version(self._environment)

    async def submit(self, work: Work) -> str:
        """Begin a piece of work; submitted twice it begins once. Cancelled, it has begun whole or not at all.

        Returns what of it cannot be kept here; empty for nothing.
        """
        with anyio.CancelScope(shield=True):
            if (note := await self._prepare(work)) is not None:
                await self._open(work)
            await self._check_begun(work)
        return note or ""

    async def clear(self, nonce: str) -> None:
        """Close the terminal of a piece of work that has ended."""
        told = await anyio.to_thread.run_sync(supervised.describe, self._folder / nonce)
        if name := told.get("terminal"):
            with suppress(UnknownItem):
                await self._panes().close(name)

    async def _open(self, work: Work) -> None:
        """Open a terminal whose program begins the work, and wait until it has; where it never will, close it."""
        words = supervisor.command_line(str(work.directory), in_terminal=True)
        await self._panes().open(work.terminal, shlex.join(words), cwd=work.cwd, project=work.project)
        await self._until_begun(work)
        if (await self.poll(work.nonce)).state == "unknown":  # somebody has taken it over, and may have cleared it
            with suppress(UnknownItem, PlaceUnavailable):
                await self._panes().close(work.terminal)

    async def _until_begun(self, work: Work) -> None:
        """Wait until work has begun; not longer than it may take."""
        with anyio.move_on_after(BEGINNING):
            while not await supervised.has_begun(work.directory):  # noqa: ASYNC110 - another process tells by a file
                await anyio.sleep(GLANCE)
