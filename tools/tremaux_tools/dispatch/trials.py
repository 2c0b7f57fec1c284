"""What the end of a run says of the settings that it worked with."""

import aiosqlite

from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.settings import SETTINGS
from tremaux_tools.core.tickets.shares import shared_seconds
from tremaux_tools.core.tickets.ticket import VERDICTS, Run
from tremaux_tools.store import exposures, runs

_SHARED = frozenset(name for name, setting in SETTINGS.items() if setting.tried_by == "pool")


async def count(connection: aiosqlite.Connection, run: Run, *, at: float) -> None:
    """Keep how a run ended, at a time in Unix seconds, for the settings that it worked with.

    What the pool shares is judged by the run's share of the time: many workers make each of them slower, and more of
    them get done. One that ended without a verdict, or was lost, says nothing.
    """
    subject = run_subject(run)
    if run.outcome not in VERDICTS or run.started_at is None:
        await exposures.drop(connection, subject)
        return
    targets = await exposures.targets(connection, subject)
    if not targets:
        return
    shared = None
    if targets & _SHARED:
        beside = await runs.beside(connection, run.run_id, begin=run.started_at, end=at)
        shared = shared_seconds((run.started_at, at), beside)
    await exposures.settle(
        connection,
        subject,
        passed=run.outcome == "completed",
        seconds=at - run.started_at,
        shared=shared,
        shared_by=_SHARED,
        cost=run.usage.cost_usd or None,  # where no worker tells what it cost, nothing is known
        at=at,
    )
