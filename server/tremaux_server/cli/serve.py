"""`tremaux serve`: the MCP server on standard input and output."""

import gc
import os
import signal
from argparse import Namespace


def serve(options: Namespace) -> int:
    """Serve until the client closes its end."""
    # Importing makes a great many lasting objects; collecting among them in vain costs a tenth of the start.
    gc.disable()
    from tremaux_server import logs  # noqa: PLC0415  after the collector is off
    from tremaux_server.app import App  # noqa: PLC0415
    from tremaux_server.config import Settings  # noqa: PLC0415
    from tremaux_server.server import build  # noqa: PLC0415

    settings = Settings.read(os.environ, database=options.db)
    logs.start(settings.log_file, settings.log_level)
    # Clients end a server by a signal; what was answered is on the disk, so there is nothing to tidy up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = build(App(settings), options.toolsets or settings.toolsets)
    gc.freeze()
    gc.enable()
    server.run("stdio")
    return 0
