"""`tremaux ticket watch`: the tickets of a project as they change."""

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import anyio
from rich.console import Group
from rich.live import Live
from rich.text import Text

from tremaux_server.app import App
from tremaux_server.cli.session import project, with_app
from tremaux_server.cli.table import console, table
from tremaux_server.cli.ticket import warn_if_idle
from tremaux_server.replies.ticket import EventPart
from tremaux_server.replies.tickets import ListReply
from tremaux_tools.core.tickets.lifecycle import SETTLED

# Also keeps the table clear of the ^C that a terminal prints behind the last line: it would be drawn twice.
LEAVE = Text(
    "Ctrl-C leaves, the tickets go on. `tremaux pane attach ID` shows a worker.",
    style="dim",
    no_wrap=True,
    overflow="ellipsis",
)
SHOWN = 200  # tickets in a table; no screen is higher
TICK = 1.0  # seconds between two looks at the clock: rows tell how long a ticket has been running


def watch(options: Namespace) -> int:
    """Watch the tickets until all are settled: a live table on a screen, a line a change in a pipe."""
    printed = _as_json if options.json else EventPart.line

    async def work(app: App) -> None:
        where, bell = project(options, app), _Bell()
        await warn_if_idle(app, where)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bell.listen, app)
            if sys.stdout.isatty() and not options.json:
                await _on_screen(app, where, bell)
            else:
                await _in_lines(app, where, bell, printed)
            tasks.cancel_scope.cancel()

    with_app(options, work)
    return 0


class _Bell:
    """Rings at every change of a ticket, of whatever process, and every `TICK`."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    async def listen(self, app: App) -> None:
        async for _ in app.tickets.news(await app.tickets.last_event()):
            self._event.set()

    async def wait(self) -> None:
        with anyio.move_on_after(TICK):
            await self._event.wait()
        self._event = anyio.Event()


async def _on_screen(app: App, where: Path, bell: _Bell) -> None:
    with Live(console=console(), auto_refresh=False) as live:
        while True:
            reply = await _all(app, where)
            head = Text(reply.head(), style="bold")
            rows = [table(reply.tickets, now=time.time())] if reply.tickets else []
            is_over = _is_over(reply)
            live.update(Group(head, *rows, *([] if is_over else [LEAVE])), refresh=True)
            if is_over:
                return
            await bell.wait()


async def _in_lines(app: App, where: Path, bell: _Bell, printed: Callable[[EventPart], str]) -> None:
    seen = 0
    while True:
        reply = await _all(app, where)
        while events := await app.tickets.events(where, seen):
            for event in events:
                seen = event.event_id
                print(printed(EventPart.of(event)), flush=True)
        if _is_over(reply):
            return
        await bell.wait()


def _as_json(event: EventPart) -> str:
    return event.model_dump_json()


async def _all(app: App, where: Path) -> ListReply:
    return ListReply.of(await app.tickets.list(where, limit=SHOWN))


def _is_over(reply: ListReply) -> bool:
    return not set(reply.counts) - SETTLED
