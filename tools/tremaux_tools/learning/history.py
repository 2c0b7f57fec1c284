"""How tasks ended before a trial began: what its old arm is helped out with."""

from dataclasses import replace
from typing import Any

import aiosqlite

from tremaux_tools.core.settings import Setting, Unit
from tremaux_tools.store import history

BEFORE = 30  # tasks, the newest


class Histories:
    """Reads how the newest tasks ended, of the kind that has part in a trial."""

    async def before(self, connection: aiosqlite.Connection, setting: Setting[Any] | None) -> dict[str, Any]:
        """The newest tasks, as the figures of a trial keep them; `setting` None: runs of tickets, told the playbook."""
        unit: Unit = setting.tried_by if setting else "run"
        match unit:
            case "run":
                tasks = await history.runs(connection, limit=BEFORE)
            case "pool":  # how fast it was before says nothing: both values take turns, and a machine has its hours
                tasks = [replace(task, seconds=None) for task in await history.runs(connection, limit=BEFORE)]
            case "first_run":
                tasks = await history.runs(connection, "first", limit=BEFORE)
            case "retry":
                tasks = await history.runs(connection, "retries", limit=BEFORE)
            case "recommendation":
                tasks = await history.recommendations(connection, limit=BEFORE)
            case _:  # of a goal that was not watched nobody knows when it was given up
                tasks = []
        return {
            "passed": sum(task.passed for task in tasks),
            "tasks": len(tasks),
            "seconds": [task.seconds for task in tasks if task.seconds is not None],
            "costs": [task.cost for task in tasks if task.cost is not None],
        }
