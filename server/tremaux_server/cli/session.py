"""What every command shares: the services, and how an answer is printed."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import anyio

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_server.replies.base import Reply

T = TypeVar("T")


def with_app(options: Namespace, work: Callable[[App], Awaitable[T]]) -> T:
    """Run `work` with the services open."""

    async def session() -> T:
        async with App(Settings.read(os.environ, database=options.db)) as app:
            return await work(app)

    return anyio.run(session)


def project(options: Namespace, app: App) -> Path:
    """The directory a command is about."""
    named: Path | None = options.project
    return named.absolute() if named else app.whereabouts.current()


def show(reply: Reply, options: Namespace) -> None:
    """Print an answer: words for a person, or the tool's object with `--json`."""
    if options.json:
        print(json.dumps(reply.structured(), ensure_ascii=False, indent=2))
    else:
        print(reply.text(), file=sys.stdout)
