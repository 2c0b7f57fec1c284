"""Find what a target means: a terminal's name, a job's id, or else a ticket's id, which stands for its worker."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio

from tremaux_server.app import App
from tremaux_server.look import LINES, Look, look
from tremaux_tools.core.job import JOB_PREFIX
from tremaux_tools.core.terminal.values import Capture, Outcome
from tremaux_tools.core.tickets.ticket import Ticket
from tremaux_tools.errors import BadArgument, TerminalGone, UnknownItem

if TYPE_CHECKING:  # looking loads terminals, finding a target does not
    from tremaux_tools.terminals import Progress

SCREEN = 40  # lines of a log that stand for a screen
OPENING = 20.0  # seconds from the beginning of a job in which its terminal may still have to open
BEGINNING = 3.0  # seconds that a ticket which is ready may take to begin; the pool may have no room for it
GLANCE = 0.05  # seconds between two looks whether it has

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Worker:
    """What runs, or ran, a command for a ticket or a job."""

    what: str  #: in words
    job: str | None  #: id of the job; None: it has not begun
    terminal: str  #: name of its terminal; empty without one


async def at_terminal(app: App, where: Path, target: str, act: Callable[[str], Awaitable[T]]) -> T:
    """Do something in the terminal that `target` means; a terminal's own name comes before a ticket's id.

    Raises:
        TerminalGone: it is a ticket or job whose worker has no terminal, or none any more.
        UnknownItem: it is nothing.
    """
    try:
        return await act(target)
    except UnknownItem as unknown:
        worker = await _worker(app, where, target, unknown)
    mend = f"Read its log with get_job({worker.job!r})." if worker.job else "Ask again in a moment."
    if not worker.terminal:
        raise TerminalGone(f"{worker.what} runs without a terminal", mend)
    try:
        return await _within(app, worker, act)
    except UnknownItem as error:
        raise TerminalGone(f"the terminal of {worker.what} was closed", mend) from error


async def see(app: App, where: Path, at: Look, progress: "Progress | None" = None) -> Capture:
    """Wait and capture as asked; of a ticket or job without a terminal it is the log that was kept.

    Raises:
        BadArgument: it runs without a terminal, and there is something to wait for.
        UnknownItem: the target is no terminal, job or ticket.
    """
    try:
        return await look(app.terminals, at, progress)
    except UnknownItem as unknown:
        worker = await _worker(app, where, at.target, unknown)

    async def seen(name: str) -> Capture:
        return await look(app.terminals, replace(at, target=name), progress)

    if worker.terminal:
        try:
            return await _within(app, worker, seen)
        except (TerminalGone, UnknownItem):
            pass  # it was closed; what was printed in it is kept
    return await _log(app, at, worker)


async def job_of(app: App, where: Path, name: str) -> str:
    """The job of that id, or that of the newest run of the ticket of that id.

    Raises:
        TerminalGone: it is a ticket that has not begun to run.
        UnknownItem: it is neither.
    """
    try:
        await app.services.jobs.find(name)
    except UnknownItem as unknown:
        worker = await _worker(app, where, name, unknown)
        if worker.job is None:
            raise TerminalGone(f"{worker.what} has not begun", "Ask again in a moment.") from unknown
        return worker.job
    return name


async def _within(app: App, worker: _Worker, act: Callable[[str], Awaitable[T]]) -> T:
    """Do something in a worker's terminal, which may be about to open: its job is stored first."""
    while True:
        try:
            return await act(worker.terminal)
        except (TerminalGone, UnknownItem):
            job = await app.services.jobs.find(worker.job) if worker.job else None
            if job is None or job.status != "running" or time.time() - job.started_at > OPENING:
                raise
        await anyio.sleep(GLANCE)


async def _worker(app: App, where: Path, target: str, unknown: UnknownItem) -> _Worker:
    """The newest run of the ticket of that id, or the job."""
    try:
        if target.startswith(JOB_PREFIX):
            job = await app.services.jobs.find(target)
            return _Worker(f"job {target!r}", target, job.terminal)
        ticket = await _begun(app, where, target)
    except UnknownItem:
        raise unknown from None
    if ticket.run is None:
        raise TerminalGone(
            f"ticket {target!r} has not run yet, it is {ticket.status}", "get_ticket tells what it waits for."
        )
    return _Worker(f"the worker of ticket {target!r}", ticket.run.job_name, ticket.run.terminal)


async def _begun(app: App, where: Path, name: str) -> Ticket:
    """A ticket; one that is about to run is given a moment for its worker to begin."""
    deadline = time.monotonic() + BEGINNING
    while True:
        ticket = await app.tickets.get(where, name)
        has_job = ticket.run is not None and ticket.run.job_id is not None
        if has_job or ticket.status not in ("ready", "in_progress") or time.monotonic() > deadline:
            return ticket
        await anyio.sleep(GLANCE)


async def _log(app: App, at: Look, worker: _Worker) -> Capture:
    if worker.job is None:
        raise TerminalGone(f"{worker.what} has not begun", "Ask again in a moment.")
    lines = LINES if at.lines is None else at.lines or SCREEN
    job, _ = await app.services.get_job(worker.job, tail=lines)
    is_alive = job.status == "running"
    if is_alive and at.wait != "none":
        raise BadArgument(
            f"wait {at.wait!r} needs a terminal, and {worker.what} runs without one",
            f"Wait for its end with get_job({worker.job!r}, wait_s=...).",
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
