"""`tremaux knowledge`: what is known, searched and tended from a person's shell."""

import sys
from argparse import Namespace
from pathlib import Path

from tremaux_server.app import App
from tremaux_server.cli.session import project, show, show_whole, with_app
from tremaux_server.replies.base import Reply
from tremaux_server.replies.knowledge import (
    DuplicatesReply,
    EntityReply,
    ForgetReply,
    RememberReply,
    SearchReply,
    StatsReply,
)
from tremaux_tools.errors import BadArgument


def search(options: Namespace) -> int:
    """Search all that was learnt or remembered."""

    async def work(app: App) -> Reply:
        found = await app.knowledge.search(" ".join(options.query), kind=options.kind, limit=options.n)
        return SearchReply.of(found)

    show(with_app(options, work), options)
    return 0


def show_entity(options: Namespace) -> int:
    """Show one thing and what it has to do with others."""

    async def work(app: App) -> Reply:
        return EntityReply.of(await app.knowledge.get(options.name, depth=options.depth))

    show(with_app(options, work), options)
    return 0


def remember(options: Namespace) -> int:
    """Add something that holds beyond one task."""
    relations = [_relation(text) for text in options.relation]

    async def work(app: App) -> Reply:
        where = project(options, app)
        added = await app.knowledge.remember(where, options.name, options.kind, options.content, relations)
        return RememberReply.of(added)

    show(with_app(options, work), options)
    return 0


def forget(options: Namespace) -> int:
    """Remove something for good."""

    async def work(app: App) -> Reply:
        return ForgetReply.of(await app.knowledge.forget(options.name))

    show(with_app(options, work), options)
    return 0


def stats(options: Namespace) -> int:
    """Count what is known."""

    async def work(app: App) -> Reply:
        return StatsReply.of(await app.knowledge.stats())

    show(with_app(options, work), options)
    return 0


def merge(options: Namespace) -> int:
    """Find learnings that say the same, and with `--apply` make one of each group."""

    async def work(app: App) -> Reply:
        knowledge = app.knowledge
        groups = await (knowledge.merge_duplicates() if options.apply else knowledge.duplicates())
        return DuplicatesReply.of(groups, merged=options.apply)

    show_whole(with_app(options, work), options)
    return 0


def export(options: Namespace) -> int:
    """Write the knowledge graph as JSON lines, as the reference memory server keeps it."""

    async def work(app: App) -> None:
        if options.file is None:
            sys.stdout.writelines([f"{line}\n" async for line in app.sharing.knowledge_lines()])
        else:
            where = str(options.file.absolute())
            await app.sharing.export(Path.cwd(), where, "memory-jsonl", anywhere=True)

    with_app(options, work)
    return 0


def _relation(text: str) -> tuple[str, str]:
    type_, _, target = text.partition("=")
    if not type_ or not target:
        raise BadArgument(f"--relation {text!r} does not fit", "Write it as TYPE=NAME, such as fixes=tool:pytest.")
    return type_, target
