"""What agents and people do with tickets: look at them, decide about them, merge their work."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import aiosqlite

from tremaux_tools import git
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.tickets.checks import check_prompt
from tremaux_tools.core.tickets.flat import ImportedTicket
from tremaux_tools.core.tickets.graph import critical_path
from tremaux_tools.core.tickets.lifecycle import SETTLED, Decision, Status, decided
from tremaux_tools.core.tickets.ticket import NewTicket, Ticket, TicketEvent, Usage, run_name
from tremaux_tools.core.words import shorten, written
from tremaux_tools.errors import BadArgument, NotAllowed, UnknownItem
from tremaux_tools.jobs import Jobs
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.places import identity
from tremaux_tools.store import moves, runs, tickets
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.tickets.creation import ENDED_BADLY
from tremaux_tools.tickets.handover import Handover
from tremaux_tools.tickets.merging import Merging
from tremaux_tools.tickets.values import History, Listed, Merged, Spawned, Waited
from tremaux_tools.tickets.watch import Progress, Watch
from tremaux_tools.workers import Workers

_EPOCH = re.compile("[0-9]{1,9}")
STOPPING = 20.0  # seconds for the dispatcher to stop a worker: its supervisor takes up to ten


class Tickets:
    """The tickets of all projects of one database. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        changes: Changes,
        jobs: Jobs,
        workers: Workers,
        *,
        clock: Callable[[], float],
        redactor: Redactor = PUBLISHED,
        live_settings: LiveSettings | None = None,
    ) -> None:
        self._database = database
        self._changes = changes
        self._jobs = jobs
        self._workers = workers
        self._clock = clock
        self._redactor = redactor
        self._handover = Handover(
            database,
            changes,
            workers,
            clock=clock,
            redactor=redactor,
            live_settings=live_settings or LiveSettings(database, clock=clock),
        )
        self._merging = Merging(database, changes, redactor, clock=clock)
        self._watch = Watch(database, changes)

    async def check(self, directory: Path, new: Sequence[NewTicket]) -> None:
        """Do nothing where tickets can run in a project, each by itself; raises as `spawn` does.

        So a person is asked about nothing that could not be done.
        """
        await self._handover.check(directory, new)

    async def timed(self, new: Sequence[NewTicket]) -> Sequence[NewTicket]:
        """The tickets, each with a time limit: one that names none gets what `tickets.timeout` is now."""
        return await self._handover.timed(new)

    async def spawn(
        self,
        directory: Path,
        new: Sequence[NewTicket],
        *,
        client: str = "",
        agent: str = "",
        approved: bool = False,
        edited: str | None = None,
    ) -> Spawned:
        """Create tickets, all or none. `approved` says that a person has agreed already, with the prompt `edited`.

        Raises:
            BadArgument: one makes no sense, needs what is not there or has failed, or they need each other in a circle.
            NotAllowed: one names a worker of settings that nobody trusts.
            PlaceUnavailable: one cannot run here.
        """
        return await self._handover.spawn(directory, new, client=client, agent=agent, approved=approved, edited=edited)

    async def take_in(self, directory: Path, imported: Sequence[ImportedTicket], *, by: str = "") -> Sequence[Ticket]:
        """Create tickets that were kept elsewhere, as they stood there; all or none. Raises as `spawn` does."""
        return await self._handover.take_in(directory, imported, by=by)

    async def list(self, directory: Path, *, status: Status | None = None, limit: int = 50) -> Listed:
        """Tickets of a project: first what goes on or waits for somebody, last what is over."""
        project = (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            found = await tickets.newest(connection, project, status=status, limit=limit)
            counts = await tickets.counts(connection, project)
            nodes, needs = await tickets.graph(connection, project)
        chain = critical_path({name: node.status for name, node in nodes.items()}, needs)
        return Listed(found, counts, chain, sum(counts.values()) if status is None else counts.get(status, 0))

    async def get(self, directory: Path, name: str) -> Ticket:
        """One ticket.

        Raises:
            UnknownItem: there is none of that id in the project.
        """
        project = (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            return await _find(connection, project, name)

    async def history(self, directory: Path, name: str) -> History:
        """All runs of a ticket, and what happened to it; raises as `get` does."""
        return (await self.whole(directory, name))[1]

    async def whole(self, directory: Path, name: str) -> tuple[Ticket, History]:
        """A ticket with its history, both of the same moment; raises as `get` does."""
        project = (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            ticket = await _find(connection, project, name)
            return ticket, History(
                await tickets.runs(connection, ticket.ticket_id),
                await tickets.events(connection, ticket.ticket_id),
                await tickets.parts(connection, ticket.ticket_id),
            )

    async def usage(self, directory: Path) -> Sequence[runs.ModelUsage]:
        """What was used by each kind of worker and model in a project."""
        project = (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            return await runs.usage_by_model(connection, project)

    async def names(self, directory: Path, prefix: str, *, limit: int) -> Sequence[str]:
        """Ids of tickets that begin with `prefix`, the newest first."""
        project = (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            return await tickets.names(connection, project, prefix, limit=limit)

    async def decide(
        self,
        directory: Path,
        name: str,
        decision: Decision,
        *,
        reason: str = "",
        prompt: str | None = None,
        by: str = "",
        caller: str = "",
    ) -> Ticket:
        """Decide about a ticket; returns it as it stands then. A worker is stopped before this returns.

        `caller` is the run that decides, as `RUN_VARIABLE` names it; empty: it is no worker.

        Raises:
            BadArgument: the decision makes no sense for a ticket that stands so, or the prompt makes none.
            NotAllowed: a worker approves.
            UnknownItem: there is no such ticket.
        """
        if caller and decision == "approve":
            raise NotAllowed(
                "a worker cannot approve: no person watches it", "Say BLOCKED and why; a person approves elsewhere."
            )
        if prompt is not None:
            prompt = written(prompt)
            check_prompt(prompt)
        reason = shorten(reason, self._redactor)
        project = (await git.find_project(directory)).name
        now = self._clock()
        async with self._database.transaction() as connection:
            ticket = await _find(connection, project, name)
            status = decided(
                ticket.status,
                decision,
                has_open_dependencies=ticket.waiting > 0,
                needs_approval=ticket.needs_approval,
            )
            if status == "todo":
                await _check_retried(connection, ticket)
            if ticket.status == "in_progress" and ticket.run is not None:
                await runs.stop(connection, ticket.run.run_id, "block" if status == "blocked" else "cancel")
                await moves.save(connection, replace(ticket, reason=reason), at=now)
            else:
                new = replace(_decided(ticket, decision, prompt, at=now), status=status, reason=reason)
                await moves.move(connection, ticket, new, by=by, at=now)
        self._changes.tell()
        if ticket.status == "in_progress":
            await self._until_stopped(ticket)
        return await self.get(directory, name)

    async def _until_stopped(self, ticket: Ticket) -> None:
        """Wait for the dispatcher to stop a run and settle it; where there is none, end the worker ourselves."""
        name = ticket.name
        if await self.dispatchers():
            await self._watch.until(
                ticket.project, [name], lambda found: found[name] != "in_progress", timeout=STOPPING
            )
        elif ticket.run and (job := await self._jobs.by_nonce(ticket.run.nonce)):
            await self._jobs.cancel(job)

    async def wait(
        self,
        directory: Path,
        names: Sequence[str],
        *,
        until: Literal["any", "all"],
        timeout: float,  # noqa: ASYNC109  a wait that runs out of time is an answer
        progress: Progress | None = None,
    ) -> Waited:
        """Wait until any or all of these tickets are settled, or one awaits a person's approval.

        No names: all tickets of the project that are not settled.

        Raises:
            UnknownItem: there is no such ticket.
        """
        project = (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            nodes, _ = await tickets.graph(connection, project)
        for name in names:
            if name not in nodes:
                raise _unknown(name)
        watched = list(dict.fromkeys(names)) or [n for n, node in nodes.items() if node.status not in SETTLED]
        wanted = 1 if until == "any" else len(watched)

        def is_over(found: Mapping[str, Status]) -> bool:
            return sum(found[name] in SETTLED for name in watched) >= wanted or "awaiting_approval" in found.values()

        if watched:
            await self._watch.until(project, watched, is_over, timeout=timeout, progress=progress)
        async with self._database.snapshot() as connection:
            found = await tickets.named(connection, project, watched)
        done = sum(ticket.status in SETTLED for ticket in found)
        awaiting = [ticket.name for ticket in found if ticket.status == "awaiting_approval"]
        return Waited(found, not watched or done >= wanted, awaiting)

    async def report_usage(
        self, directory: Path, name: str, usage: Usage, *, model: str | None = None, caller: str = ""
    ) -> Ticket:
        """Add what a run used; `caller` is the run that tells it, as `RUN_VARIABLE` names it, empty: the newest.

        Raises:
            NotAllowed: the caller's run is over: another one has taken its place.
            BadArgument: the ticket was never run.
        """
        ticket = await self.get(directory, name)
        if ticket.run is None:
            raise BadArgument(f"ticket {name!r} was never run", "Report what a run used.")
        if caller and caller != run_name(ticket.run):
            await self._end_stale(ticket, caller)
            raise NotAllowed(
                f"this worker's run of ticket {name!r} is over", "Stop working on it: another run has taken its place."
            )
        async with self._database.transaction() as connection:
            await runs.add_usage(connection, ticket.run.run_id, model or "", usage, at=self._clock())
        self._changes.tell()
        return await self.get(directory, name)

    async def _end_stale(self, ticket: Ticket, caller: str) -> None:
        """End what is left of a run whose worker goes on although another run has taken its place."""
        epoch = caller.rpartition(":")[2]
        if caller != f"{ticket.ticket_id}:{epoch}" or not _EPOCH.fullmatch(epoch):
            return
        async with self._database.snapshot() as connection:
            stale = await runs.of_epoch(connection, ticket.ticket_id, int(epoch))
        if stale and (job := await self._jobs.by_nonce(stale.nonce)):
            await self._jobs.end_family(job)

    async def merge(self, directory: Path, name: str, *, by: str = "") -> Merged:
        """Bring the work of a completed ticket back into the branch that is checked out in its project.

        What it was built on comes in with it, and counts as merged too. With conflicts nothing is changed, and they
        are told.

        Raises:
            BadArgument: there is no work to merge.
            GitError: git refused; nothing was changed.
        """
        return await self._merging.merge(await self.get(directory, name), by=by)

    async def events(self, directory: Path | None, since: int) -> Sequence[TicketEvent]:
        """What happened after an event, to the tickets of one project or of all, at most `MAX_EVENTS`."""
        return await self._watch.events(directory, since)

    async def last_event(self) -> int:
        """The newest event there is; 0 before the first."""
        return await self._watch.last_event()

    def news(self, since: int) -> AsyncIterator[TicketEvent]:
        """What happens to any ticket after an event, by whatever process."""
        return self._watch.news(since)

    async def dispatchers(self) -> int:
        """How many processes run tickets at the moment."""
        async with self._database.snapshot() as connection:
            owners = await runs.dispatchers(connection)
        return sum([await identity.is_alive(owner) for owner in owners])

    async def runners(self, directory: Path) -> Sequence[str]:
        """The names of all worker profiles that a project can use."""
        return await self._workers.names(await git.find_project(directory))

    async def export(self, directory: Path) -> Sequence[Ticket]:
        """All tickets of a project, the oldest first."""
        project = (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            return await tickets.everything(connection, project)


async def _find(connection: aiosqlite.Connection, project: str, name: str) -> Ticket:
    found = await tickets.find(connection, project, name)
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> UnknownItem:
    return UnknownItem(f"there is no ticket {name[:64]!r} in this project", "List them with list_tickets.")


async def _check_retried(connection: aiosqlite.Connection, ticket: Ticket) -> None:
    """Refuse to have a ticket wait for what has failed: it would wait for ever."""
    found = await tickets.statuses(connection, ticket.project, ticket.depends_on)
    for need, status in found.items():
        if status in ENDED_BADLY:
            raise BadArgument(
                f"ticket {ticket.name!r} needs {need!r}, which {ENDED_BADLY[status]}", f"Decide `retry` for {need!r}."
            )


def _decided(ticket: Ticket, decision: Decision, prompt: str | None, *, at: float) -> Ticket:
    """The ticket with what a decision changes beside its state."""
    if prompt is not None:
        ticket = replace(ticket, prompt=prompt)
    # What waits for a person and not for their approval of the work itself waits because of a budget.
    is_paused = ticket.status == "awaiting_approval" and not ticket.needs_approval
    match decision:
        case "approve":
            return replace(ticket, approved_at=at, not_before=0.0, grants=ticket.grants + is_paused)
        case "retry":
            return replace(ticket, not_before=0.0, retry_count=0, loss_count=0)
    return ticket
