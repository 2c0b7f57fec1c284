"""What is known in all, and how it fares."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.core.confidence import HALF_LIFE, Standing
from tremaux_tools.core.knowledge import PITFALL, SKILL
from tremaux_tools.core.skills.analysis import analyse
from tremaux_tools.core.skills.category import CATEGORIES, Category, category_of
from tremaux_tools.core.skills.profile import Branch, Fading, Listed, Profile
from tremaux_tools.core.uplift import Uplift, uplift_of
from tremaux_tools.skills.judgement import Judgement
from tremaux_tools.store import entities, goals, learnings, recommendations, tasks
from tremaux_tools.store.learnings import Learnt

ANALYSED = 1_000  # tasks, the newest
TOP_SKILLS = 10
MAX_CHILDREN = 20  # of a node of the tree, those with most below them
MAX_FADING = 200
_WORST_FIRST: Sequence[Standing] = ("retired", "quarantined", "candidate", "active")


@dataclass(frozen=True, slots=True)
class _Library:
    """The learnings of a project, or of all, with what is known of them."""

    findings: Mapping[int, Learnt]
    pitfalls: int
    categories: Mapping[int, Category]
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class _Skill:
    """A skill that learnings show."""

    category: Category
    called: str


async def profile(connection: aiosqlite.Connection, project: str | None, *, at: float) -> Profile:
    """Add up what was learnt in a project, or in all with None."""
    library = await _library(connection, project, at=at)
    shown_by: dict[_Skill, list[int]] = defaultdict(list)
    for name, title, entity_id in await learnings.skills(connection, project):
        if entity_id in library.findings:
            shown_by[_Skill(_category_of_skill(name), _called(name, title))].append(entity_id)
    analysis = analyse(await tasks.newest(connection, project=project, limit=ANALYSED))
    by_size = sorted(shown_by.items(), key=lambda entry: (-len(entry[1]), entry[0].called))
    return Profile(
        total_learnings=len(library.findings),
        pitfalls=library.pitfalls,
        by_category=dict(Counter(library.categories.values())),
        top_skills=tuple((skill.called, len(shown)) for skill, shown in by_size[:TOP_SKILLS]),
        success_rate=analysis.success_rate,
        standings=dict(Counter(map(library.judgement.standing, library.findings.values()))),
        tasks=analysis,
        uplift=await _uplift(connection, project),
        tree=tuple(_branches(library, by_size)),
    )


async def listed(connection: aiosqlite.Connection, project: str | None, *, limit: int, at: float) -> list[Listed]:
    """Learnings that can be recommended, the surest first; what has no outcome yet comes after what has."""
    library = await _library(connection, project, at=at)
    found = [
        Listed(
            name=learning.name,
            category=library.categories[number],
            text=learning.body or learning.title,
            confidence=library.judgement.confidence(number),
            standing=library.judgement.standing(learning),
            project=learning.project,
        )
        for number, learning in library.findings.items()
    ]
    shown = [each for each in found if each.standing in ("active", "candidate")]
    shown.sort(
        key=lambda each: (each.standing != "active", not each.confidence.evidence, -each.confidence.mean, each.name)
    )
    return shown[:limit]


async def fading(connection: aiosqlite.Connection, project: str | None, *, at: float) -> list[Fading]:
    """Learnings that outcomes speak against, or that lay idle for a half-life, the worst first.

    Idle is what nobody was shown; and of what nobody ever was, what nobody learnt again either.
    """
    library = await _library(connection, project, at=at)
    used = await recommendations.last_used(connection, library.findings)
    touched = await entities.changed(connection, library.findings) | used
    found = [
        Fading(
            name=learning.name,
            title=learning.title,
            standing=library.judgement.standing(learning),
            confidence=library.judgement.confidence(number),
            last_used_at=used.get(number),
            quarantined_at=learning.quarantined_at,
        )
        for number, learning in library.findings.items()
        if learning.quarantined_at is not None or at - touched.get(number, at) > HALF_LIFE
    ]
    found.sort(key=lambda each: (_WORST_FIRST.index(each.standing), each.confidence.mean, each.name))
    return found[:MAX_FADING]


async def _library(connection: aiosqlite.Connection, project: str | None, *, at: float) -> _Library:
    learnt = await learnings.of_project(connection, project)
    findings = {each.entity_id: each for each in learnt if each.kind != PITFALL}
    project_id = (await goals.find_project(connection, project) or 0) if project else None
    return _Library(
        findings=findings,
        pitfalls=len(learnt) - len(findings),
        categories={number: each.category or category_of(each.body) for number, each in findings.items()},
        judgement=await Judgement.read(connection, findings, project_id=project_id, at=at),
    )


async def _uplift(connection: aiosqlite.Connection, project: str | None) -> Uplift:
    counted = await recommendations.counts(connection, project)
    shown, shown_passed = counted.get(False, (0, 0))
    withheld, withheld_passed = counted.get(True, (0, 0))
    return uplift_of(shown=shown, shown_passed=shown_passed, withheld=withheld, withheld_passed=withheld_passed)


def _branches(library: _Library, skills: Sequence[tuple[_Skill, list[int]]]) -> list[Branch]:
    """The tree: categories, below them the skills that show in learnings, or the learnings themselves."""
    branches = []
    for category in CATEGORIES:
        named = [(skill.called, shown) for skill, shown in skills if skill.category == category]
        under_a_name = {number for _, shown in named for number in shown}
        own = [number for number, each in library.categories.items() if each == category]
        children = [_branch(library, name, shown, [_leaf(library, each) for each in shown]) for name, shown in named]
        children += [_leaf(library, number) for number in own if number not in under_a_name]
        if below := sorted(under_a_name.union(own)):
            branches.append(_branch(library, category, below, children))
    return branches


def _branch(library: _Library, name: str, below: Sequence[int], children: Sequence[Branch]) -> Branch:
    known = [library.judgement.confidence(number) for number in below]
    tried = [each.mean for each in known if each.evidence]
    mean = sum(tried) / len(tried) if tried else None
    return Branch(name, len(below), mean, tuple(children[:MAX_CHILDREN]))


def _leaf(library: _Library, number: int) -> Branch:
    confidence = library.judgement.confidence(number)
    return Branch(library.findings[number].title, 1, confidence.mean if confidence.evidence else None)


def _called(name: str, title: str) -> str:
    """What a person calls a skill: tools and kinds of work by their names, what was decided by its words."""
    return title if name.startswith(f"{SKILL}:") else name


def _category_of_skill(name: str) -> Category:
    kind, _, rest = name.partition(":")
    if kind == "tool":
        return "tool_usage"
    if kind == "pattern":
        return "pattern"
    return "architecture" if rest.startswith("architecture") else "decision"
