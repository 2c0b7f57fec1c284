"""A delta on trial, as the learning cycle would have begun it."""

from typing import Any

from tremaux_tools.core.learning.delta import Proposal, gets_new
from tremaux_tools.core.settings import find_setting
from tremaux_tools.store import deltas
from tremaux_tools.store.database import Database


async def begin(database: Database, target: str, new_value: Any, *, is_guarded: bool = False) -> int:
    """Put a setting on trial, or under guard as if the trial had ended well; returns the delta's number."""
    setting = find_setting(target)
    proposal = Proposal(
        type=setting.area,
        operation="modify",
        target=target,
        new_value=new_value,
        reasoning="",
        confidence=0.8,
        impact=5.0,
        source="a test",
    )
    async with database.transaction() as connection:
        delta_id = await deltas.insert(
            connection, proposal, None, old_value=setting.default, status="trial", reason="", at=0.0
        )
        if is_guarded:
            delta = await deltas.get(connection, delta_id)
            assert delta is not None
            await deltas.move(connection, delta, "kept", reason="", guard_rate=0.9, at=0.0)
    return delta_id


def is_new_for(subject: str, delta_id: int) -> bool:
    """Whether a task works with the new value."""
    return gets_new(subject, delta_id)
