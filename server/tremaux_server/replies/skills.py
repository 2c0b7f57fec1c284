"""The answers of the skill tools: what was rated, recorded and learnt, what fades, where a recommendation came from."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from tremaux_server.replies.base import LISTED, Link, Part, Reply, as_data
from tremaux_server.replies.recommend import DIGITS, TEXT, ConfidencePart, flat
from tremaux_server.shape import cut_end, timestamp
from tremaux_server.uris import SKILLS, knowledge_uri, output_uri, recommendation_uri, report_uri
from tremaux_tools.core.confidence import Standing
from tremaux_tools.core.counted import counted
from tremaux_tools.core.skills.category import Category

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.skills.profile import Branch, Fading, Listed, Profile
    from tremaux_tools.core.skills.recommendation import Proof, Rated, Recorded, Trace, TraceAttempt, Traced

NAMED = 5  # skills, tools or projects named in a line


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
            yield "RECORDED: it teaches nothing, as only what a check proved does."
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
            last_used_at=_time(fading.last_used_at),
            quarantined_at=_time(fading.quarantined_at),
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


class AttemptLinkPart(Part):
    """An attempt on the way to a report."""

    attempt_id: int
    goal: str
    gate: str
    action: str
    uri: str

    @classmethod
    def of(cls, attempt: "TraceAttempt") -> Self:
        """Translate an attempt."""
        return cls(
            attempt_id=attempt.attempt_id,
            goal=attempt.goal,
            gate=attempt.gate,
            action=attempt.action,
            uri=output_uri(attempt.attempt_id),
        )


class ProofPart(Part):
    """A report that taught a learning, and the attempts that led to it."""

    report_id: int
    verdict: str
    task: str
    uri: str
    attempts: list[AttemptLinkPart]

    @classmethod
    def of(cls, proof: "Proof") -> Self:
        """Translate a proof."""
        return cls(
            report_id=proof.report_id,
            verdict=proof.verdict,
            task=proof.task,
            uri=report_uri(proof.report_id),
            attempts=[AttemptLinkPart.of(attempt) for attempt in proof.attempts],
        )

    def lines(self) -> Iterator[str]:
        """The report, then each attempt."""
        yield f"    report {self.report_id} {self.verdict}: {flat(self.task) or 'a run'}"
        for attempt in self.attempts:
            yield f"      attempt {attempt.attempt_id} {attempt.gate} ({flat(attempt.goal)}): {flat(attempt.action)}"


class TracedPart(Part):
    """A learning of a recommendation with its proofs."""

    source_learning: str
    skill: str
    avoid: bool
    relevance: float
    confidence: float
    score: float
    uri: str
    proofs: list[ProofPart]

    @classmethod
    def of(cls, traced: "Traced") -> Self:
        """Translate one."""
        return cls(
            source_learning=traced.source_learning,
            skill=traced.skill,
            avoid=traced.avoid,
            relevance=round(traced.relevance, DIGITS),
            confidence=round(traced.confidence, DIGITS),
            score=round(traced.score, DIGITS),
            uri=knowledge_uri(traced.source_learning),
            proofs=[ProofPart.of(proof) for proof in traced.proofs],
        )

    def lines(self) -> Iterator[str]:
        """The learning as it was then, and each proof."""
        kind = "avoid " if self.avoid else ""
        figures = f"relevance {self.relevance:.2f}, confidence {self.confidence:.2f}, score {self.score:.2f}"
        yield f"  {kind}{flat(self.skill)} ({flat(self.source_learning)}): {figures}"
        for proof in self.proofs:
            yield from proof.lines()


class TraceReply(Reply):
    """Where a recommendation came from and what came of it."""

    recommendation_id: int
    project: str
    prompt: str
    subject: str
    withheld: bool
    verdict: str | None
    report_id: int | None
    report_uri: str | None
    recommended_at: str
    judged_at: str | None
    learnings: list[TracedPart]

    @classmethod
    def of(cls, trace: "Trace") -> Self:
        """Translate a trace."""
        return cls(
            recommendation_id=trace.recommendation_id,
            project=trace.project,
            prompt=trace.prompt,
            subject=trace.subject,
            withheld=trace.withheld,
            verdict=trace.verdict,
            report_id=trace.report_id,
            report_uri=None if trace.report_id is None else report_uri(trace.report_id),
            recommended_at=timestamp(trace.recommended_at),
            judged_at=_time(trace.judged_at),
            learnings=[TracedPart.of(traced) for traced in trace.learnings],
        )

    def whole(self) -> str:
        """The whole trace."""
        return recommendation_uri(self.recommendation_id)

    def lines(self) -> Iterator[str]:
        """What came of it, then each learning with its proofs and their attempts."""
        came = f"the task {self.verdict}" if self.verdict else "no outcome yet"
        report = "" if self.report_id is None else f" (report {self.report_id})"
        kept = ", kept back on purpose" if self.withheld else ""
        about = f", for {flat(self.subject)}" if self.subject else ""
        yield f"Recommendation {self.recommendation_id} of {self.recommended_at}{about}{kept}: {came}{report}."
        learnings = [line for traced in self.learnings for line in traced.lines()]
        yield from as_data([f"prompt: {flat(self.prompt)}", *learnings])


def _counts(title: str, counts: Iterable[tuple[str, int]]) -> Iterator[str]:
    told = ", ".join(f"{flat(name)} {number}" for name, number in counts)
    if told:
        yield f"{title}: {told}"


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else timestamp(seconds)
