"""Find what a target means: a terminal's name, a job's id, or else a ticket's id, which stands for its worker."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tremaux_server.app import App
from tremaux_server.look import LINES, Look, look
from tremaux_tools.core.job import JOB_PREFIX
from tremaux_tools.core.terminal.values import Capture, Outcome
from tremaux_tools.core.tickets.ticket import Run
from tremaux_tools.errors import BadArgument, TerminalGone, UnknownItem

if TYPE_CHECKING:  # looking loads terminals, finding a target does not
    from tremaux_tools.terminals import Progress

SCREEN = 40  # lines of a log that stand for a screen

T = TypeVar("T")


async def at_terminal(app: App, where: Path, target: str, act: Callable[[str], Awaitable[T]]) -> T:
    """Do something in the terminal that `target` means; a terminal's own name comes before a ticket's id.

    Raises:
        TerminalGone: it is a ticket whose worker has no terminal, or none any more.
        UnknownItem: it is neither.
    """
    try:
        return await act(target)
    except UnknownItem as unknown:
        run = await _run(app, where, target, unknown)
    if not run.terminal:
        raise TerminalGone(
            f"the worker of ticket {target!r} has no terminal: it is a plain process",
            f"Read its log with get_job({run.job_name!r}).",
        )
    try:
        return await act(run.terminal)
    except UnknownItem as error:
        raise TerminalGone(
            f"the terminal of ticket {target!r} was closed", "capture_pane shows what its worker printed."
        ) from error


async def see(app: App, where: Path, at: Look, progress: "Progress | None" = None) -> Capture:
    """Wait and capture as asked; of a ticket without a terminal it is the log that was kept of its newest run.

    Raises:
        BadArgument: it is a ticket that runs without a terminal, and there is something to wait for.
        UnknownItem: the target is no terminal, job or ticket.
    """
    try:
        return await look(app.terminals, at, progress)
    except UnknownItem as unknown:
        run = await _run(app, where, at.target, unknown)
    if run.terminal:
        try:
            return await look(app.terminals, replace(at, target=run.terminal), progress)
        except (TerminalGone, UnknownItem):
            pass  # it was closed; what was printed in it is kept
    return await _log(app, at, run)


async def _run(app: App, where: Path, target: str, unknown: UnknownItem) -> Run:
    """The newest run of the ticket of that id."""
    if target.startswith(JOB_PREFIX):
        raise unknown
    try:
        ticket = await app.tickets.get(where, target)
    except UnknownItem:
        raise unknown from None
    if ticket.run is None:
        raise TerminalGone(
            f"ticket {target!r} has not run yet, it is {ticket.status}", "get_ticket tells what it waits for."
        )
    return ticket.run


async def _log(app: App, at: Look, run: Run) -> Capture:
    if run.job_name is None:
        raise TerminalGone(f"the worker of ticket {at.target!r} has not started", "Ask again in a moment.")
    lines = LINES if at.lines is None else at.lines or SCREEN
    job, _ = await app.services.get_job(run.job_name, tail=lines)
    is_alive = job.status == "running"
    if is_alive and at.wait != "none":
        raise BadArgument(
            f"wait {at.wait!r} needs a terminal, and the worker of ticket {at.target!r} has none",
            f"Wait for its end with get_job({run.job_name!r}, wait_s=...).",
        )
    text = job.log_tail.rstrip("\n")
    return Capture(
        target=at.target,
        pane_id="",
        text=text,
        lines=text.count("\n") + bool(text),
        cursor=(0, 0),
        command=job.command,
        alive=is_alive,
        exit_code=job.exit_code,
        outcome=Outcome.NONE if is_alive else Outcome.GONE,
        waited=0.0,
        matched=None,
        truncated=False,
        redactions=job.redactions,
        mark="",
    )
