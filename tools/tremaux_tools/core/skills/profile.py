"""What is known in all, and how it fares: the profile, the skill tree, what decays."""

from dataclasses import dataclass

from tremaux_tools.core.confidence import Confidence, Standing
from tremaux_tools.core.skills.analysis import TaskAnalysis
from tremaux_tools.core.skills.category import Category
from tremaux_tools.core.uplift import Uplift


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of the skill tree: a category, a skill, or a learning."""

    name: str
    learnings: int  #: below it, or 1 for a learning
    confidence: float | None  #: mean of what is below; None without evidence
    children: tuple["Branch", ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """What Tremaux has learnt."""

    total_learnings: int
    pitfalls: int
    by_category: dict[Category, int]
    top_skills: tuple[tuple[str, int], ...]  #: name and how many learnings show it, most first
    success_rate: float | None  #: of finished tasks with a verdict; None without any
    standings: dict[Standing, int]
    tasks: TaskAnalysis
    uplift: Uplift
    tree: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A learning that can be recommended."""

    name: str  #: of the entity
    category: Category
    text: str
    confidence: Confidence
    standing: Standing
    project: str  #: where it was learnt; empty: nobody knows


@dataclass(frozen=True, slots=True)
class Fading:
    """A learning whose outcomes speak against it, or that nobody has used for long."""

    name: str
    title: str
    standing: Standing
    confidence: Confidence
    last_used_at: float | None
    quarantined_at: float | None
