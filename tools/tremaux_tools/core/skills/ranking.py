"""Choose what to recommend: by relevance first, with what outcomes say as a light prior, or nothing at all.

Confidence must not be the sort key: even where it is informative, sorting the ten most relevant by it alone costs up to
0.06 nDCG@10, and 0.14 to 0.25 where it is not. With `rel * (0.7 + 0.3 c)` it gains up to 0.06 and loses at most 0.006.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tremaux_tools.core.confidence import Confidence, Standing, explored
from tremaux_tools.core.skills.recommendation import MAX_ITEMS

CONFIDENCE_SHARE = 0.3  # of a score that confidence can take away
TENTH = 10
# The best hit's score over the tenth's: at this bound 80 % of good first hits stay, and half or more of wrong ones go.
STANDS_OUT = 1.45
BESIDE_THE_BEST = 0.5  # relevance, of that of the best hit, from which another one is worth an agent's attention
MAX_AVOID = 3
NEVER_RECOMMENDED: frozenset[Standing] = frozenset({"quarantined", "retired"})
NOTHING_KNOWN = "nothing that was learnt has to do with this prompt"
NOTHING_STANDS_OUT = "what was learnt has as much to do with many other prompts: nothing stands out"
ALL_HARMFUL = "what was learnt about this did not help those who used it"


class Hit(NamedTuple):
    """A learning that has to do with a prompt."""

    entity_id: int
    is_pitfall: bool
    relevance: float  #: in [0, 1]
    words: float  #: its score by words alone, to be compared with others of the same prompt


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The hits that are worth a closer look, with their relevance as a share of that of the best of their kind."""

    hits: tuple[Hit, ...]
    reason: str  #: why no finding is among them; empty where one is


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit of the shortlist, and what came of it so far."""

    hit: Hit
    confidence: Confidence
    standing: Standing

    @property
    def score(self) -> float:
        """What it is ranked by, in [0, 1]."""
        return self.hit.relevance * (1 - CONFIDENCE_SHARE + CONFIDENCE_SHARE * explored(self.confidence))


@dataclass(frozen=True, slots=True)
class Choice:
    """What to tell an agent."""

    items: tuple[Candidate, ...]
    avoid: tuple[Candidate, ...]
    reason: str  #: why there is no item; empty where there is one


def shortlist(hits: Iterable[Hit]) -> Shortlist:
    """Leave the hits that stand out, and those that fit about as well.

    Findings and pitfalls are judged each among their own: how a like task failed tells nothing of what helps with it.
    """
    known = list(hits)
    findings = [hit for hit in known if not hit.is_pitfall]
    pitfalls = [hit for hit in known if hit.is_pitfall]
    close = _close(findings)
    reason = "" if close else NOTHING_STANDS_OUT if findings else NOTHING_KNOWN
    return Shortlist((*close, *_close(pitfalls)), reason)


def choose(candidates: Iterable[Candidate], short: Shortlist, *, limit: int) -> Choice:
    """Choose at most `limit` learnings, never more than `MAX_ITEMS`, and at most `MAX_AVOID` pitfalls."""
    useful = [each for each in candidates if each.standing not in NEVER_RECOMMENDED]
    items = _best([each for each in useful if not each.hit.is_pitfall], min(limit, MAX_ITEMS))
    avoid = _best([each for each in useful if each.hit.is_pitfall], MAX_AVOID)
    return Choice(items, avoid, "" if items else short.reason or ALL_HARMFUL)


def stands_out(scores: Iterable[float]) -> bool:
    """Whether the best of some scores stands out from the tenth.

    In a small library nothing can stand out, so where there is no tenth all may be shown.
    """
    best_first = sorted(scores, reverse=True)
    return len(best_first) < TENTH or best_first[0] >= STANDS_OUT * best_first[TENTH - 1]


def _close(hits: list[Hit]) -> list[Hit]:
    if not hits or not stands_out(hit.words for hit in hits):
        return []
    best = max(hit.relevance for hit in hits) or 1.0
    near = [hit for hit in hits if hit.relevance >= BESIDE_THE_BEST * best]
    return [Hit(hit.entity_id, hit.is_pitfall, hit.relevance / best, hit.words) for hit in near]


def _best(candidates: list[Candidate], limit: int) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates, key=lambda each: (-each.score, each.hit.entity_id))[:limit])
