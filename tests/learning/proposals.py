"""Proposals, and what becomes of them in a test."""

from dataclasses import replace
from typing import Any

from tests.clock import Clock

from tremaux_tools.core.learning.delta import Delta, Proposal
from tremaux_tools.core.settings.registry import FIRST_RUNG
from tremaux_tools.learning import Learning
from tremaux_tools.store import exposures
from tremaux_tools.store.database import Database

HIGHER = Proposal(
    type="strategy",
    operation="modify",
    target=FIRST_RUNG.name,
    new_value=1,
    reasoning="the second model passes more often",
    confidence=0.9,
    impact=3.0,
    source="test",
)
BULLET = replace(HIGHER, type="playbook", operation="add", target="building", new_value="Run make clean first.")


def proposal(**changes: Any) -> Proposal:
    return replace(HIGHER, **changes)


async def on_trial(learning: Learning, asked: Proposal = HIGHER) -> Delta:
    delta = await learning.propose(asked)
    return await learning.approve(delta.delta_id, reason="")


async def ended(database: Database, delta: Delta, *, new: tuple[int, int], old: tuple[int, int], at: float) -> None:
    """Let so many tasks pass and fail with either value."""
    async with database.transaction() as connection:
        for is_new, (passed, failed) in ((True, new), (False, old)):
            for number in range(passed + failed):
                subject = f"run {delta.delta_id}.{at}.{is_new}:{number}"
                await exposures.expose(connection, delta.delta_id, subject, is_new=is_new, at=at)
                await exposures.settle(connection, subject, passed=number < passed, at=at)


async def kept(learning: Learning, database: Database, clock: Clock, asked: Proposal = HIGHER) -> Delta:
    """A delta that went well on its trial."""
    delta = await on_trial(learning, asked)
    await ended(database, delta, new=(30, 0), old=(15, 15), at=clock.now)
    await learning.turn()
    return await learning.delta(delta.delta_id)
