"""Answer a prompt with the learnings that should help, and with what failed before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tremaux_tools.core.confidence import Confidence, Standing
from tremaux_tools.core.knowledge import LEARNINGS, PITFALL
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.skills.category import category_of
from tremaux_tools.core.skills.ranking import Candidate, Choice, choose
from tremaux_tools.core.skills.recommendation import Avoided, Item, Recommendation
from tremaux_tools.core.uplift import HOLDOUT_AFTER, is_withheld
from tremaux_tools.core.words import shorten
from tremaux_tools.git import Project
from tremaux_tools.retrieval import Hit, Retrieval
from tremaux_tools.skills.judgement import Judgement
from tremaux_tools.store import goals, learnings, recommendations
from tremaux_tools.store.database import Database
from tremaux_tools.store.learnings import Learnt
from tremaux_tools.store.recommendations import Given

HITS = 100  # of which the best are chosen: more change nothing, as relevance rules
HITS_OF_ONE_PROJECT = 1_000  # to choose from where all others are left out
MAX_TEXT = 600  # characters of a learning in an answer
MAX_PROMPT = 300  # characters kept of a prompt
MAX_REPORTS = 5  # named as proof, the newest
WITHHELD = "kept back on purpose, as for 1 task in {of}, to learn whether recommendations help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for."""

    prompt: str
    limit: int
    include_other_projects: bool
    subject: str = ""  #: the run of a ticket that the answer is for
    lot: str = ""  #: what decides whether the answer is kept back: the same always falls to the same side


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is on a prompt, as of one moment."""

    learnt: dict[int, Learnt]
    judgement: Judgement
    choice: Choice
    reports: dict[int, list[int]]
    answered: int


class Recommender:
    """Recommends. `clock` gives Unix seconds; `holdout` is the share of tasks from which the answer is kept back."""

    def __init__(
        self,
        database: Database,
        retrieval: Retrieval,
        *,
        clock: Callable[[], float],
        redactor: Redactor,
        holdout: float,
    ) -> None:
        self._database = database
        self._retrieval = retrieval
        self._clock = clock
        self._redactor = redactor
        self._holdout = holdout

    async def recommend(self, project: Project, asked: Asked) -> Recommendation:
        """Answer a prompt, and keep the answer so that what comes of it can be counted."""
        hits = HITS if asked.include_other_projects else HITS_OF_ONE_PROJECT
        found = await self._retrieval.search(asked.prompt, kinds=LEARNINGS, limit=hits)
        now = self._clock()
        known = await self._known(project, found, asked, at=now)
        withheld = bool(known.choice.items) and self._is_withheld(project, asked, known.answered)
        async with self._database.transaction() as connection:
            number = await recommendations.insert(
                connection,
                list(_given(known.choice)),
                project_id=await goals.put_project(connection, project.name, at=now),
                prompt=shorten(asked.prompt[: 4 * MAX_PROMPT], self._redactor)[:MAX_PROMPT],
                subject=asked.subject,
                withheld=withheld,
                at=now,
            )
        if withheld:
            return Recommendation(number, (), (), withheld=True, reason=WITHHELD.format(of=round(1 / self._holdout)))
        items = _items(known, project)
        avoid = tuple(_avoided(known, each, project) for each in known.choice.avoid)
        return Recommendation(number, items, avoid, withheld=False, reason=known.choice.reason)

    async def _known(self, project: Project, found: Sequence[Hit], asked: Asked, *, at: float) -> _Known:
        hits = {hit.entity_id: hit for hit in found}
        async with self._database.snapshot() as connection:
            project_id = await goals.find_project(connection, project.name) or 0
            learnt = await learnings.some(connection, hits)
            if not asked.include_other_projects:
                learnt = {key: each for key, each in learnt.items() if each.project_id == project_id}
            judgement = await Judgement.read(connection, learnt, project_id=project_id, at=at)
            candidates = [
                Candidate(
                    entity_id=number,
                    is_pitfall=learning.kind == PITFALL,
                    relevance=hits[number].relevance,
                    words=hits[number].words,
                    confidence=judgement.confidence(number),
                    standing=judgement.standing(learning),
                )
                for number, learning in learnt.items()
            ]
            choice = choose(candidates, limit=asked.limit)
            chosen = [each.entity_id for each in (*choice.items, *choice.avoid)]
            reports = await learnings.reports(connection, chosen)
            answered = await recommendations.answered(connection, most=HOLDOUT_AFTER) if self._holdout else 0
        return _Known(learnt, judgement, choice, reports, answered)

    def _is_withheld(self, project: Project, asked: Asked, answered: int) -> bool:
        if answered < HOLDOUT_AFTER:
            return False
        lot = asked.lot or sha256(asked.prompt.encode("utf-8", "replace")).hexdigest()
        return is_withheld(f"{project.name}\0{lot}", self._holdout)


def _given(choice: Choice) -> Sequence[Given]:
    return [
        Given(each.entity_id, rank, avoid, each.relevance, each.confidence.mean, each.score)
        for avoid, chosen in ((False, choice.items), (True, choice.avoid))
        for rank, each in enumerate(chosen, 1)
    ]


def _items(known: _Known, project: Project) -> tuple[Item, ...]:
    names: set[str] = set()
    items = []
    for chosen in known.choice.items:
        learning = known.learnt[chosen.entity_id]
        skill = learning.name if learning.title in names else learning.title or learning.name
        names.add(skill)
        items.append(_item(known, chosen, project, skill))
    return tuple(items)


def _item(known: _Known, chosen: Candidate, project: Project, skill: str) -> Item:
    learning = known.learnt[chosen.entity_id]
    return Item(
        skill=skill,
        category=learning.category or category_of(learning.body),
        text=(learning.body or learning.title)[:MAX_TEXT],
        confidence=chosen.confidence,
        score=chosen.score,
        why=f"{_fit(chosen.relevance)}; {_record(chosen.confidence, chosen.standing)}; {_whence(learning, project)}",
        source_learning=learning.name,
        project=learning.project,
        reports=tuple(known.reports.get(chosen.entity_id, ())[:MAX_REPORTS]),
    )


def _avoided(known: _Known, chosen: Candidate, project: Project) -> Avoided:
    learning = known.learnt[chosen.entity_id]
    reports = tuple(known.reports.get(chosen.entity_id, ())[:MAX_REPORTS])
    times = f"seen {len(reports)} times" if len(reports) > 1 else "seen once"
    return Avoided(
        text=(learning.body or learning.title)[:MAX_TEXT],
        why=f"{_fit(chosen.relevance)}; {times}; {_whence(learning, project)}",
        source_learning=learning.name,
        project=learning.project,
        reports=reports,
    )


def _fit(relevance: float) -> str:
    return "fits the prompt best" if relevance >= 1 else f"fits the prompt {relevance:.0%} as well as the best"


def _record(confidence: Confidence, standing: Standing) -> str:
    if not confidence.evidence:
        return f"not tried since it was learnt (tasks pass {confidence.mean:.0%} of the time here)"
    range_ = f"{confidence.low:.0%} to {confidence.high:.0%}"
    said = f"tasks that used it should pass {confidence.mean:.0%} of the time ({range_})"
    return f"{said}, by outcomes worth {confidence.evidence:.1f}, {standing}"


def _whence(learning: Learnt, project: Project) -> str:
    if learning.origin:
        return f"imported from {learning.origin}"
    return "learnt in this project" if learning.project == project.name else f"learnt in {learning.project}"
