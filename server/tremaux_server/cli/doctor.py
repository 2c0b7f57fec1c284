"""`tremaux doctor`: is the state sound, how large is it, and what does this machine offer."""

import platform
import shutil
from argparse import Namespace
from pathlib import Path

from tremaux_server import __version__
from tremaux_server.app import App
from tremaux_server.cli.session import show, with_app
from tremaux_server.replies.upkeep import DoctorReply
from tremaux_tools.upkeep import find_cpu_limits, find_engine, find_semantic, find_tmux

MIB = 1024 * 1024


def doctor(options: Namespace) -> int:
    """Report on the state; with `--prune` drop old outputs first."""

    async def work(app: App) -> DoctorReply:
        pruned = (
            await app.services.upkeep.prune(keep_days=options.keep_days, keep_bytes=int(options.keep_mib * MIB))
            if options.prune
            else None
        )
        environment = app.settings.environment
        return DoctorReply.of(
            await app.services.upkeep.examine(),
            pruned,
            tmux=await find_tmux(environment),
            engine=await find_engine(environment.get("DOCKER_HOST")),
            semantic=await find_semantic(app.settings.semantic),
            cpu_limits=await find_cpu_limits(Path(f"{app.settings.database}-jobs")),
            version=__version__,
            python=platform.python_version(),
            git=shutil.which("git"),
            log_file=str(app.settings.log_file),
        )

    reply = with_app(options, work)
    show(reply, options)
    return 1 if reply.damage else 0
