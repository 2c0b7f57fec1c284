import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from mcp import Client

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.server import build

Connect = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database=tmp_path / "state" / "t.db",
        log_file=tmp_path / "t.log",
        project=tmp_path,
        environment=dict(os.environ),
        semantic="off",
    )


@pytest.fixture
def connect(settings: Settings) -> Connect:
    """Open a client of a server of our own, in memory."""

    @asynccontextmanager
    async def connected(
        *,
        toolsets: str = "all",
        mode: str = "auto",
        project: Path | None = settings.project,
        dispatches: bool = False,
        environment: Mapping[str, str] = {},
        **options: object,
    ) -> AsyncIterator[Client]:
        own = Settings(
            database=settings.database,
            log_file=settings.log_file,
            project=project,
            environment=os.environ | environment,
            semantic=settings.semantic,
        )
        async with Client(build(App(own, dispatches=dispatches), toolsets), mode=mode, **options) as client:
            yield client

    return connected
