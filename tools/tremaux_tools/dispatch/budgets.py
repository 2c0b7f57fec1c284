"""Keep runs within their budgets: of the ticket, of its goal, and of the day in its project."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiosqlite
import anyio.to_thread

from tremaux_tools.core.tickets.budget import Budgets, Limit, Spent, exceeded
from tremaux_tools.core.tickets.ticket import Ticket
from tremaux_tools.errors import BadArgument
from tremaux_tools.store import runs

DAY = 86_400.0  # seconds; days of the budget are those of UTC


class BudgetKeeper:
    """Compares what was used with what may be. `budgets_of` reads what the project rooted at a directory says.

    Each approval of a ticket that was paused lets it use as much again.
    """

    def __init__(self, *, budgets_of: Callable[[Path], Budgets], clock: Callable[[], float]) -> None:
        self._budgets_of = budgets_of
        self._clock = clock
        self._known: dict[str, Budgets] = {}

    async def of(self, root: str) -> Budgets:
        """What a project says; while its settings make no sense, which whoever prepares a run tells, what it said.

        It reads a file, so not within a transaction.
        """
        with suppress(BadArgument):
            self._known[root] = await anyio.to_thread.run_sync(self._budgets_of, Path(root))
        return self._known.get(root, Budgets())

    async def spent(self, connection: aiosqlite.Connection, ticket: Ticket, budgets: Budgets) -> str:
        """Which budget of a ticket is spent, in a sentence; empty while none is. `budgets` are its project's."""
        now = self._clock()
        times = 1 + ticket.grants
        own = Limit(tokens=ticket.budget_tokens, cost=ticket.budget_cost, wall=None)
        used = Spent(*await runs.spent_by_ticket(connection, ticket.ticket_id, now=now))
        if why := exceeded(own.times(times), used) or exceeded(budgets.ticket.times(times), used):
            return f"the ticket's budget is spent: {why}"
        if ticket.goal and budgets.goal != Limit():
            used = Spent(*await runs.spent_by_goal(connection, ticket.project, ticket.goal, now=now))
            if why := exceeded(budgets.goal.times(times), used):
                return f"the budget of the goal {ticket.goal!r} is spent: {why}"
        if budgets.day != Limit():
            used = Spent(*await runs.spent_since(connection, ticket.project, now - now % DAY, now=now))
            if why := exceeded(budgets.day.times(times), used):
                return f"the day's budget is spent: {why}"
        return ""
