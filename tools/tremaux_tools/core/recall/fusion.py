"""Join what words found with what meanings found, by scores: ranks lose to a weak second ranker."""

from collections.abc import Mapping, Sequence

DEPTH = 100  # of each list; what stands further down is no answer
# A cosine below which two texts have nothing to do with each other: by either of our models, 97 to 99 of 100 pairs of a
# question and a document of another field (nl2cmd, cranfield) are below it. The hundredth best of thousands hardly
# ever is, so this orders nothing anew there; but a small library would have an answer to any prompt.
UNRELATED = 0.15

Scores = Sequence[tuple[int, float]]  #: entity_id and score, the best first


def fused(lexical: Scores, near: Scores, *, alpha: float) -> list[tuple[int, float]]:
    """Join two lists, the best first; relevances in [0, 1], and the best has 1. The scores of `near` are cosines.

    `(1 - alpha) * scaled(lexical) + alpha * scaled(near)`; what is missing in a list has 0 there, and what is
    `UNRELATED` is missing.
    """
    related = {entity_id for entity_id, cosine in near if cosine >= UNRELATED}
    words = scaled(lexical)
    meanings = {entity_id: share for entity_id, share in scaled(near).items() if entity_id in related}
    if not meanings:
        return list(words.items())  # the best first, and it has 1
    joined = {
        entity_id: (1 - alpha) * words.get(entity_id, 0.0) + alpha * meanings.get(entity_id, 0.0)
        for entity_id in (*words, *meanings)
    }
    best = max(joined.values())
    shares = {entity_id: score / best if best else 1.0 for entity_id, score in joined.items()}
    best_first = sorted(sorted(shares), key=shares.__getitem__, reverse=True)  # of equals the first stays the first
    return [(entity_id, shares[entity_id]) for entity_id in best_first]


def scaled(scores: Scores) -> Mapping[int, float]:
    """The first `DEPTH` scores as shares of the way from the worst to the best.

    A list that is not full holds all there is, so its worst is no zero: the scale begins at 0 there, the score of what
    was not found. Else the second of two good hits would be worth nothing.
    """
    top = scores[:DEPTH]
    if not top:
        return {}
    best, worst = top[0][1], top[-1][1]
    base = worst if len(top) == DEPTH else min(worst, 0.0)
    if best <= base:
        return dict.fromkeys((entity_id for entity_id, _ in top), 1.0)
    return {entity_id: (score - base) / (best - base) for entity_id, score in top}
