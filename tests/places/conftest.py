import os
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from tremaux_tools.places import process
from tremaux_tools.places.process import Process

Start = Callable[..., Awaitable[Process]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start a shell command as a process of its own; its files lie in a directory of the test."""
    numbers = count()

    async def started(command: str, *, timeout: float | None = 60.0) -> Process:
        directory = tmp_path / "jobs" / str(next(numbers))
        await process.prepare(directory)
        return await process.start(
            ["/bin/sh", "-c", command],
            directory=directory,
            cwd=tmp_path,
            environment=os.environ,
            mark=f"{tmp_path.name}-{directory.name}-{os.getpid()}",
            timeout=timeout,
        )

    return started
