"""Let what came of a task count for what was recommended for it."""

from collections.abc import Collection, Iterable, Sequence

import aiosqlite

from tremaux_tools.core.confidence import SAME_PROJECT, SHOWN, USED, confidence_of, prior_of, standing
from tremaux_tools.core.learning.subjects import recommendation_subject
from tremaux_tools.core.skills.ranking import NEVER_RECOMMENDED
from tremaux_tools.errors import UnknownItem
from tremaux_tools.store import exposures, learnings, outcomes, recommendations, tasks
from tremaux_tools.store.outcomes import Outcome, OutcomeKind
from tremaux_tools.store.recommendations import Kept

MAX_RECOMMENDATIONS = 20  # that one task can name
_WEIGHTS: dict[OutcomeKind, float] = {"used": USED, "shown": SHOWN}


async def known(connection: aiosqlite.Connection, recommendation_ids: Iterable[int]) -> list[Kept]:
    """The recommendations of these ids, each once.

    Raises:
        UnknownItem: there is none of one id.
    """
    found = []
    for number in dict.fromkeys(recommendation_ids):
        kept = await recommendations.get(connection, number)
        if kept is None:
            raise UnknownItem(
                f"there is no recommendation {number}", "Give ids that recommend_skills answered, or leave them out."
            )
        found.append(kept)
    return found


async def count(
    connection: aiosqlite.Connection,
    given: Sequence[Kept],
    *,
    passed: bool,
    used: bool,
    report_id: int | None,
    at: float,
) -> None:
    """Count how a task ended for the learnings that were recommended for it.

    `used` says that somebody reports they were used, and not only shown. What was kept back learns nothing, nor does
    a learning from the very task that taught it.
    """
    kind: OutcomeKind = "used" if used else "shown"
    own = await learnings.proven_by(connection, report_id) if report_id is not None else set()
    for kept in given:
        verdict = "passed" if passed else "failed"
        await recommendations.judge(connection, kept.recommendation_id, verdict, report_id=report_id, at=at)
        if kept.withheld:
            continue
        await exposures.settle(connection, recommendation_subject(kept.recommendation_id), passed=passed, at=at)
        told = await recommendations.learnings(connection, kept.recommendation_id)
        outcome = [
            Outcome(
                entity_id=each.entity_id,
                project_id=kept.project_id,
                source=source_of(kept),
                kind=kind,
                passed=passed,
                weight=_WEIGHTS[kind],
                report_id=report_id,
            )
            for each in told
            if each.entity_id not in own
        ]
        await outcomes.put(connection, outcome, at=at)
        await review(connection, {each.entity_id for each in outcome}, project_id=kept.project_id, at=at)


async def review(connection: aiosqlite.Connection, entity_ids: Collection[int], *, project_id: int, at: float) -> None:
    """Quarantine the learnings whose outcomes speak against them, in all projects taken together; free the others."""
    own, everywhere = await tasks.rates(connection, project_id)
    prior = prior_of(own, everywhere)
    sums = await outcomes.tallies(connection, entity_ids)
    for learning in (await learnings.some(connection, entity_ids)).values():
        tallies = [(tally, SAME_PROJECT) for _, tally in sums.get(learning.entity_id, ())]
        since = learning.quarantined_at
        now = standing(confidence_of(tallies, prior=prior, at=at), prior=prior, quarantined_at=since, at=at)
        if (now in NEVER_RECOMMENDED) != (since is not None):
            await learnings.quarantine(connection, learning.entity_id, since=at if since is None else None)


def source_of(kept: Kept) -> str:
    """What an outcome was seen of."""
    return f"recommendation-{kept.recommendation_id}"
