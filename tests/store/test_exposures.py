"""Tasks that worked with a value of a delta: which are forgotten, and at what cost."""

import pytest
from tests import trials

from tremaux_tools.store import exposures
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio


async def test_tasks_are_forgotten_by_when_they_ended_or_began_but_for_those_of_a_trial(database: Database) -> None:
    kept = await trials.begin(database, "stall.repeats", 6, is_guarded=True)
    tried = await trials.begin(database, "stall.churn", 6)
    async with database.transaction() as connection:
        for delta_id in (kept, tried):
            for name, began, ended in (
                ("old", 1.0, 9.0),
                ("new", 1.0, 11.0),
                ("left", 9.0, None),
                ("open", 11.0, None),
            ):
                subject = f"{name} of {delta_id}"
                await exposures.expose(connection, delta_id, subject, is_new=True, at=began)
                if ended is not None:
                    await exposures.settle(connection, subject, passed=True, at=ended)
        await exposures.prune(connection, before=10.0)
        rows = await connection.execute_fetchall("SELECT subject FROM exposure")
    left = {subject for (subject,) in rows}

    assert left == {f"{name} of {tried}" for name in ("old", "new", "left", "open")} | {
        f"new of {kept}",
        f"open of {kept}",
    }


@pytest.mark.parametrize(
    "statement", [exposures._PRUNE_ENDED, exposures._PRUNE_OPEN], ids=["that ended", "that are open"]
)
async def test_tasks_to_forget_are_found_without_a_look_at_all_others(database: Database, statement: str) -> None:
    async with database.snapshot() as reader:
        rows = await reader.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}", (10.0,))
    plan = [row[3] for row in rows]

    assert plan[0].startswith(
        ("SEARCH exposure USING INDEX exposure_by_end", "SCAN exposure USING INDEX exposure_by_subject")
    )
