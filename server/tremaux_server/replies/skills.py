"""The answers of the skill tools: what was rated, recorded and learnt, and what fades."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from tremaux_server.replies.base import LISTED, Link, Part, Reply, as_data
from tremaux_server.replies.recommend import DIGITS, TEXT, flat
from tremaux_server.replies.trace import moment
from tremaux_server.shape import cut_end
from tremaux_server.uris import SKILLS, knowledge_uri, recommendation_uri
from tremaux_tools.core.confidence import Standing
from tremaux_tools.core.counted import counted
from tremaux_tools.core.skills.category import Category

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.confidence import Confidence
    from tremaux_tools.core.skills.profile import Branch, Fading, Listed, Profile
    from tremaux_tools.core.skills.recommendation import Rated, Recorded

NAMED = 5  # skills, tools or projects named in a line


class ConfidencePart(Part):
    """How sure it is that a learning helps."""

    confidence: float
    low: float
    high: float
    outcomes: float

    @classmethod
    def of(cls, confidence: "Confidence") -> Self:
        """Translate a posterior."""
        return cls(
            confidence=round(confidence.mean, DIGITS),
            low=round(confidence.low, DIGITS),
            high=round(confidence.high, DIGITS),
            outcomes=round(confidence.evidence, 2),
        )

    def told(self) -> str:
        """The chance with its interval, and how many outcomes it rests on; they count less as they age."""
        many = f"{round(self.outcomes, 1):g} outcome{'' if self.outcomes == 1 else 's'}"
        rests = many if self.outcomes else "no outcome yet"
        return f"{self.confidence:.2f} ({self.low:.2f} to {self.high:.2f}), {rests}"


class RateReply(Reply):
    """The answer of rate_skill."""

    recommendation_id: int
    skill: str
    helped: bool
    source_learning: str
    before: ConfidencePart
    after: ConfidencePart

    @classmethod
    def of(cls, recommendation_id: int, rated: "Rated", *, helped: bool) -> Self:
        """Translate a rating."""
        return cls(
            recommendation_id=recommendation_id,
            skill=rated.skill,
            helped=helped,
            source_learning=rated.source_learning,
            before=ConfidencePart.of(rated.before),
            after=ConfidencePart.of(rated.after),
        )

    def links(self) -> Sequence[Link]:
        """What was rated."""
        return (Link(recommendation_uri(self.recommendation_id), f"Recommendation {self.recommendation_id}"),)

    def lines(self) -> Iterator[str]:
        """What the rating did."""
        moved = f"{self.before.confidence:.2f} -> {self.after.told()}"
        yield f"NOTED that it {'helped' if self.helped else 'hurt'}: confidence {moved}."
        yield from as_data([flat(self.skill)])


class SkillPart(Part):
    """A skill that a task showed."""

    category: Category
    name: str


class RecordedReply(Reply):
    """The answer of record_task."""

    skills_extracted: int
    learning_created: bool
    learning_id: str | None
    skills: list[SkillPart]

    @classmethod
    def of(cls, recorded: "Recorded") -> Self:
        """Translate what a task added."""
        skills = [SkillPart(category=category, name=name) for category, name in recorded.skills]
        return cls(
            skills_extracted=len(skills),
            learning_created=recorded.is_new,
            learning_id=recorded.learning,
            skills=skills,
        )

    def links(self) -> Sequence[Link]:
        """What was learnt."""
        return (Link(knowledge_uri(self.learning_id), "Learning"),) if self.learning_id else ()

    def lines(self) -> Iterator[str]:
        """What the task taught."""
        if self.learning_id is None:
            yield "RECORDED: it teaches nothing, as only a task does that a check proved and that tells what was done."
            return
        known = "a new learning" if self.learning_created else "a learning that was known before"
        yield f"RECORDED: {known}, {counted(self.skills_extracted, 'skill')}. Whole: {knowledge_uri(self.learning_id)}"
        yield from as_data([flat(f"{skill.category}: {skill.name}") for skill in self.skills[:LISTED]])


class BranchPart(Part):
    """A node of the skill tree."""

    name: str
    learnings: int
    confidence: float | None
    children: list["BranchPart"]

    @classmethod
    def of(cls, branch: "Branch") -> Self:
        """Translate a node and all below it."""
        confidence = None if branch.confidence is None else round(branch.confidence, DIGITS)
        children = [BranchPart.of(child) for child in branch.children]
        return cls(name=branch.name, learnings=branch.learnings, confidence=confidence, children=children)

    def lines(self, indent: str = "") -> Iterator[str]:
        """The node and what is below it, drawn as a tree."""
        sure = "" if self.confidence is None else f" {self.confidence:.2f}"
        many = f" ({self.learnings})" if self.children else ""
        yield f"{indent}{flat(self.name)}{many}{sure}"
        for child in self.children:
            yield from child.lines(indent + "  ")


class TasksPart(Part):
    """What the finished tasks look like in all."""

    tasks: int
    success_rate: float | None
    mean_duration: float | None
    median_duration: float | None
    common_tools: list[tuple[str, int]]
    projects: list[tuple[str, int]]
    patterns: list[tuple[str, int]]


class UpliftPart(Part):
    """How much more often tasks pass with a recommendation than where it was kept back."""

    shown: int
    shown_passed: int
    withheld: int
    withheld_passed: int
    effect: float | None
    low: float | None
    high: float | None

    def told(self) -> str:
        """The difference with its interval, or what is missing to tell."""
        seen = f"{self.shown_passed} of {self.shown} passed with one, {self.withheld_passed} of {self.withheld} without"
        if self.effect is None or self.low is None or self.high is None:
            return f"Whether recommendations help is not known yet: {seen}."
        span = f"{100 * self.low:+.0f} to {100 * self.high:+.0f}"
        return f"Recommendations change the pass rate by {100 * self.effect:+.0f} points ({span}): {seen}."


class ProfileReply(Reply):
    """The answer of get_skill_profile."""

    total_learnings: int
    pitfalls: int
    by_category: dict[Category, int]
    top_skills: list[tuple[str, int]]
    success_rate: float | None
    standings: dict[Standing, int]
    tasks: TasksPart
    uplift: UpliftPart
    tree: list[BranchPart]

    @classmethod
    def of(cls, profile: "Profile") -> Self:
        """Translate a profile."""
        return cls(
            total_learnings=profile.total_learnings,
            pitfalls=profile.pitfalls,
            by_category=profile.by_category,
            top_skills=list(profile.top_skills),
            success_rate=profile.success_rate,
            standings=profile.standings,
            tasks=TasksPart.model_validate(profile.tasks, from_attributes=True),
            uplift=UpliftPart.model_validate(profile.uplift, from_attributes=True),
            tree=[BranchPart.of(branch) for branch in profile.tree],
        )

    def whole(self) -> str:
        """All that is known."""
        return SKILLS

    def lines(self) -> Iterator[str]:
        """How much is known, how it fares, then the tree."""
        yield f"{counted(self.total_learnings, 'learning')}, {counted(self.pitfalls, 'pitfall')}."
        yield from _counts("By category", self.by_category.items())
        yield from _counts("Standing", self.standings.items())
        if self.tasks.tasks:
            rate = "" if self.success_rate is None else f", {100 * self.success_rate:.0f} % of those judged passed"
            median = self.tasks.median_duration
            took = "" if median is None else f", half of them within {median:.3g} s"
            yield f"{counted(self.tasks.tasks, 'finished task')}{rate}{took}."
        yield self.uplift.told()
        yield from as_data([*self._tops(), *self.drawn()])

    def drawn(self) -> Iterator[str]:
        """The skill tree, a line a node."""
        for branch in self.tree:
            yield from branch.lines()

    def _tops(self) -> Iterator[str]:
        yield from _counts("Top skills", self.top_skills[:NAMED])
        yield from _counts("Tools", self.tasks.common_tools[:NAMED])
        yield from _counts("Work", self.tasks.patterns[:NAMED])


class ListedPart(Part):
    """A learning that can be recommended."""

    name: str
    category: Category
    text: str
    confidence: ConfidencePart
    standing: Standing
    project: str
    uri: str

    @classmethod
    def of(cls, listed: "Listed") -> Self:
        """Translate one."""
        return cls(
            name=listed.name,
            category=listed.category,
            text=cut_end(listed.text, TEXT),
            confidence=ConfidencePart.of(listed.confidence),
            standing=listed.standing,
            project=listed.project,
            uri=knowledge_uri(listed.name),
        )


class LibraryReply(ProfileReply):
    """What was learnt in all, and each learning that can be recommended."""

    learnings: list[ListedPart]

    @classmethod
    def told(cls, profile: "Profile", listed: "Iterable[Listed]") -> Self:
        """Translate both."""
        whole = ProfileReply.of(profile)
        return cls(**dict(whole), learnings=[ListedPart.of(one) for one in listed])


class FadingPart(Part):
    """A learning whose outcomes speak against it, or that nobody has used for long."""

    name: str
    title: str
    standing: Standing
    confidence: ConfidencePart
    last_used_at: str | None
    quarantined_at: str | None

    @classmethod
    def of(cls, fading: "Fading") -> Self:
        """Translate one."""
        return cls(
            name=fading.name,
            title=fading.title,
            standing=fading.standing,
            confidence=ConfidencePart.of(fading.confidence),
            last_used_at=moment(fading.last_used_at),
            quarantined_at=moment(fading.quarantined_at),
        )

    def line(self) -> str:
        """How it stands, in a line."""
        used = f"last used {self.last_used_at}" if self.last_used_at else "never used"
        since = f" since {self.quarantined_at}" if self.quarantined_at else ""
        return f"{self.standing}{since}, {used}, {self.confidence.told()}: {flat(self.title)} ({flat(self.name)})"


class FadingReply(Reply):
    """The answer of `tremaux skill report`."""

    fading: list[FadingPart]

    @classmethod
    def of(cls, fading: "Iterable[Fading]") -> Self:
        """Translate what fades."""
        return cls(fading=[FadingPart.of(one) for one in fading])

    def lines(self) -> Iterator[str]:
        """How many there are, then one line each."""
        if not self.fading:
            yield "No learning fades."
            return
        yield f"{counted(len(self.fading), 'learning')} that outcomes speak against, or that nobody used for long:"
        yield from (f"- {part.line()}" for part in self.fading)


def _counts(title: str, counts: Iterable[tuple[str, int]]) -> Iterator[str]:
    told = ", ".join(f"{flat(name)} {number}" for name, number in counts)
    if told:
        yield f"{title}: {told}"
