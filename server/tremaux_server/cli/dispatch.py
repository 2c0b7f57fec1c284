"""`tremaux dispatch`: a process that runs tickets and learns from them, and does nothing else."""

import os
import signal
import sys
from argparse import Namespace
from dataclasses import replace

import anyio

from tremaux_server import logs
from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_tools.core.counted import counted
from tremaux_tools.core.settings.registry import MAX_WORKERS


def dispatch(options: Namespace) -> int:
    """Run tickets until a signal ends it, or with `--until-idle` until nothing is left to run; workers go on."""
    settings = Settings.read(os.environ, database=options.db)
    if options.max_workers is not None:
        settings = replace(settings, explicit={**settings.explicit, MAX_WORKERS.name: options.max_workers})
    logs.start(settings.log_file, settings.log_level)
    anyio.run(_dispatch, settings, options.until_idle)
    return 0


async def _dispatch(settings: Settings, until_idle: bool) -> None:
    async with App(settings) as app, anyio.create_task_group() as tasks:
        tasks.start_soon(_end_at_a_signal, tasks.cancel_scope)
        workers = await app.live_settings.value(MAX_WORKERS)
        print(f"tremaux: at most {counted(workers, 'worker')} at once; end it with Ctrl-C.", file=sys.stderr)
        tasks.start_soon(app.services.learn)
        await app.services.dispatch(until_idle=until_idle)
        tasks.cancel_scope.cancel()


async def _end_at_a_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
            return
