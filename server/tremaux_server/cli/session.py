"""What every command shares: the services, and how an answer is printed."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

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


def standard_input() -> str:
    """All that is piped in; what is no UTF-8 of it is marked as such."""
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def show(reply: Reply, options: Namespace) -> None:
    """Print an answer: words for a person, or the tool's object with `--json`."""
    if options.json:
        print_json(reply.structured())
    else:
        print(reply.text(), file=sys.stdout)


def show_whole(reply: Reply, options: Namespace) -> None:
    """Print an answer without cutting it: a person can scroll."""
    if options.json:
        print_json(reply.model_dump(mode="json"))
    else:
        print("\n".join(reply.lines()))


def print_json(answer: Mapping[str, Any]) -> None:
    """Print an object for a program to read."""
    print(json.dumps(answer, ensure_ascii=False, indent=2))
