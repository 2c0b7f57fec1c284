"""Where a recommendation came from: its learnings, the reports that prove them, the attempts that led to those."""

import aiosqlite

from tremaux_tools.core.skills.recommendation import Proof, Trace, TraceAttempt, Traced
from tremaux_tools.store import learnings, proofs, recommendations
from tremaux_tools.store.recommendations import Kept

MAX_PROOFS = 10  # reports of one learning, the newest
MAX_ATTEMPTS = 10  # of one report, the newest


async def trace(connection: aiosqlite.Connection, kept: Kept) -> Trace:
    """Follow a recommendation back to what it rests on."""
    given = await recommendations.learnings(connection, kept.recommendation_id)
    ids = [each.entity_id for each in given]
    learnt = await learnings.some(connection, ids)
    reports = await learnings.reports(connection, ids)
    traced = []
    for each in given:
        if learning := learnt.get(each.entity_id):
            proven = [await _proof(connection, number) for number in reports.get(each.entity_id, ())[:MAX_PROOFS]]
            traced.append(
                Traced(
                    source_learning=learning.name,
                    skill=learning.title,
                    avoid=each.avoid,
                    relevance=each.relevance,
                    confidence=each.confidence,
                    score=each.score,
                    proofs=tuple(proven),
                )
            )
    return Trace(
        recommendation_id=kept.recommendation_id,
        project=kept.project,
        prompt=kept.prompt,
        subject=kept.subject,
        withheld=kept.withheld,
        verdict=kept.verdict,
        report_id=kept.report_id,
        recommended_at=kept.recommended_at,
        judged_at=kept.judged_at,
        learnings=tuple(traced),
    )


async def _proof(connection: aiosqlite.Connection, report_id: int) -> Proof:
    verdict, task = await proofs.report(connection, report_id)
    led = await proofs.attempts(connection, report_id, limit=MAX_ATTEMPTS)
    return Proof(report_id, verdict, task, tuple(TraceAttempt(*row) for row in led))
