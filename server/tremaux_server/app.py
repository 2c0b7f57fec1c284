"""Composition root: the one place where settings, database and services meet."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tremaux_server.config import Settings, stall_settings
from tremaux_server.where import Whereabouts
from tremaux_tools.intake import Intake
from tremaux_tools.journal import Journal
from tremaux_tools.places.process import Sink, run_through
from tremaux_tools.store.database import Database
from tremaux_tools.transfer import Transfer
from tremaux_tools.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class App:
    """The services of one process. Nothing of it is opened before its first use."""

    settings: Settings
    database: Database
    whereabouts: Whereabouts
    journal: Journal
    transfer: Transfer
    upkeep: Upkeep

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Wire the services."""
        database = Database(settings.database)
        whereabouts = Whereabouts(settings.project)
        intake = Intake(clock=time.time, session=whereabouts.current)
        return cls(
            settings=settings,
            database=database,
            whereabouts=whereabouts,
            journal=Journal(database, intake, clock=time.time, settings_of=stall_settings),
            transfer=Transfer(database, clock=time.time),
            upkeep=Upkeep(database, clock=time.time),
        )

    async def run_gate(self, argv: Sequence[str], *, log: Path, out: Sink, err: Sink) -> int:
        """Run a gate as a child process, its output passed through and kept in `log`; returns its exit code."""
        return await run_through(argv, log=log, out=out, err=err)

    async def close(self) -> None:
        """Let go of what was opened."""
        await self.database.close()
