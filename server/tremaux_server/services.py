"""Wire the services: the one place where settings, database and services meet."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Self

from anyio.abc import TaskGroup

from tremaux_server.config import Settings
from tremaux_server.project_config import stall_settings
from tremaux_server.where import Whereabouts
from tremaux_tools.core.redact import Redactor, secret_values
from tremaux_tools.intake import Intake
from tremaux_tools.journal import Journal
from tremaux_tools.places.process import Sink, run_through
from tremaux_tools.store.database import Database
from tremaux_tools.transfer import Transfer
from tremaux_tools.upkeep import Upkeep

if TYPE_CHECKING:
    from tremaux_tools.terminals import Terminals


@dataclass(frozen=True)
class Services:
    """What does the work; the database behind it is opened at its first use."""

    settings: Settings
    tasks: TaskGroup
    database: Database
    redactor: Redactor
    journal: Journal
    transfer: Transfer
    upkeep: Upkeep

    @classmethod
    def of(cls, settings: Settings, whereabouts: Whereabouts, tasks: TaskGroup) -> Self:
        """Wire the services of one process."""
        database = Database(settings.database)
        redactor = Redactor(secret_values(settings.environment))
        intake = Intake(clock=time.time, session=whereabouts.current, redactor=redactor)
        return cls(
            settings=settings,
            tasks=tasks,
            database=database,
            redactor=redactor,
            journal=Journal(database, intake, clock=time.time, settings_of=stall_settings, redactor=redactor),
            transfer=Transfer(database, clock=time.time, redactor=redactor),
            upkeep=Upkeep(database, clock=time.time),
        )

    @cached_property
    def terminals(self) -> "Terminals":
        """The terminals; what they stand on is not even imported before the first call that needs one."""
        wiring = import_module("tremaux_server.terminals")
        wired: Terminals = wiring.wire(self.settings, self.database, self.tasks, self.redactor)
        return wired

    async def close(self) -> None:
        """Let go of what was opened; terminals run on."""
        if "terminals" in self.__dict__:
            await self.terminals.close()
        await self.database.close()

    async def run_gate(self, argv: Sequence[str], *, log: Path, out: Sink, err: Sink) -> int:
        """Run a gate as a child process, its output passed through and kept in `log`; returns its exit code."""
        return await run_through(argv, log=log, out=out, err=err)
