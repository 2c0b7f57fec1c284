"""Learn that the database was written, by this process or by another."""

import anyio

from tremaux_tools.store.database import Database

POLL = 0.1  # seconds between two looks for what other processes wrote: SQLite tells nobody

Version = tuple[int, int]  #: of what was written here, and anywhere


class Changes:
    """Wakes whoever waits for a change: at once for one of this process, within `POLL` for others'."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told = 0
        self._event = anyio.Event()

    def tell(self) -> None:
        """Say that this process has written something that others wait for."""
        self._told += 1
        self._event.set()
        self._event = anyio.Event()

    async def version(self) -> Version:
        """What `wait` can be told later; two equal ones mean that nothing was written in between."""
        told = self._told
        async with self._database.snapshot() as connection:
            ((version,),) = await connection.execute_fetchall("PRAGMA data_version")
        return told, int(version)

    async def wait(self, seen: Version, *, poll: float = POLL) -> Version:
        """Wait until something was written since `seen`; looks for what others wrote every `poll` seconds."""
        while (now := await self.version()) == seen:
            event = self._event
            if self._told == seen[0]:
                with anyio.move_on_after(poll):
                    await event.wait()
        return now
