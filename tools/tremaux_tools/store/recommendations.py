"""What was recommended for which prompt, and how the task ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.store.connection import Connection
from tremaux_tools.store.encoding import as_json

_INSERT = """
    INSERT INTO recommendation (project_id, prompt, subject, withheld, recommended_at) VALUES (?, ?, ?, ?, ?)
    RETURNING recommendation_id"""
_INSERT_LEARNING = """
    INSERT INTO recommended (recommendation_id, entity_id, rank, avoid, relevance, confidence, score)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM entity WHERE entity_id = ?2)"""
# Made for a run that died before it began: nobody was shown it.
_FORGET_EARLIER = "DELETE FROM recommendation WHERE subject = ? AND verdict IS NULL"
_GET = """
    SELECT recommendation_id, project_id, project.path, prompt, subject, withheld, verdict, report_id, recommended_at,
           judged_at
    FROM recommendation JOIN project USING (project_id) WHERE recommendation_id = ?"""
_LEARNINGS = """
    SELECT entity_id, rank, avoid, relevance, confidence, score FROM recommended
    WHERE recommendation_id = ? ORDER BY avoid, rank"""
_OF_SUBJECT = "SELECT recommendation_id FROM recommendation WHERE subject = ? AND subject <> ''"
_JUDGE = "UPDATE recommendation SET verdict = ?, report_id = ?, judged_at = ? WHERE recommendation_id = ?"
_ANSWERED = """
    SELECT count(*) FROM (
        SELECT 1 FROM recommendation
        WHERE EXISTS (SELECT 1 FROM recommended WHERE recommended.recommendation_id = recommendation.recommendation_id)
        LIMIT ?)"""
# One that found nothing tells nothing: nothing could be shown, or be kept back.
_COUNTS = """
    SELECT withheld, count(*), sum(verdict = 'passed') FROM recommendation
    WHERE verdict IS NOT NULL
      AND (:project IS NULL OR project_id = (SELECT project_id FROM project WHERE path = :project))
      AND EXISTS (SELECT 1 FROM recommended
                  WHERE recommended.recommendation_id = recommendation.recommendation_id AND NOT avoid)
    GROUP BY withheld"""
_LAST_USED = """
    SELECT entity_id, max(recommended_at) FROM recommended JOIN recommendation USING (recommendation_id)
    WHERE NOT withheld AND entity_id IN (SELECT value FROM json_each(?)) GROUP BY entity_id"""
_LATEST = 2**63 - 1  # a row id above all others


@dataclass(frozen=True, slots=True)
class Given:
    """A learning in a recommendation."""

    entity_id: int
    rank: int  #: from 1, of the helpful ones and of those to avoid each
    avoid: bool
    relevance: float
    confidence: float  #: mean, when it was recommended
    score: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A recommendation as it is kept."""

    recommendation_id: int
    project_id: int
    project: str
    prompt: str
    subject: str
    withheld: bool
    verdict: str | None
    report_id: int | None
    recommended_at: float
    judged_at: float | None


async def insert(
    connection: Connection,
    given: Sequence[Given],
    *,
    project_id: int,
    prompt: str,
    subject: str,
    withheld: bool,
    at: float,
) -> int:
    """Keep a recommendation; returns its id. Of a run of a ticket only the newest is kept.

    A learning that was forgotten since it was read is left out.
    """
    if subject:
        await connection.execute(_FORGET_EARLIER, (subject,))
    values = (project_id, prompt, subject, int(withheld), at)
    ((recommendation_id,),) = await connection.execute_fetchall(_INSERT, values)
    rows = [
        (recommendation_id, each.entity_id, each.rank, int(each.avoid), each.relevance, each.confidence, each.score)
        for each in given
    ]
    if rows:
        await connection.executemany(_INSERT_LEARNING, rows)
    return int(recommendation_id)


async def get(connection: aiosqlite.Connection, recommendation_id: int) -> Kept | None:
    """One recommendation; None where there is none of that id."""
    if not 0 < recommendation_id <= _LATEST:
        return None
    for number, project_id, path, prompt, subject, withheld, *rest in await connection.execute_fetchall(
        _GET, (recommendation_id,)
    ):
        return Kept(number, project_id, path, prompt, subject, bool(withheld), *rest)
    return None


async def learnings(connection: aiosqlite.Connection, recommendation_id: int) -> list[Given]:
    """What was recommended, the best first, then what was to be avoided."""
    rows = await connection.execute_fetchall(_LEARNINGS, (recommendation_id,))
    return [Given(entity_id, rank, bool(avoid), *figures) for entity_id, rank, avoid, *figures in rows]


async def of_subject(connection: aiosqlite.Connection, subject: str) -> list[int]:
    """The recommendations that were made for a run of a ticket."""
    return [number for (number,) in await connection.execute_fetchall(_OF_SUBJECT, (subject,))]


async def judge(
    connection: aiosqlite.Connection, recommendation_id: int, verdict: str, *, report_id: int | None, at: float
) -> None:
    """Keep how the task ended; a later word replaces an earlier one."""
    await connection.execute(_JUDGE, (verdict, report_id, at, recommendation_id))


async def answered(connection: Connection, *, most: int) -> int:
    """How many recommendations had something to say, counted up to `most`."""
    ((count,),) = await connection.execute_fetchall(_ANSWERED, (most,))
    return int(count)


async def counts(connection: aiosqlite.Connection, project: str | None) -> dict[bool, tuple[int, int]]:
    """Recommendations with a learning whose task has ended, by whether it was kept back: how many, how many passed."""
    rows = await connection.execute_fetchall(_COUNTS, {"project": project})
    return {bool(withheld): (count, passed) for withheld, count, passed in rows}


async def last_used(connection: aiosqlite.Connection, entity_ids: Iterable[int]) -> dict[int, float]:
    """When learnings were shown last; nothing of those that never were."""
    rows = await connection.execute_fetchall(_LAST_USED, (as_json(list(entity_ids)),))
    return dict(tuple(row) for row in rows)
