"""Our server with one more tool that does nothing, so that only the work differs."""

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
    server = build(App(Settings(database=folder / "t.db", log_file=folder / "t.log", project=folder)), "all")
    server.add_tool(nothing)
    server.run("stdio")
