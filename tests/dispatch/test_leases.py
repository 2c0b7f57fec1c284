"""Who may begin which run, on a real database with a clock that is set by hand."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.clock import Clock

from tremaux_tools.core.tickets.budget import Budgets, Limit
from tremaux_tools.core.tickets.ticket import Ticket
from tremaux_tools.dispatch.budgets import BudgetKeeper
from tremaux_tools.dispatch.leases import Leases
from tremaux_tools.dispatch.pool import Pool
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.store import moves, tickets
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio
Held = Callable[[Callable[[Path], Budgets]], Leases]


@pytest.fixture
def leases(database: Database, clock: Clock) -> Held:
    """The claims of one process, given how it reads what a project may spend."""

    def held(budgets_of: Callable[[Path], Budgets]) -> Leases:
        pool = Pool(LiveSettings(database, clock=clock), by_place={}, cores=2)
        return Leases(database, BudgetKeeper(budgets_of=budgets_of, clock=clock), owner="1@me", pool=pool, clock=clock)

    return held


async def create(database: Database, project: str, *, at: float) -> None:
    """Hand over a ticket that is named like its project."""
    async with database.transaction() as connection:
        ticket = Ticket(
            ticket_id=await tickets.next_id(connection),
            project=project,
            root=project,
            name=project.strip("/"),
            description="d",
            status="ready",
            created_at=at,
        )
        await tickets.insert(connection, [ticket], {ticket.name: ticket.ticket_id})
        await moves.begin(connection, [ticket], by="test", at=at)


async def get(database: Database, project: str) -> Ticket:
    async with database.snapshot() as connection:
        found = await tickets.find(connection, project, project.strip("/"))
    assert found
    return found


async def test_others_can_write_while_a_claim_reads_what_a_project_may_spend(
    database: Database, clock: Clock, leases: Held
) -> None:
    await create(database, "/a", at=clock())
    wrote = []

    def budgets_of(root: Path) -> Budgets:
        with closing(sqlite3.connect(database.path, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
        wrote.append(str(root))
        return Budgets()

    claimed = await leases(budgets_of).claim()

    assert (claimed and claimed.ticket.name, wrote) == ("a", ["/a"])


async def test_a_ticket_that_comes_first_meanwhile_is_held_to_its_own_budgets(
    database: Database, clock: Clock, leases: Held
) -> None:
    await create(database, "/a", at=clock())
    await create(database, "/b", at=clock() + 1)

    def budgets_of(root: Path) -> Budgets:
        if root == Path("/b"):
            return Budgets(day=Limit(tokens=-1))  # spent whatever was used
        with closing(sqlite3.connect(database.path)) as other, other:  # as if another process claimed it now
            other.execute("UPDATE ticket SET status = 'in_progress' WHERE name = 'a'")
        return Budgets()

    claimed = await leases(budgets_of).claim()
    second = await get(database, "/b")

    assert claimed is None
    assert (second.status, second.reason.partition(":")[0]) == ("awaiting_approval", "the day's budget is spent")


async def test_a_budget_that_is_spent_holds_back_no_other_project(
    database: Database, clock: Clock, leases: Held
) -> None:
    await create(database, "/a", at=clock())
    await create(database, "/b", at=clock() + 1)

    claimed = await leases(lambda root: Budgets(day=Limit(tokens=-1 if root == Path("/a") else None))).claim()

    assert claimed
    assert (claimed.ticket.name, (await get(database, "/a")).status) == ("b", "awaiting_approval")
