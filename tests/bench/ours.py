"""Our server with one more tool that does nothing, so that only the work differs."""

import os
import sys
from pathlib import Path

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.server import build


async def nothing() -> str:
    """Do nothing."""
    return ""


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    settings = Settings(
        database=folder / "t.db", log_file=folder / "t.log", environment=dict(os.environ), project=folder
    )
    server = build(App(settings), "all")
    server.add_tool(nothing)
    server.run("stdio")
