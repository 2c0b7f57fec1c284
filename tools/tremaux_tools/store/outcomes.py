"""What came of using a learning: the log that confidences are computed from, and its sums."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import aiosqlite

from tremaux_tools.core.confidence import Tally, tally_of
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.encoding import as_json

OutcomeKind = Literal["shown", "used", "rated"]
BATCH = 500  # entities in one query

# What somebody says of a learning outweighs what a task's end says; of two equal words the newer one counts.
_PUT = """
    INSERT INTO outcome (entity_id, project_id, origin, source, kind, passed, weight, report_id, note, recorded_at)
    VALUES (:entity_id, :project_id, (SELECT name FROM origin), :source, :kind, :passed, :weight, :report_id, :note,
            :at)
    ON CONFLICT (entity_id, origin, source) DO UPDATE SET
        kind = excluded.kind, passed = excluded.passed, weight = excluded.weight, report_id = excluded.report_id,
        note = excluded.note, recorded_at = excluded.recorded_at
    WHERE (excluded.kind = 'rated', excluded.weight) >= (outcome.kind = 'rated', outcome.weight)"""
_OUTCOMES = """
    SELECT entity_id, project_id, passed, weight, recorded_at FROM outcome
    WHERE entity_id IN (SELECT value FROM json_each(?))"""
_FORGET_TALLIES = "DELETE FROM tally WHERE entity_id IN (SELECT value FROM json_each(?))"
_PUT_TALLY = "INSERT INTO tally (entity_id, project_id, helped, hurt, counted_at) VALUES (?, ?, ?, ?, ?)"
_TALLIES = """
    SELECT entity_id, project_id, helped, hurt, counted_at FROM tally
    WHERE entity_id IN (SELECT value FROM json_each(?))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a task ended that a learning was used for."""

    entity_id: int
    project_id: int
    source: str  #: what it was seen of: the same source tells once of a learning
    kind: OutcomeKind
    passed: bool
    weight: float
    report_id: int | None = None
    note: str = ""


async def put(connection: aiosqlite.Connection, outcomes: Sequence[Outcome], *, at: float) -> None:
    """Log outcomes and bring the sums up to date."""
    rows = [
        {
            "entity_id": outcome.entity_id,
            "project_id": outcome.project_id,
            "source": outcome.source,
            "kind": outcome.kind,
            "passed": int(outcome.passed),
            "weight": outcome.weight,
            "report_id": outcome.report_id,
            "note": outcome.note,
            "at": at,
        }
        for outcome in outcomes
    ]
    await connection.executemany(_PUT, rows)
    await recount(connection, {outcome.entity_id for outcome in outcomes})


async def recount(connection: aiosqlite.Connection, entity_ids: Iterable[int]) -> None:
    """Compute the sums of these learnings anew from the log."""
    wanted = sorted(set(entity_ids))
    for start in range(0, len(wanted), BATCH):
        batch = as_json(wanted[start : start + BATCH])
        logged: dict[tuple[int, int], list[tuple[bool, float, float]]] = defaultdict(list)
        for entity_id, project_id, passed, weight, at in await connection.execute_fetchall(_OUTCOMES, (batch,)):
            logged[entity_id, project_id].append((bool(passed), weight, at))
        tallies = {key: tally_of(outcomes) for key, outcomes in logged.items()}
        await connection.execute(_FORGET_TALLIES, (batch,))
        rows = [(*key, tally.helped, tally.hurt, tally.counted_at) for key, tally in tallies.items()]
        await connection.executemany(_PUT_TALLY, rows)


async def tallies(connection: Connection, entity_ids: Iterable[int]) -> Mapping[int, Sequence[tuple[int, Tally]]]:
    """The sums of learnings by project: (project id, tally); nothing of one without an outcome."""
    found: dict[int, list[tuple[int, Tally]]] = defaultdict(list)
    rows = await connection.execute_fetchall(_TALLIES, (as_json(sorted(set(entity_ids))),))
    for entity_id, project_id, helped, hurt, counted_at in rows:
        found[entity_id].append((project_id, Tally(helped, hurt, counted_at)))
    return found
