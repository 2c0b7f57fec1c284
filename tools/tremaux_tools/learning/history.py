"""How tasks ended before a trial began: what its old arm is helped out with."""

from dataclasses import replace
from typing import Any

import aiosqlite

from tremaux_tools.core.settings import Setting, Unit
from tremaux_tools.core.settings.registry import TIMEOUT_FACTOR
from tremaux_tools.store import history
from tremaux_tools.store.history import Runs

BEFORE = 30  # tasks, the newest


class Histories:
    """Reads how the newest tasks ended, of the kind that has part in a trial."""

    async def before(
        self, connection: aiosqlite.Connection, setting: Setting[Any] | None, project: str | None
    ) -> dict[str, Any]:
        """The newest tasks, as the figures of a trial keep them.

        Args:
            connection: that of the transaction in which the trial begins.
            setting: what is tried; None: a bullet, which workers of tickets are told.
            project: that the bullet is for; None: all have part.
        """
        unit: Unit = setting.tried_by if setting else "run"
        match unit:
            case "run":
                tasks = await history.runs(connection, project=project, limit=BEFORE)
            case "pool":  # how fast it was before says nothing: both values take turns, and a machine has its hours
                tasks = [replace(task, seconds=None) for task in await history.runs(connection, limit=BEFORE)]
            case "first_run":
                tasks = await history.runs(connection, "first", limit=BEFORE)
            case "retry":
                which: Runs = "after_timeout" if setting is TIMEOUT_FACTOR else "retries"
                tasks = await history.runs(connection, which, limit=BEFORE)
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
