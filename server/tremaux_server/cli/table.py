"""Tickets as a table for a person's terminal."""

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tremaux_server.replies.ticket import WORDS, TicketPart, one_line
from tremaux_server.shape import cut_end
from tremaux_tools.core.tickets.lifecycle import Status

NEEDS = 12  # columns on a screen: there the description needs them more, and a graph shows all
DESCRIPTION = 60  # characters
REASON = 80  # characters
PIPED = 1_000  # columns where nobody's screen bounds them
MINUTE, HOUR = 60, 3_600  # seconds

_COLOURS: Mapping[Status, str] = {
    "awaiting_approval": "bold yellow",
    "blocked": "yellow",
    "failed": "red",
    "in_progress": "cyan",
    "completed": "green",
    "cancelled": "dim",
}


def console() -> Console:
    """Where tables are printed: as wide as the screen, and in a pipe as wide as they are."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(width=PIPED, highlight=False)


def table(tickets: Iterable[TicketPart], *, now: float) -> Table:
    """One row a ticket; `now`, in Unix seconds, tells how long one has been running."""
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("ID", "STATUS", "WORKER", "TIME"):
        drawn.add_column(heading, no_wrap=True)
    drawn.add_column("NEEDS", max_width=NEEDS if sys.stdout.isatty() else None)
    drawn.add_column("DESCRIPTION")  # what could be wrapped is made narrow first; its cells are cut instead
    for part in tickets:
        drawn.add_row(*_cells(part, now))
    return drawn


def _cells(part: TicketPart, now: float) -> Iterable[Text]:
    """Text, so that no description passes for markup."""
    yield Text(part.id)
    yield Text(WORDS[part.status], style=_COLOURS.get(part.status, ""))
    tries = f" x{part.retry_count + 1}" if part.retry_count else ""
    model = f" {part.model}" if part.model else ""
    yield Text(f"{part.assigned_to}{model} in {part.place}{tries}")
    yield Text(_time(part, now))
    yield _cut(",".join(part.depends_on))
    why = f" ({cut_end(one_line(part.reason), REASON)})" if part.reason else ""
    yield _cut(f"{cut_end(one_line(part.description), DESCRIPTION)}{why}")


def _cut(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _time(part: TicketPart, now: float) -> str:
    """How long it took, or has taken so far; empty where nobody works on it."""
    if part.started_at is None or (part.finished_at is None and part.status != "in_progress"):
        return ""
    end = now if part.finished_at is None else datetime.fromisoformat(part.finished_at).timestamp()
    seconds = max(end - datetime.fromisoformat(part.started_at).timestamp(), 0.0)
    if seconds < MINUTE:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), MINUTE)
    return f"{minutes}m{rest:02}s" if seconds < HOUR else f"{minutes // 60}h{minutes % 60:02}m"
