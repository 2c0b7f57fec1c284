"""Choose what to search for: the few words of a prompt that tell most."""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from tremaux_tools.core.recall.words import STOP_WORDS, parts

MAX_TERMS = 48  # what more of them find was not worth its time: nDCG@10 .604 against .630, 39 ms against 112
MAX_WORD = 64  # characters; what is longer is a hash or a key
COMMON = 0.5  # share of the documents; a word in more of them tells nothing
SMALL = 20  # documents; of so few, a word in half of them still tells something
LEAD = 8  # words; the weight of a term falls with its place, counted in these
LEAD_WEIGHT = 0.5  # how much it falls
_MAX_FORMS = 10_000  # words whose forms are remembered, about 3 MB: prompts say the same ones again and again
_MAX_FACTORS = 4_096  # remembered of each part of a weight, as a logarithm takes longer to work out


class Term(NamedTuple):
    """A word to search for, in one of its forms."""

    word: str
    stem: str  #: what the index knows it by
    documents: int  #: which hold it, in any form


@lru_cache(maxsize=_MAX_FORMS)
def forms_of(word: str) -> tuple[str, ...]:
    """What a word is looked for by: itself and, of camelCase, its parts, in lower case; nothing if it tells nothing."""
    lower = word.lower()
    if lower in STOP_WORDS or len(word) > MAX_WORD:
        return ()
    told = (part.lower() for part in parts(word)) if lower != word else ()
    return (lower, *(form for form in told if form not in STOP_WORDS))


def choose(told: Iterable[Iterable[Term]], documents: int) -> list[Term]:
    """Choose at most `MAX_TERMS` terms, those that tell most first.

    The weight of a term is `(1 + ln times) * idf / (1 + ln(1 + place / 8) / 2)`: repeated, rare and early words first.
    Words of one stem are one term. Those that are nowhere are left out, and so are those in more than half of the
    documents, unless no other is left.

    Args:
        told: the terms of each word of a prompt that may tell something, in their order.
        documents: how many there are.
    """
    met: dict[str, list[int]] = {}  # by stem: how many times, and the place
    first: list[Term] = []
    for place, terms in enumerate(told):
        for term in terms:
            stem = term[1]  # in half the time of naming it
            if stem in met:
                met[stem][0] += 1
            else:
                met[stem] = [1, place]
                first.append(term)
    common = max(COMMON * documents, SMALL)
    telling = [term for term in first if 0 < term[2] <= common] or [term for term in first if term[2]]
    weights = []
    for _, stem, held in telling:
        times, place = met[stem]
        weights.append(_repeated(times) * _rarity(held, documents) / _late(place))
    best = sorted(range(len(telling)), key=weights.__getitem__, reverse=True)[:MAX_TERMS]  # of equals the first first
    return [telling[at] for at in best]


@lru_cache(maxsize=_MAX_FACTORS)
def _repeated(times: int) -> float:
    """The factor of a term that is met so many times."""
    return 1 + math.log(times)


@lru_cache(maxsize=_MAX_FACTORS)
def _rarity(held: int, documents: int) -> float:
    """The factor of a term that so many of the documents hold: its idf."""
    return math.log(1 + max(documents - held, 0) / held)


@lru_cache(maxsize=_MAX_FACTORS)
def _late(place: int) -> float:
    """The divisor of a term that is met at a place, counted from 0."""
    return 1 + LEAD_WEIGHT * math.log(1 + place / LEAD)
