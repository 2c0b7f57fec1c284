"""The table of tickets that a person looks at."""

from io import StringIO

from rich.console import Console

from tremaux_server.cli.table import table
from tremaux_server.replies.ticket import TicketPart
from tremaux_tools.core.tickets.lifecycle import Status
from tremaux_tools.core.tickets.ticket import Ticket


def drawn(status: Status, *, finished_at: float | None = None) -> str:
    ticket = Ticket(
        ticket_id=1,
        project="p",
        root="/p",
        name="api",
        description="Do it",
        status=status,
        started_at=10.0,
        finished_at=finished_at,
    )
    console = Console(width=200, file=StringIO())
    with console.capture() as captured:
        console.print(table([TicketPart.of(ticket)], now=100.0))
    return captured.get()


def test_time_passes_only_for_a_ticket_that_is_worked_on() -> None:
    assert "1m30s" in drawn("in_progress")
    assert "5.0s" in drawn("completed", finished_at=15.0)
    assert "1m30s" not in drawn("blocked")
