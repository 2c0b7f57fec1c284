"""Take tickets over: from an agent or a person, or from a list that was kept elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import aiosqlite

from tremaux_tools import git
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.settings.registry import TICKET_TIMEOUT
from tremaux_tools.core.tickets.checks import check_list, check_prompt
from tremaux_tools.core.tickets.flat import ImportedTicket
from tremaux_tools.core.tickets.graph import check_new
from tremaux_tools.core.tickets.lifecycle import ENDED, SETTLED, Status
from tremaux_tools.core.tickets.ticket import NewTicket, Ticket
from tremaux_tools.core.words import shorten, written
from tremaux_tools.git import Project
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.store import moves, tickets
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.tickets.creation import Site, check_needed, created, named
from tremaux_tools.tickets.values import Spawned
from tremaux_tools.workers import Workers


class Handover:
    """Creates tickets, all of a list or none. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        changes: Changes,
        workers: Workers,
        *,
        clock: Callable[[], float],
        redactor: Redactor,
        live_settings: LiveSettings,
    ) -> None:
        self._database = database
        self._changes = changes
        self._workers = workers
        self._clock = clock
        self._redactor = redactor
        self._live_settings = live_settings

    async def check(self, directory: Path, new: Sequence[NewTicket]) -> git.Project:
        """The project, where tickets can run in it, each by itself.

        Raises:
            BadArgument: one makes no sense.
            NotAllowed: one names a worker of settings that nobody trusts.
            PlaceUnavailable: one cannot run here.
        """
        check_list(new)
        project = await git.find_project(directory)
        await self._workers.check(project, new)
        return project

    async def timed(self, new: Sequence[NewTicket]) -> list[NewTicket]:
        """The tickets, each with a time limit: one that names none gets what `tickets.timeout` is now."""
        if all(each.timeout is not None for each in new):
            return list(new)
        usual = await self._live_settings.value(TICKET_TIMEOUT)
        return [each if each.timeout is not None else replace(each, timeout=usual) for each in new]

    async def spawn(
        self, directory: Path, new: Sequence[NewTicket], *, client: str, agent: str, approved: bool, edited: str | None
    ) -> Spawned:
        """Create tickets, all or none. `approved` says that a person has agreed already, with the prompt `edited`.

        Raises:
            BadArgument: one makes no sense, needs what is not there or has failed, or they need each other in a circle.
            NotAllowed: one names a worker of settings that nobody trusts.
            PlaceUnavailable: one cannot run here.
        """
        new = await self.timed([_cleaned(each) for each in new])
        project = await self.check(directory, new)
        if edited is not None:
            edited = written(edited)
            check_prompt(edited)
        site = self._site(project)
        async with self._database.transaction() as connection:
            known, needs = await tickets.graph(connection, project.name)
            handed = named(new, known)
            check_new(handed, needs)
            check_needed(handed, known)
            made = created(
                handed,
                site,
                {name: node.status for name, node in known.items()},
                first_id=await tickets.next_id(connection),
                client=client,
                agent=agent,
                prompt=edited,
                approved_at=site.at if approved else None,
            )
            await self._insert(connection, made, known, by=agent or client, at=site.at)
        self._changes.tell()
        ready = [ticket.name for ticket in made if ticket.status == "ready"]
        return Spawned(made, ready, [ticket.name for ticket in made if ticket.status != "ready"])

    async def take_in(self, directory: Path, imported: Sequence[ImportedTicket], *, by: str) -> list[Ticket]:
        """Create tickets that were kept elsewhere, as they stood there; all or none.

        Raises:
            BadArgument: as `spawn` does.
        """
        project = await git.find_project(directory)
        imported = [
            replace(each, new=_cleaned(each.new), reason=shorten(each.reason, self._redactor)) for each in imported
        ]
        check_list([each.new for each in imported])
        await self._workers.check(project, [each.new for each in imported if each.status not in ENDED])
        new = await self.timed([each.new for each in imported])
        site = self._site(project)
        async with self._database.transaction() as connection:
            known, needs = await tickets.graph(connection, project.name)
            handed = named(new, known)
            check_new(handed, needs)
            statuses: dict[str, Status] = {name: node.status for name, node in known.items()}
            statuses |= {new.id or "": each.status for new, each in zip(handed, imported, strict=True)}
            made = [
                _as_it_stood(ticket, each, at=site.at)
                for ticket, each in zip(
                    created(handed, site, statuses, first_id=await tickets.next_id(connection)), imported, strict=True
                )
            ]
            await self._insert(connection, made, known, by=by, at=site.at)
            await moves.drag_new(connection, project.name, by=by, at=site.at)
        self._changes.tell()
        return made

    def _site(self, project: Project) -> Site:
        return Site(project.name, git.printable(str(project.root)), self._clock())

    async def _insert(
        self,
        connection: aiosqlite.Connection,
        made: Sequence[Ticket],
        known: Mapping[str, tickets.Node],
        *,
        by: str,
        at: float,
    ) -> None:
        ids = {name: node.ticket_id for name, node in known.items()}
        await tickets.insert(connection, made, ids | {each.name: each.ticket_id for each in made})
        await moves.begin(connection, made, by=by, at=at)


def _cleaned(new: NewTicket) -> NewTicket:
    """A ticket whose description can be shown in a terminal, and typed into one; its command stays as it is."""
    return replace(new, description=written(new.description))


def _as_it_stood(ticket: Ticket, imported: ImportedTicket, *, at: float) -> Ticket:
    status = imported.status if imported.status in SETTLED else ticket.status
    return replace(ticket, status=status, reason=imported.reason, finished_at=at if status in ENDED else None)
