"""The ticket service: hand work over as a graph, look at it, decide about it, wait for it.

It writes what is wanted into the database and runs nothing itself: that is the dispatcher's business, in this process
or another.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import aiosqlite
import anyio

from tremaux_tools import git
from tremaux_tools.core.context import ContextPart
from tremaux_tools.core.tickets.checks import check_list
from tremaux_tools.core.tickets.flat import ImportedTicket
from tremaux_tools.core.tickets.graph import check_new, critical_path
from tremaux_tools.core.tickets.lifecycle import ENDED, SETTLED, Decision, Status, decided, open_status
from tremaux_tools.core.tickets.profiles import SHELL
from tremaux_tools.core.tickets.ticket import NewTicket, Run, Ticket, TicketEvent, Usage
from tremaux_tools.errors import BadArgument, GitError, NotAllowed, UnknownItem
from tremaux_tools.jobs import Jobs
from tremaux_tools.places import identity
from tremaux_tools.store import moves, runs, tickets
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.workers import Workers

STOPPING = 20.0  # seconds for the dispatcher to stop a worker: its supervisor takes up to ten
MAX_EVENTS = 1_000  # told at once
AUTO_PREFIX = "T-"
TITLE_CHARS = 60  # of a commit's subject

Progress = Callable[[int, int], Awaitable[None]]  #: how many of the tickets waited for are settled, of how many


@dataclass(frozen=True, slots=True)
class Spawned:
    """Tickets that were created."""

    tickets: list[Ticket]
    ready: list[str]
    blocked: list[str]  #: wait for others, or for an approval


@dataclass(frozen=True, slots=True)
class Listed:
    """Tickets of a project."""

    tickets: list[Ticket]
    counts: dict[Status, int]
    critical_path: tuple[str, ...]  #: the longest chain of what is not done, the first to be done first
    total: int


@dataclass(frozen=True, slots=True)
class History:
    """What became of a ticket so far."""

    runs: list[Run]
    events: list[TicketEvent]
    parts: list[ContextPart]  #: of its context


@dataclass(frozen=True, slots=True)
class Waited:
    """Tickets that were waited for, as they stand."""

    tickets: list[Ticket]
    is_done: bool
    awaiting: list[str]  #: those of them that wait for a person's approval


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge."""

    ticket: Ticket
    commit: str  #: empty where there were conflicts
    files: int  #: how many the merge changed
    conflicts: Sequence[str]  #: files that both sides changed; nothing was merged then


class Tickets:
    """The tickets of all projects of one database. `clock` gives Unix seconds."""

    def __init__(
        self, database: Database, changes: Changes, jobs: Jobs, workers: Workers, *, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._changes = changes
        self._jobs = jobs
        self._workers = workers
        self._clock = clock

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
            BadArgument: one makes no sense, needs what is not there or has failed, or they need each other in a cycle.
            PlaceUnavailable: one cannot run here.
        """
        project = await git.find_project(directory)
        check_list(new)
        await self._workers.check(project, new)
        now = self._clock()
        async with self._database.transaction() as connection:
            nodes, needs = await tickets.graph(connection, project.name)
            named = _named(new, nodes)
            check_new(named, needs)
            _check_needed(named, nodes)
            first = await tickets.next_id(connection)
            created = []
            for number, each in enumerate(named, first):
                ticket = _created(each, number, project, nodes, at=now)
                ticket = replace(ticket, client=client, agent=agent, prompt=edited)
                ticket = replace(ticket, approved_at=now if approved else None)
                created.append(replace(ticket, status=_first_status(ticket)))
            await self._insert(connection, created, nodes, by=agent or client)
        self._changes.tell()
        ready = [ticket.name for ticket in created if ticket.status == "ready"]
        return Spawned(created, ready, [ticket.name for ticket in created if ticket.status != "ready"])

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
        """All runs of a ticket, and what happened to it."""
        ticket = await self.get(directory, name)
        async with self._database.snapshot() as connection:
            return History(
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
    ) -> Ticket:
        """Decide about a ticket; returns it as it stands then. A worker is stopped before this returns.

        Raises:
            BadArgument: the decision makes no sense for a ticket that stands so.
            UnknownItem: there is no such ticket.
        """
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
                if reason:
                    await moves.save(connection, replace(ticket, reason=reason), at=now)
            else:
                new = replace(_decided(ticket, decision, prompt, at=now), status=status, reason=reason)
                await moves.move(connection, ticket, new, by=by, at=now)
        self._changes.tell()
        if ticket.status == "in_progress":
            await self._until(project, [name], lambda found: found[name] != "in_progress", timeout=STOPPING)
        return await self.get(directory, name)

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
            await self._until(project, watched, is_over, timeout=timeout, progress=progress)
        async with self._database.snapshot() as connection:
            found = [await _find(connection, project, name) for name in watched]
        done = sum(ticket.status in SETTLED for ticket in found)
        awaiting = [ticket.name for ticket in found if ticket.status == "awaiting_approval"]
        return Waited(found, not watched or done >= wanted, awaiting)

    async def report_usage(
        self, directory: Path, name: str, usage: Usage, *, model: str | None = None, caller: str = ""
    ) -> Ticket:
        """Add what a run used; `caller` is the run that tells it, as `TREMAUX_RUN` names it, empty: the newest.

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
        if caller != f"{ticket.ticket_id}:{epoch}" or not epoch.isdigit():
            return
        async with self._database.snapshot() as connection:
            stale = await runs.of_epoch(connection, ticket.ticket_id, int(epoch))
        if stale and (job := await self._jobs.by_nonce(stale.nonce)):
            await self._jobs.end_family(job)

    async def merge(self, directory: Path, name: str, *, by: str = "") -> Merged:
        """Bring the work of a completed ticket back into the branch that is checked out in its project.

        With conflicts nothing is changed, and they are told.

        Raises:
            BadArgument: there is no work to merge.
            GitError: git refused; nothing was changed.
        """
        ticket = await self.get(directory, name)
        if ticket.status != "completed" or ticket.run is None or not ticket.run.branch:
            raise BadArgument(
                f"ticket {name!r} is {ticket.status} and has no work to merge",
                "Only a completed ticket that ran in a work tree of its own has.",
            )
        if ticket.merged:
            raise BadArgument(f"ticket {name!r} was merged as {ticket.merged[:12]} already", "There is nothing to do.")
        project = await git.find_project(Path(ticket.root))
        title = " ".join(ticket.description.split())[:TITLE_CHARS]
        merged = await git.merge_branch(
            project,
            ticket.run.branch,
            message=f"Merge ticket {name}: {title}",
            trailers={"Tremaux-Ticket": name},
        )
        if merged.commit is None:
            return Merged(ticket, "", 0, merged.conflicts)
        now = self._clock()
        async with self._database.transaction() as connection:
            done = replace(await _find(connection, ticket.project, name), merged=merged.commit)
            await moves.save(connection, done, at=now)
            await moves.note(connection, done, f"merged as {merged.commit[:12]}", by=by, at=now)
        self._changes.tell()
        await _remove_tree(project, ticket.run)
        return Merged(await self.get(directory, name), merged.commit, merged.files, ())

    async def events(self, directory: Path | None, since: int) -> Sequence[TicketEvent]:
        """What happened after an event, to the tickets of one project or of all, at most `MAX_EVENTS`."""
        project = None if directory is None else (await git.find_project(directory)).name
        async with self._database.snapshot() as connection:
            return await tickets.events_since(connection, project, since, limit=MAX_EVENTS)

    async def last_event(self) -> int:
        """The newest event of all: `news` tells what comes after it."""
        async with self._database.snapshot() as connection:
            return await tickets.last_event(connection)

    async def news(self, since: int) -> AsyncIterator[TicketEvent]:
        """What happens to any ticket after an event, by whatever process."""
        version = await self._changes.version()
        while True:
            for event in await self.events(None, since):
                since = event.event_id
                yield event
            version = await self._changes.wait(version)

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

    async def take_in(self, directory: Path, imported: Sequence[ImportedTicket], *, by: str = "") -> Sequence[Ticket]:
        """Create tickets that were kept elsewhere, as they stood there; all or none.

        Raises:
            BadArgument: as `spawn` does.
        """
        project = await git.find_project(directory)
        check_list([each.new for each in imported])
        open_ones = [each.new for each in imported if each.status not in ENDED]
        await self._workers.check(project, open_ones)
        now = self._clock()
        async with self._database.transaction() as connection:
            nodes, needs = await tickets.graph(connection, project.name)
            named = _named([each.new for each in imported], nodes)
            check_new(named, needs)
            first = await tickets.next_id(connection)
            standing = {new.id or "": each.status for new, each in zip(named, imported, strict=True)}
            created = []
            for number, (new, each) in enumerate(zip(named, imported, strict=True), first):
                ticket = _created(new, number, project, nodes, at=now, standing=standing)
                status = each.status if each.status in SETTLED else _first_status(ticket)
                ended = now if status in ENDED else None
                created.append(replace(ticket, status=status, reason=each.reason, finished_at=ended))
            await self._insert(connection, created, nodes, by=by)
            await moves.drag_new(connection, project.name, by=by, at=now)
        self._changes.tell()
        return created

    async def _insert(
        self,
        connection: aiosqlite.Connection,
        created: Sequence[Ticket],
        nodes: Mapping[str, tickets.Node],
        *,
        by: str,
    ) -> None:
        ids = {name: node.ticket_id for name, node in nodes.items()}
        await tickets.insert(connection, created, ids | {each.name: each.ticket_id for each in created})
        await moves.begin(connection, created, by=by, at=self._clock())

    async def _until(
        self,
        project: str,
        names: Collection[str],
        is_over: Callable[[Mapping[str, Status]], bool],
        *,
        timeout: float,  # noqa: ASYNC109
        progress: Progress | None = None,
    ) -> None:
        """Wait for the states of some tickets, at most `timeout` seconds."""
        told = -1
        with anyio.move_on_after(timeout):
            version = await self._changes.version()
            while True:
                async with self._database.snapshot() as connection:
                    found = await tickets.statuses(connection, project, names)
                if is_over(found):
                    return
                settled = sum(status in SETTLED for status in found.values())
                if progress and settled != told:
                    told = settled
                    await progress(settled, len(names))
                version = await self._changes.wait(version)


def run_name(run: Run) -> str:
    """How a run is named to its worker, in `TREMAUX_RUN`."""
    return f"{run.ticket_id}:{run.epoch}"


async def _remove_tree(project: git.Project, run: Run) -> None:
    """Remove the work tree of a run that was merged; one that holds more than that stays."""
    tree = anyio.Path(run.worktree)
    with suppress(GitError, OSError):
        await git.remove_worktree(project, Path(tree), branch=run.branch)
        await tree.parent.rmdir()


async def _find(connection: aiosqlite.Connection, project: str, name: str) -> Ticket:
    found = await tickets.find(connection, project, name)
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> UnknownItem:
    return UnknownItem(f"there is no ticket {name[:64]!r} in this project", "List them with list_tickets.")


def _named(new: Sequence[NewTicket], nodes: Mapping[str, tickets.Node]) -> list[NewTicket]:
    """The tickets with ids for those that came without."""
    taken = {*nodes, *(each.id for each in new)}
    number = len(nodes)
    named = []
    for each in new:
        if each.id is None:
            number += 1
            while f"{AUTO_PREFIX}{number}" in taken:
                number += 1
            each = replace(each, id=f"{AUTO_PREFIX}{number}")  # noqa: PLW2901
        named.append(each)
    return named


async def _check_retried(connection: aiosqlite.Connection, ticket: Ticket) -> None:
    """Refuse to have a ticket wait for what has failed: it would wait for ever."""
    found = await tickets.statuses(connection, ticket.project, ticket.depends_on)
    for need, status in found.items():
        if status in _ENDED_SO:
            raise BadArgument(
                f"ticket {ticket.name!r} needs {need!r}, which {_ENDED_SO[status]}", f"Decide `retry` for {need!r}."
            )


def _check_needed(new: Sequence[NewTicket], nodes: Mapping[str, tickets.Node]) -> None:
    for each in new:
        for need in each.depends_on:
            if need in nodes and nodes[need].status in ENDED and nodes[need].status != "completed":
                raise BadArgument(
                    f"ticket {each.id!r} needs {need!r}, which {_ENDED_SO[nodes[need].status]}",
                    f"Decide `retry` for {need!r} first, or leave it out of depends_on.",
                )


_ENDED_SO: Mapping[Status, str] = {"failed": "has failed", "cancelled": "was cancelled"}


def _created(
    new: NewTicket,
    number: int,
    project: git.Project,
    nodes: Mapping[str, tickets.Node],
    *,
    at: float,
    standing: Mapping[str, Status] | None = None,
) -> Ticket:
    """A ticket that waits for those it needs and are not completed; `standing` tells how new ones stand."""
    known: dict[str, Status] = {name: node.status for name, node in nodes.items()}
    known |= standing or {}
    needed = tuple(dict.fromkeys(new.depends_on))
    return Ticket(
        ticket_id=number,
        project=project.name,
        root=git.printable(str(project.root)),
        name=new.id or "",
        description=new.description,
        status="todo",
        depends_on=needed,
        waiting=sum(known.get(need) != "completed" for need in needed),
        priority=new.priority,
        runner=new.runner or SHELL,
        command=new.command,
        place=new.place,
        image=new.image,
        step_mode=new.step_mode,
        context_files=new.context_files,
        target_file=new.target_file,
        target_symbols=new.target_symbols,
        max_retries=new.max_retries,
        timeout=new.timeout,
        worktree=new.worktree,
        budget_tokens=new.budget_tokens,
        budget_cost=new.budget_cost,
        goal=new.goal,
        created_at=at,
    )


def _first_status(ticket: Ticket) -> Status:
    return open_status(has_open_dependencies=ticket.waiting > 0, needs_approval=ticket.needs_approval)


def _decided(ticket: Ticket, decision: Decision, prompt: str | None, *, at: float) -> Ticket:
    """The ticket with what a decision changes beside its state."""
    if prompt is not None:
        ticket = replace(ticket, prompt=prompt)
    was_paused = ticket.run is not None and ticket.run.outcome == "paused"
    match decision:
        case "approve":
            return replace(ticket, approved_at=at, not_before=0.0, grants=ticket.grants + was_paused)
        case "retry":
            return replace(ticket, approved_at=at, not_before=0.0, retry_count=0, loss_count=0)
    return ticket
