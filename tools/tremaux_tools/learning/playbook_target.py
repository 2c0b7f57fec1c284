"""Bullets of the playbook as targets of deltas."""

from collections.abc import Callable

import aiosqlite

from tremaux_tools.core.learning.delta import Delta, Proposal
from tremaux_tools.errors import BadArgument
from tremaux_tools.learning.targets import Resolved
from tremaux_tools.playbook import Playbook
from tremaux_tools.store import goals


class PlaybookTarget:
    """Changes the playbook. `clock` gives Unix seconds."""

    def __init__(self, playbook: Playbook, *, clock: Callable[[], float]) -> None:
        self._playbook = playbook
        self._clock = clock

    async def resolve(self, connection: aiosqlite.Connection, proposal: Proposal) -> Resolved:
        """Find what a proposal is about, or why it makes no sense."""
        try:
            found = await self._playbook.resolve(connection, proposal, await self._project_id(connection, proposal))
        except BadArgument as error:
            return Resolved(proposal, refusal=f"{error}. {error.hint}")
        return Resolved(
            found.proposal,
            found.old_value,
            is_tried=not found.is_vote,
            project=found.project,
            reserved=found.reserved,
            is_vote=found.is_vote,
        )

    async def admit(self, connection: aiosqlite.Connection, proposal: Proposal) -> Proposal:
        """Keep the bullet that a proposal adds, for its trial."""
        return await self._playbook.admit(connection, proposal, await self._project_id(connection, proposal))

    async def keep(self, connection: aiosqlite.Connection, delta: Delta) -> None:
        """Tell everybody."""
        await self._playbook.keep(connection, delta)

    async def holds(self, connection: aiosqlite.Connection, delta: Delta) -> bool:
        """Whether the bullet still is what the delta made of it; a vote was given, and stays."""
        return await self._playbook.holds(connection, delta)

    async def roll_back(self, connection: aiosqlite.Connection, delta: Delta, reason: str) -> None:
        """Tell everybody what they were told before."""
        await self._playbook.roll_back(connection, delta, reason)

    async def _project_id(self, connection: aiosqlite.Connection, proposal: Proposal) -> int | None:
        if proposal.project is None:
            return None
        return await goals.put_project(connection, proposal.project, at=self._clock())
