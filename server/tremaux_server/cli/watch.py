"""`tremaux ticket watch`: the tickets of a project as they change."""

import sys
import time
from argparse import Namespace
from pathlib import Path

import anyio
from rich.console import Group
from rich.live import Live
from rich.text import Text

from tremaux_server.app import App
from tremaux_server.cli.session import project, with_app
from tremaux_server.cli.table import console, table
from tremaux_server.replies.ticket import EventPart
from tremaux_server.replies.tickets import ListReply
from tremaux_tools.core.tickets.lifecycle import SETTLED

SHOWN = 200  # tickets in a table; no screen is higher
TICK = 1.0  # seconds between two looks at the clock: rows tell how long a ticket has been running


def watch(options: Namespace) -> int:
    """Watch the tickets until all are settled: a live table on a screen, a line a change in a pipe."""

    async def work(app: App) -> None:
        await (_on_screen if sys.stdout.isatty() else _in_lines)(app, project(options, app))

    with_app(options, work)
    return 0


async def _on_screen(app: App, where: Path) -> None:
    with Live(console=console(), auto_refresh=False) as live:
        while True:
            reply = await _all(app, where)
            head = Text(reply.text().partition("\n")[0], style="bold")
            live.update(Group(head, table(reply.tickets, now=time.time())), refresh=True)
            if _is_over(reply):
                return
            with anyio.move_on_after(TICK):
                await app.tickets.changed()


async def _in_lines(app: App, where: Path) -> None:
    seen = 0
    while True:
        reply = await _all(app, where)
        for event in await app.tickets.changes(where, seen):
            seen = event.event_id
            print(EventPart.of(event).line(), flush=True)
        if _is_over(reply):
            print(reply.text().partition("\n")[0], flush=True)
            return
        with anyio.move_on_after(TICK):
            await app.tickets.changed()


async def _all(app: App, where: Path) -> ListReply:
    return ListReply.of(await app.tickets.list(where, limit=SHOWN))


def _is_over(reply: ListReply) -> bool:
    return not set(reply.counts) - SETTLED
