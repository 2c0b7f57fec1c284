"""Wire the services: the one place where settings, database and services meet."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tremaux_server.config import Settings
from tremaux_server.project_config import stall_settings
from tremaux_server.where import Whereabouts
from tremaux_tools.intake import Intake
from tremaux_tools.journal import Journal
from tremaux_tools.places.process import Sink, run_through
from tremaux_tools.store.database import Database
from tremaux_tools.transfer import Transfer
from tremaux_tools.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class Services:
    """What does the work; the database behind it is opened at its first use."""

    database: Database
    journal: Journal
    transfer: Transfer
    upkeep: Upkeep

    @classmethod
    def of(cls, settings: Settings, whereabouts: Whereabouts) -> Self:
        """Wire the services of one process."""
        database = Database(settings.database)
        intake = Intake(clock=time.time, session=whereabouts.current)
        return cls(
            database=database,
            journal=Journal(database, intake, clock=time.time, settings_of=stall_settings),
            transfer=Transfer(database, clock=time.time),
            upkeep=Upkeep(database, clock=time.time),
        )

    async def run_gate(self, argv: Sequence[str], *, log: Path, out: Sink, err: Sink) -> int:
        """Run a gate as a child process, its output passed through and kept in `log`; returns its exit code."""
        return await run_through(argv, log=log, out=out, err=err)
