"""Run a command as a plain process that outlives whoever began it, and that any process of Tremaux can see to its end.

The command has no terminal; it writes its output straight to `output.log` in its directory.
"""

import os
import subprocess

import anyio
import anyio.to_thread

from tremaux_tools.errors import BadArgument, PlaceUnavailable
from tremaux_tools.place import Work
from tremaux_tools.places import supervisor
from tremaux_tools.places.family import MARK
from tremaux_tools.places.supervised import Supervised


class ProcessPlace(Supervised):
    """Plain processes of this host."""

    kind = "process"

    async def check(self, *, image: str | None) -> None:
        """Do nothing: work can always be submitted."""

    async def submit(self, work: Work) -> str:
        """Begin a piece of work; submitted twice it begins once. Cancelled, it has begun whole or not at all.

        Returns what of it cannot be kept here; empty for nothing.
        """
        if work.typed is not None:
            raise BadArgument("a plain process has no terminal to type into", "Use place='tmux'.")
        with anyio.CancelScope(shield=True):
            if (note := await self._prepare(work)) is not None:
                await anyio.to_thread.run_sync(_launch, str(work.directory), work.nonce)
            await self._check_begun(work)
        return note or ""

    async def clear(self, nonce: str) -> None:
        """Do nothing: a process leaves nothing but its files."""


def _launch(directory: str, mark: str) -> None:
    """Start a supervisor; it has begun the job when this returns, if it may."""
    try:
        subprocess.run(  # noqa: S603  our own program
            supervisor.command_line(directory),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**os.environ, MARK: mark},
            check=False,
            start_new_session=True,
        )
    except OSError as error:
        raise PlaceUnavailable(
            f"no process can be started: {error.strerror or error}", "See that this machine has processes left."
        ) from error
