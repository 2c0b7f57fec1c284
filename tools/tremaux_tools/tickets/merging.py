"""Bring the work of tickets back into the branch of the person who handed them over, and clear up behind it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio

from tremaux_tools import git
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.tickets.ticket import Run, Ticket
from tremaux_tools.errors import BadArgument, GitError
from tremaux_tools.store import moves, runs, tickets
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.tickets.values import Merged


class Merging:
    """Merges tickets, each with those it was built on. `clock` gives Unix seconds."""

    def __init__(self, database: Database, changes: Changes, redactor: Redactor, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._changes = changes
        self._redactor = redactor
        self._clock = clock

    async def merge(self, ticket: Ticket, *, by: str) -> Merged:
        """Merge a completed ticket's branch; with conflicts nothing is changed, and they are told.

        Raises:
            BadArgument: there is no work to merge.
            GitError: git refused; nothing was changed.
        """
        if ticket.status != "completed" or ticket.run is None or not ticket.run.branch:
            raise BadArgument(
                f"ticket {ticket.name!r} is {ticket.status} and has no work to merge",
                "Only a completed ticket that ran in a work tree of its own has.",
            )
        if ticket.merged:
            raise BadArgument(
                f"ticket {ticket.name!r} was merged as {ticket.merged[:12]} already", "There is nothing to do."
            )
        project = await git.find_project(Path(ticket.root))
        merged = await git.merge_branch(
            project,
            ticket.run.branch,
            message=self._redactor.redact(f"Merge ticket {ticket.name}: {ticket.title}").text,
            trailers={"Tremaux-Ticket": ticket.name},
        )
        if merged.commit is None:
            return Merged(ticket, "", 0, merged.conflicts)
        await self._keep(project, ticket, ticket.run, merged.commit, by=by)
        for inner, run in await self._built_on(ticket):
            if await git.is_within(project, run.branch, merged.commit):
                await self._keep(project, inner, run, merged.commit, by=by)
        async with self._database.snapshot() as connection:
            return Merged(await tickets.get(connection, ticket.ticket_id), merged.commit, merged.files, ())

    async def _built_on(self, ticket: Ticket) -> list[tuple[Ticket, Run]]:
        """What a ticket needs, through others too, and has work that was not merged yet."""
        async with self._database.snapshot() as connection:
            _, needs = await tickets.graph(connection, ticket.project)
            found = [await tickets.find(connection, ticket.project, name) for name in _closure(ticket.name, needs)]
        return [
            (each, each.run)
            for each in found
            if each and each.status == "completed" and each.run and each.run.branch and not each.merged
        ]

    async def _keep(self, project: git.Project, ticket: Ticket, run: Run, commit: str, *, by: str) -> None:
        """Keep that a ticket's work is in, and remove its work tree."""
        now = self._clock()
        async with self._database.transaction() as connection:
            done = replace(await tickets.get(connection, ticket.ticket_id), merged=commit)
            await moves.save(connection, done, at=now)
            await moves.note(connection, done, f"merged as {commit[:12]}", by=by, at=now)
        self._changes.tell()
        if await _remove_tree(project, run):
            async with self._database.transaction() as connection:
                await runs.leave_tree(connection, run.run_id)


def _closure(name: str, needs: Mapping[str, Sequence[str]]) -> list[str]:
    """All that a ticket needs, through others too, without itself."""
    found = dict.fromkeys(needs.get(name, ()))
    left = list(found)
    while left:
        new = [need for need in needs.get(left.pop(), ()) if need not in found]
        found |= dict.fromkeys(new)
        left += new
    return list(found)


async def _remove_tree(project: git.Project, run: Run) -> bool:
    """Remove the work tree of a run that was merged, and say whether it is gone; one that holds more stays."""
    tree = Path(run.worktree)
    try:
        is_gone = (await git.remove_worktree(project, tree, branch=run.branch)).is_removed
    except GitError:
        return False
    with suppress(OSError):
        await anyio.Path(tree.parent).rmdir()
    return is_gone
