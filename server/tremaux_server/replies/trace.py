"""Where a recommendation came from, and what came of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from tremaux_server.replies.base import Part, Reply, as_data
from tremaux_server.replies.recommend import DIGITS, flat
from tremaux_server.shape import timestamp
from tremaux_server.uris import knowledge_uri, output_uri, recommendation_uri, report_uri

if TYPE_CHECKING:
    from tremaux_tools.core.skills.recommendation import Proof, Trace, TraceAttempt, Traced


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
            judged_at=moment(trace.judged_at),
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


def moment(seconds: float | None) -> str | None:
    """Unix seconds as ISO 8601; None for never."""
    return None if seconds is None else timestamp(seconds)
