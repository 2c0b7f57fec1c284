"""Choose what to recommend: by relevance first, with what outcomes say as a light prior, or nothing at all.

Confidence must not be the sort key: even where it is informative, sorting the ten most relevant by it alone costs up to
0.06 nDCG@10, and 0.14 to 0.25 where it is not. With `rel * (0.7 + 0.3 c)` it gains up to 0.06 and loses at most 0.006.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tremaux_tools.core.confidence import Confidence, Standing, explored
from tremaux_tools.core.skills.recommendation import MAX_ITEMS

CONFIDENCE_SHARE = 0.3  # of a score that confidence can take away
STANDS_OUT = (
    1.45  # the best hit's score over the tenth's: keeps 80 % of good first hits, cuts half or more of wrong ones
)
BESIDE_THE_BEST = 0.5  # relevance, of that of the best hit, from which another one is worth an agent's attention
MAX_AVOID = 3
NEVER_RECOMMENDED: frozenset[Standing] = frozenset({"quarantined", "retired"})
NOTHING_KNOWN = "nothing that was learnt has to do with this prompt"
NOTHING_STANDS_OUT = "what was learnt has as much to do with many other prompts: nothing stands out"
ALL_HARMFUL = "what was learnt about this did not help those who used it"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learning that has to do with a prompt."""

    entity_id: int
    is_pitfall: bool
    relevance: float  #: in [0, 1], 1 for the best hit of the prompt
    confidence: Confidence
    standing: Standing

    @property
    def score(self) -> float:
        """What it is ranked by, in [0, 1]."""
        return self.relevance * (1 - CONFIDENCE_SHARE + CONFIDENCE_SHARE * explored(self.confidence))


@dataclass(frozen=True, slots=True)
class Choice:
    """What to tell an agent."""

    items: tuple[Candidate, ...]
    avoid: tuple[Candidate, ...]
    reason: str  #: why there is no item; empty where there is one


def choose(candidates: Iterable[Candidate], *, limit: int, stands_out: float | None) -> Choice:
    """Choose at most `limit` learnings, never more than `MAX_ITEMS`, and at most `MAX_AVOID` pitfalls.

    `stands_out` is the score of the best hit over that of the tenth; None where there are fewer: in a small library
    nothing can stand out, so all of it may be shown.
    """
    known = list(candidates)
    if not known:
        return Choice((), (), NOTHING_KNOWN)
    if stands_out is not None and stands_out < STANDS_OUT:
        return Choice((), (), NOTHING_STANDS_OUT)
    useful = [each for each in known if each.standing not in NEVER_RECOMMENDED]
    items = _best([each for each in useful if not each.is_pitfall], min(limit, MAX_ITEMS))
    avoid = _best([each for each in useful if each.is_pitfall], MAX_AVOID)
    return Choice(items, avoid, "" if items else _why_none(known))


def _best(candidates: list[Candidate], limit: int) -> tuple[Candidate, ...]:
    close = [each for each in candidates if each.relevance >= BESIDE_THE_BEST]
    return tuple(sorted(close, key=lambda each: (-each.score, each.entity_id))[:limit])


def _why_none(known: list[Candidate]) -> str:
    close = [each for each in known if not each.is_pitfall and each.relevance >= BESIDE_THE_BEST]
    return ALL_HARMFUL if close else NOTHING_KNOWN
