"""Places as the server wires them, for tests and for processes that tests kill."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tremaux_tools.place import Place
from tremaux_tools.places.process import ProcessPlace


@asynccontextmanager
async def wired(kind: str, home: Path) -> AsyncIterator[Place]:
    """A place of a kind; leaving it leaves its work, as a server does that ends."""
    yield ProcessPlace(home / "jobs")
