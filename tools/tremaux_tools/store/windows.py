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
        # Held here: while this waits for the database, a reading of another goal may push some of them out.
        found = {key: self._known[key] for key in wanted if key in self._known}
        unknown = len(wanted) - len(found)
        if unknown:
            # New attempts come at the end, so the unknown ones are the newest, or all after a restart.
            is_newest = all(key in found for key in wanted[unknown:])
            limit = unknown if is_newest else WINDOW
            # Another process may have added one since; it is not among the wanted.
            for record in await attempts.newest(connection, goal_id, limit=limit, upto=wanted[0][0]):
                found[record.attempt.id, record.attempt.at] = record.attempt
        self._known.update(found)
        for key in wanted:
            self._known.move_to_end(key)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return [found[key] for key in reversed(wanted)]
