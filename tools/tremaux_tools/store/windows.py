"""The newest attempts of a goal, without reading from the database again what was read before."""

from collections import OrderedDict

import aiosqlite

from tremaux_tools.core.attempt import Attempt
from tremaux_tools.core.stall import WINDOW
from tremaux_tools.store import attempts

KEPT = 1_000  # attempts of all goals; each takes some 10 KB


class Windows:
    """Remembers stored attempts, which never change; a key is an attempt's id and time."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, float], Attempt] = OrderedDict()

    async def read(self, connection: aiosqlite.Connection, goal_id: int) -> list[Attempt]:
        """The attempts that a judgement looks at, oldest first."""
        wanted = await attempts.keys(connection, goal_id, limit=WINDOW)
        unknown = sum(key not in self._known for key in wanted)
        if unknown:
            # New attempts come at the end, so the unknown ones are the newest, or all after a restart.
            is_newest = all(key in self._known for key in wanted[unknown:])
            limit = unknown if is_newest else WINDOW
            for record in await attempts.newest(connection, goal_id, limit=limit):
                self._known[record.attempt.id, record.attempt.at] = record.attempt
        window = [self._known[key] for key in reversed(wanted)]
        for key in wanted:
            self._known.move_to_end(key)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return window
