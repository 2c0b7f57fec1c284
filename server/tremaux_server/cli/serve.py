"""`tremaux serve`: the MCP server on standard input and output."""

import os
import signal
from argparse import Namespace

from tremaux_server import logs
from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.server import build


def serve(options: Namespace) -> int:
    """Serve until the client closes its end."""
    settings = Settings.read(os.environ, database=options.db)
    logs.start(settings.log_file, settings.log_level)
    # Clients end a server by a signal; what was answered is on the disk, so there is nothing to tidy up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    build(App(settings, dispatches=True), options.toolsets or settings.toolsets).run("stdio")
    return 0
