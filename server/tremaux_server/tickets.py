"""Wire the tickets and what runs them: loaded at the first call that needs them."""

import time
from collections.abc import Mapping
from pathlib import Path

from tremaux_server.config import Settings
from tremaux_server.project_workers import worker_settings
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.tickets.budget import Budgets
from tremaux_tools.dispatch import Dispatcher, Pool
from tremaux_tools.dispatch.budgets import BudgetKeeper
from tremaux_tools.dispatch.folders import Folders
from tremaux_tools.dispatch.leases import Leases
from tremaux_tools.dispatch.meter import Meter
from tremaux_tools.dispatch.preparation import Preparation
from tremaux_tools.dispatch.settlement import Settlement
from tremaux_tools.jobs import Jobs
from tremaux_tools.journal import Journal
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.metrics import cores
from tremaux_tools.place import Place
from tremaux_tools.places import identity
from tremaux_tools.playbook import Playbook
from tremaux_tools.postflight import Postflight
from tremaux_tools.skills import Skills
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.trust import Trust
from tremaux_tools.workers import Workers


def wire_workers(settings: Settings, trust: Trust, places: Mapping[str, Place]) -> Workers:
    """The worker profiles, built-in ones and those of projects."""
    return Workers(trust, settings_of=worker_settings, places=places, environment=settings.environment)


async def wire_dispatcher(
    settings: Settings,
    database: Database,
    changes: Changes,
    live_settings: LiveSettings,
    jobs: Jobs,
    journal: Journal,
    postflight: Postflight,
    skills: Skills,
    playbook: Playbook,
    workers: Workers,
    redactor: Redactor,
) -> Dispatcher:
    """What runs tickets in this process."""
    clock = time.time
    budgets = BudgetKeeper(budgets_of=_budgets_of, clock=clock)
    folder = Path(f"{settings.database}-tickets")
    folders = Folders(database, folder)
    return Dispatcher(
        database,
        changes,
        jobs,
        Leases(
            database,
            budgets,
            owner=await identity.mine(),
            pool=Pool(live_settings, by_place=settings.max_workers_at, cores=cores()),
            clock=clock,
        ),
        Preparation(
            database,
            journal,
            postflight,
            skills,
            playbook,
            workers,
            settings=live_settings,
            folder=folder,
            environment=settings.environment,
        ),
        Settlement(
            database,
            changes,
            jobs,
            journal,
            postflight,
            workers,
            folders,
            settings=live_settings,
            clock=clock,
            redactor=redactor,
        ),
        Meter(database, changes, jobs, workers, budgets, clock=clock),
        folders,
        clock=clock,
    )


def _budgets_of(root: Path) -> Budgets:
    return worker_settings(root).budgets
