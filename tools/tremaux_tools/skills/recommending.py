"""Answer a prompt with the learnings that should help, and with what failed before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from weakref import WeakKeyDictionary

from tremaux_tools import retrieval
from tremaux_tools.core.knowledge import LEARNINGS, PITFALL
from tremaux_tools.core.learning.subjects import recommendation_subject
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.settings.registry import RECOMMENDED
from tremaux_tools.core.skills.category import category_of
from tremaux_tools.core.skills.ranking import Candidate, Choice, Hit, Shortlist, choose, shortlist
from tremaux_tools.core.skills.recommendation import Avoided, Item, Recommendation
from tremaux_tools.core.uplift import HOLDOUT_AFTER, is_withheld
from tremaux_tools.core.words import storable
from tremaux_tools.git import Project
from tremaux_tools.live_settings import LiveSettings, Reading
from tremaux_tools.retrieval import Meant, Retrieval
from tremaux_tools.skills.judgement import Judgement
from tremaux_tools.store import goals, learnings, recommendations
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.database import Database
from tremaux_tools.store.kinds import Kinds
from tremaux_tools.store.learnings import Learnt
from tremaux_tools.store.recommendations import Given

HITS = 40  # of which the best are chosen: more change nothing, as relevance rules
HITS_OF_ONE_PROJECT = 1_000  # to choose from where all others are left out
MAX_TEXT = 600  # characters of a learning in an answer
MAX_PROMPT = 300  # characters kept of a prompt
MAX_SECRET = 4_000  # characters: one that begins in what is kept is looked at to its end, as a part of it is not known
MAX_REPORTS = 5  # named as proof, the newest
WITHHELD = "kept back on purpose, as for 1 task in {of}, to learn whether recommendations help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for."""

    prompt: str
    limit: int
    include_other_projects: bool
    subject: str = ""  #: the run of a ticket that the answer is for
    lot: str = ""  #: what decides on which side of a comparison the answer falls, the same each time; empty: the prompt

    @property
    def fate(self) -> str:
        """What falls to the same side each time that the same is asked."""
        return self.lot or sha256(self.prompt.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is on a prompt, as of one moment."""

    project_id: int  #: 0 if it is new
    learnt: dict[int, Learnt]
    judgement: Judgement
    choice: Choice
    reports: dict[int, list[int]]
    withheld: bool  #: kept back, to compare
    readings: Mapping[str, Reading]  #: what the choice was made with


class Recommender:
    """Recommends. `clock` gives Unix seconds; `holdout` is the share of tasks from which the answer is kept back."""

    def __init__(
        self,
        database: Database,
        search: Retrieval,
        *,
        clock: Callable[[], float],
        redactor: Redactor,
        holdout: float,
        live_settings: LiveSettings,
    ) -> None:
        self._database = database
        self._search = search
        self._clock = clock
        self._redactor = redactor
        self._holdout = holdout
        self._live_settings = live_settings
        self._kinds: WeakKeyDictionary[Connection, Kinds] = WeakKeyDictionary()  # each is connected to one file

    async def recommend(self, project: Project, asked: Asked) -> Recommendation:
        """Answer a prompt, and keep the answer so that what comes of it can be counted."""
        meant = await self._search.meant(asked.prompt, kinds=LEARNINGS)
        now = self._clock()
        prompt = storable(asked.prompt[: MAX_PROMPT + MAX_SECRET]).strip()
        prompt = self._redactor.redact_start(prompt, MAX_PROMPT)
        known, number = await self._database.read_then_write(
            lambda connection: self._known(connection, project, meant, asked, at=now),
            lambda connection, known: self._keep(connection, known, project, prompt, asked.subject, at=now),
        )
        if known.withheld:
            return Recommendation(number, (), (), withheld=True, reason=WITHHELD.format(of=round(1 / self._holdout)))
        items = _items(known, project)
        avoid = tuple(_avoided(known, each, project) for each in known.choice.avoid)
        return Recommendation(number, items, avoid, withheld=False, reason=known.choice.reason)

    async def _known(
        self, connection: Connection, project: Project, meant: Meant, asked: Asked, *, at: float
    ) -> _Known:
        hits = HITS if asked.include_other_projects else HITS_OF_ONE_PROJECT
        found = await self._search.found(connection, asked.prompt, meant, kinds=LEARNINGS, limit=hits)
        project_id = await goals.find_project(connection, project.name) or 0
        known = self._kinds.setdefault(connection, Kinds())
        kinds = await known.of(connection, [hit.entity_id for hit in found.hits], version=found.version)
        short = _shortlisted(found.hits, kinds, project_id if not asked.include_other_projects else None)
        learnt = await learnings.some(connection, [hit.entity_id for hit in short.hits])
        judgement = await Judgement.read(connection, learnt, project_id=project_id, at=at)
        candidates = [
            Candidate(hit, *judgement.of(learnt[hit.entity_id])) for hit in short.hits if hit.entity_id in learnt
        ]
        readings = await self._live_settings.read(connection, [RECOMMENDED], subject=f"prompt {asked.fate}")
        choice = choose(candidates, short, limit=min(asked.limit, readings[RECOMMENDED.name].value))
        chosen = [each.hit.entity_id for each in (*choice.items, *choice.avoid)]
        reports = await learnings.reports(connection, chosen) if chosen else {}
        withheld = bool(choice.items) and await self._is_withheld(connection, project, asked)
        return _Known(project_id, learnt, judgement, choice, reports, withheld, readings)

    async def _is_withheld(self, connection: Connection, project: Project, asked: Asked) -> bool:
        if not is_withheld(f"{project.name}\0{asked.fate}", self._holdout):
            return False
        return await recommendations.answered(connection, most=HOLDOUT_AFTER) >= HOLDOUT_AFTER

    async def _keep(
        self, connection: Connection, known: _Known, project: Project, prompt: str, subject: str, *, at: float
    ) -> int:
        number = await recommendations.insert(
            connection,
            list(_given(known.choice)),
            project_id=known.project_id or await goals.put_project(connection, project.name, at=at),
            prompt=prompt,
            subject=subject,
            withheld=known.withheld,
            at=at,
        )
        if known.choice.items and not known.withheld:  # nobody is helped or misled by what was not told
            await self._live_settings.expose(connection, known.readings, recommendation_subject(number))
        return number


def _shortlisted(found: Sequence[retrieval.Hit], kinds: Mapping[int, tuple[str, int]], only: int | None) -> Shortlist:
    """What was found that is worth a closer look; with `only` of one project alone."""
    return shortlist(
        Hit(entity_id, kinds[entity_id][0] == PITFALL, relevance, words)
        for entity_id, relevance, words in found
        if entity_id in kinds and (only is None or kinds[entity_id][1] == only)
    )


def _given(choice: Choice) -> Sequence[Given]:
    return [
        Given(each.hit.entity_id, rank, avoid, each.hit.relevance, each.confidence.mean, each.score)
        for avoid, chosen in ((False, choice.items), (True, choice.avoid))
        for rank, each in enumerate(chosen, 1)
    ]


def _items(known: _Known, project: Project) -> tuple[Item, ...]:
    names: set[str] = set()
    items = []
    for chosen in known.choice.items:
        learning = known.learnt[chosen.hit.entity_id]
        skill = learning.name if learning.title in names else learning.title or learning.name
        names.add(skill)
        items.append(_item(known, chosen, project, skill))
    return tuple(items)


def _item(known: _Known, chosen: Candidate, project: Project, skill: str) -> Item:
    learning = known.learnt[chosen.hit.entity_id]
    return Item(
        skill=skill,
        category=learning.category or category_of(learning.body),
        text=(learning.body or learning.title)[:MAX_TEXT],
        confidence=chosen.confidence,
        score=chosen.score,
        why="; ".join((_fit(chosen.hit.relevance), _record(chosen), _whence(learning, project))),
        source_learning=learning.name,
        project=learning.project,
        reports=tuple(known.reports.get(chosen.hit.entity_id, ())[:MAX_REPORTS]),
    )


def _avoided(known: _Known, chosen: Candidate, project: Project) -> Avoided:
    learning = known.learnt[chosen.hit.entity_id]
    reports = tuple(known.reports.get(chosen.hit.entity_id, ())[:MAX_REPORTS])
    times = f"seen {len(reports)} times" if len(reports) > 1 else "seen once"
    return Avoided(
        text=(learning.body or learning.title)[:MAX_TEXT],
        why=f"{_fit(chosen.hit.relevance)}; {times}; {_whence(learning, project)}",
        source_learning=learning.name,
        project=learning.project,
        reports=reports,
    )


def _fit(relevance: float) -> str:
    return "fits the prompt best" if relevance >= 1 else f"fits the prompt {relevance:.0%} as well as the best"


def _record(chosen: Candidate) -> str:
    confidence = chosen.confidence
    sure = f"{confidence.mean:.2f} ({confidence.low:.2f} to {confidence.high:.2f})"
    if not confidence.evidence:
        return f"not tried yet: confidence {sure} is how often tasks pass here"
    return f"confidence {sure} by outcomes worth {confidence.evidence:.1f}, {chosen.standing}"


def _whence(learning: Learnt, project: Project) -> str:
    if learning.origin:
        return f"imported from {learning.origin}"
    return "learnt in this project" if learning.project == project.name else f"learnt in {learning.project}"
