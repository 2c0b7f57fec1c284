"""What is recommended for a task, as values."""

from dataclasses import dataclass

from tremaux_tools.core.confidence import Confidence
from tremaux_tools.core.skills.category import Category

MAX_ITEMS = 3  # SkillsBench (arXiv 2602.12670): two or three skills help most, with four or more the gain is gone


@dataclass(frozen=True, slots=True)
class Item:
    """A learning that should help, with its proof."""

    skill: str  #: what rate_skill knows it by; unique among the items
    category: Category
    text: str
    confidence: Confidence
    score: float  #: relevance times confidence as far as that counts
    why: str  #: in words: what speaks for it
    source_learning: str  #: name of the entity
    project: str  #: where it was learnt
    reports: tuple[int, ...]  #: which prove it, the newest first


@dataclass(frozen=True, slots=True)
class Avoided:
    """What failed in such a situation."""

    text: str
    why: str
    source_learning: str
    project: str
    reports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """An answer to a prompt; nothing is recommended where nothing stands out."""

    recommendation_id: int
    items: tuple[Item, ...]  #: the best first, at most `MAX_ITEMS`
    avoid: tuple[Avoided, ...]
    withheld: bool  #: kept back on purpose, to learn whether recommendations help
    reason: str  #: why there is no item; empty where there is one


@dataclass(frozen=True, slots=True)
class Rated:
    """What a rating or an outcome did to a learning."""

    skill: str
    source_learning: str
    before: Confidence
    after: Confidence


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a finished task added."""

    skills: tuple[tuple[Category, str], ...]  #: extracted, by category and name
    learning: str | None  #: name of the entity; None where nothing was learnt
    is_new: bool  #: it was not known before


@dataclass(frozen=True, slots=True)
class TraceAttempt:
    """An attempt on the way to a report."""

    attempt_id: int
    goal: str
    gate: str
    action: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A report that taught a learning, and the attempts that led to it."""

    report_id: int
    verdict: str
    task: str
    attempts: tuple[TraceAttempt, ...]  #: oldest first


@dataclass(frozen=True, slots=True)
class Traced:
    """A learning of a recommendation with its proofs."""

    source_learning: str
    skill: str
    avoid: bool
    relevance: float
    confidence: float  #: when it was recommended
    score: float
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a recommendation came from and what came of it."""

    recommendation_id: int
    project: str
    prompt: str
    subject: str  #: the run of a ticket whose prompt carried it; empty: an agent asked
    withheld: bool
    verdict: str | None  #: of the task; None: not known yet
    report_id: int | None  #: of the task
    recommended_at: float
    judged_at: float | None
    learnings: tuple[Traced, ...]
