"""Wait for tickets, and hear of what happens to them, in whatever process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from pathlib import Path

import anyio

from tremaux_tools import git
from tremaux_tools.core.tickets.lifecycle import SETTLED, Status
from tremaux_tools.core.tickets.ticket import TicketEvent
from tremaux_tools.store import tickets
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database

MAX_EVENTS = 1_000  # told at once

Progress = Callable[[int, int], Awaitable[None]]  #: how many of the tickets waited for are settled, of how many


class Watch:
    """Looks on, and changes nothing."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    async def until(
        self,
        project: str,
        names: Collection[str],
        is_over: Callable[[Mapping[str, Status]], bool],
        *,
        timeout: float,  # noqa: ASYNC109  a wait that runs out of time is an answer
        progress: Progress | None = None,
    ) -> None:
        """Wait for the states of some tickets, at most `timeout` seconds."""
        told = -1
        with anyio.move_on_after(timeout):
            version = await self._changes.version()
            while True:
                async with self._database.snapshot() as connection:
                    found = await tickets.statuses(connection, project, names)
                if is_over(found):
                    return
                settled = sum(status in SETTLED for status in found.values())
                if progress and settled != told:
                    told = settled
                    await progress(settled, len(names))
                version = await self._changes.wait(version)

    async def events(self, directory: Path | None, since: int) -> list[TicketEvent]:
        """What happened after an event, to the tickets of one project or of all, at most `MAX_EVENTS`."""
        project = None if directory is None else (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            return await tickets.events_since(connection, project, since, limit=MAX_EVENTS)

    async def last_event(self) -> int:
        """The newest event of all: `news` tells what comes after it."""
        async with self._database.snapshot() as connection:
            return await tickets.last_event(connection)

    async def news(self, since: int) -> AsyncIterator[TicketEvent]:
        """What happens to any ticket after an event, by whatever process."""
        version = await self._changes.version()
        while True:
            for event in await self.events(None, since):
                since = event.event_id
                yield event
            version = await self._changes.wait(version)
