"""The answer of recommend_skills."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from tremaux_server.replies.base import LINE, Link, Part, as_data
from tremaux_server.replies.rows import RowsReply
from tremaux_server.shape import cut_end
from tremaux_server.uris import recommendation_uri, report_uri
from tremaux_tools.core.counted import counted
from tremaux_tools.core.skills.category import Category

if TYPE_CHECKING:  # the shapes of answers are listed before anything can be answered
    from tremaux_tools.core.skills.recommendation import Avoided, Item, Recommendation

DIGITS = 4  # of a probability or a score
TEXT = 450  # characters of a learning in the text
AVOID = 250  # characters of a pitfall in the text
PROOFS = 5  # reports named in a line
LINKED = 8  # reports linked


class ItemPart(Part):
    """A learning that should help, with its proof."""

    skill: str
    category: Category
    text: str
    confidence: float
    interval: list[float]
    outcomes: float
    score: float
    why: str
    source_learning: str
    project: str
    evidence: list[int]

    @classmethod
    def of(cls, item: "Item") -> Self:
        """Translate an item."""
        sure = item.confidence
        return cls(
            skill=item.skill,
            category=item.category,
            text=item.text,
            confidence=round(sure.mean, DIGITS),
            interval=[round(sure.low, DIGITS), round(sure.high, DIGITS)],
            outcomes=round(sure.evidence, 2),
            score=round(item.score, DIGITS),
            why=item.why,
            source_learning=item.source_learning,
            project=item.project,
            evidence=list(item.reports),
        )

    def lines(self, rank: int) -> Iterator[str]:
        """The learning, then what speaks for it."""
        text = cut_end(self.text.strip(), TEXT).splitlines()
        if _begins_with(self.text, self.skill):  # rate_skill takes the beginning of a learning for its name
            first, *text = text
        else:
            first = flat(self.skill)
        yield f"{rank}. [{self.category}] {first}"
        yield from text
        yield f"   {flat(self.why)}{proven(self.evidence)}"


class AvoidPart(Part):
    """What failed in such a situation."""

    text: str
    why: str
    source_learning: str
    project: str
    evidence: list[int]

    @classmethod
    def of(cls, avoided: "Avoided") -> Self:
        """Translate a pitfall."""
        return cls(
            text=avoided.text,
            why=avoided.why,
            source_learning=avoided.source_learning,
            project=avoided.project,
            evidence=list(avoided.reports),
        )

    def lines(self) -> Iterator[str]:
        """The pitfall, then why it is one."""
        first, *rest = cut_end(self.text, AVOID).splitlines() or [""]
        yield f"Avoid: {first}"
        yield from rest
        yield f"   {flat(self.why)}{proven(self.evidence)}"


class RecommendReply(RowsReply):
    """The answer of recommend_skills."""

    texts: ClassVar[frozenset[str]] = frozenset({"text", "why"})

    recommendation_id: int
    items: list[ItemPart]
    avoid: list[AvoidPart]
    withheld: bool
    reason: str
    uri: str

    @classmethod
    def of(cls, found: "Recommendation") -> Self:
        """Translate a recommendation."""
        return cls(
            recommendation_id=found.recommendation_id,
            items=[ItemPart.of(item) for item in found.items],
            avoid=[AvoidPart.of(avoided) for avoided in found.avoid],
            withheld=found.withheld,
            reason=found.reason,
            uri=recommendation_uri(found.recommendation_id),
        )

    def whole(self) -> str:
        """Where it all comes from."""
        return self.uri

    def links(self) -> Sequence[Link]:
        """The way from the recommendation to the reports that prove it."""
        parts: Sequence[ItemPart | AvoidPart] = (*self.items, *self.avoid)
        proofs = dict.fromkeys(report for part in parts for report in part.evidence)
        return (
            Link(self.uri, f"Recommendation {self.recommendation_id}"),
            *(Link(report_uri(report), f"Report {report}") for report in list(proofs)[:LINKED]),
        )

    def decision(self) -> str:
        """What there is, or why there is nothing."""
        if self.items:
            avoid = f"; avoid {len(self.avoid)}" if self.avoid else ""
            return f"{counted(len(self.items), 'learning')} for this task{avoid}."
        avoid = f" Avoid {len(self.avoid)}." if self.avoid else ""
        if self.withheld:
            return f"{self.reason[:1].upper()}{self.reason[1:]}."
        return f"Nothing to recommend: {self.reason}.{avoid}"

    def lines(self) -> Iterator[str]:
        """The decision, the learnings as data, then what to do with them."""
        yield from self.facts()
        number = self.recommendation_id
        yield f"Once the task is over call run_postflight(recommendation_ids=[{number}]), so that its outcome counts."
        if self.items:
            yield f"Proof: {self.uri}"

    def facts(self) -> Iterator[str]:
        """The decision, then the learnings as data."""
        yield self.decision()
        learnings = [line for rank, item in enumerate(self.items, 1) for line in item.lines(rank)]
        yield from as_data([*learnings, *(line for avoided in self.avoid for line in avoided.lines())])


def _begins_with(text: str, title: str) -> bool:
    """Whether a title is the text itself, or was cut from its beginning."""
    beginning = title.removesuffix("...").strip()
    return bool(beginning) and text.strip().startswith(beginning)


def proven(reports: Sequence[int]) -> str:
    """The reports that prove something, in words; empty without one."""
    if not reports:
        return ""
    shown = ", ".join(str(report) for report in reports[:PROOFS])
    more = f" and {len(reports) - PROOFS} more" if len(reports) > PROOFS else ""
    return f"; proven by report{'s' if len(reports) > 1 else ''} {shown}{more}"


def flat(text: str) -> str:
    """A text in one line that is not too long."""
    return cut_end(" ".join(text.split()), LINE)
