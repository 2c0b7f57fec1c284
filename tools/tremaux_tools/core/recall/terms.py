"""Choose what to search for: the few words of a prompt that tell most."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from tremaux_tools.core.recall.words import STOP_WORDS, parts, words

MAX_TERMS = 48  # what more of them find was not worth its time: nDCG@10 .604 against .630, 39 ms against 112
MAX_WORD = 64  # characters; what is longer is a hash or a key
COMMON = 0.5  # share of the documents; a word in more of them tells nothing
SMALL = 20  # documents; of so few, a word in half of them still tells something
LEAD = 8  # words; the weight of a term falls with its place, counted in these
LEAD_WEIGHT = 0.5  # how much it falls
_MAX_FORMS = 10_000  # words whose forms are remembered, about 3 MB: prompts say the same ones again and again


Spoken = tuple[str, int, int]
"""A word of a prompt in lower case, how often it comes, and where first, counted in words that are no stop words.

A plain tuple, as hundreds are made of each prompt.
"""


class Term(NamedTuple):
    """A word to search for, in one of its forms."""

    word: str
    documents: int  #: which hold it


def spoken(text: str) -> list[Spoken]:
    """The words of a prompt that may tell something, each once, in the order met; camelCase also in parts."""
    telling = list(filter(_forms, words(text)))
    first_at = dict(zip(reversed(telling), range(len(telling) - 1, -1, -1), strict=True))
    times: dict[str, int] = {}
    places: dict[str, int] = {}
    for word, count in Counter(telling).items():
        for form in _forms(word):
            if form in times:
                times[form] += count
            else:
                times[form], places[form] = count, first_at[word]
    return list(zip(times, times.values(), places.values(), strict=True))


@lru_cache(maxsize=_MAX_FORMS)
def _forms(word: str) -> tuple[str, ...]:
    """What a word is looked for by: itself and its parts, in lower case; nothing for one that tells nothing."""
    lower = word.lower()
    if lower in STOP_WORDS or len(word) > MAX_WORD:
        return ()
    told = (part.lower() for part in parts(word)) if lower != word else ()
    return (lower, *(form for form in told if form not in STOP_WORDS))


def choose(
    said: Sequence[Spoken], stems: Mapping[str, str], frequencies: Mapping[str, int], documents: int
) -> list[Term]:
    """Choose at most `MAX_TERMS` terms, those that tell most first.

    The weight of a term is `(1 + ln times) * idf / (1 + ln(1 + place / 8) / 2)`: repeated, rare and early words first.
    Words that are nowhere are left out, and so are those in more than half of the `documents`, unless no other is left.

    Args:
        said: words of the prompt.
        stems: of each word, what the index knows it by; words of one stem are one term.
        frequencies: of each stem, how many documents hold it.
        documents: how many there are.
    """
    times: dict[str, int] = {}
    met: dict[str, tuple[str, int]] = {}
    for word, count, place in said:
        stem = stems.get(word, word)
        if stem in times:
            times[stem] += count
        else:
            times[stem], met[stem] = count, (word, place)
    found = {stem: held for stem in times if (held := frequencies.get(stem))}
    common = max(COMMON * documents, SMALL)
    telling = {stem: held for stem, held in found.items() if held <= common} or found
    weights = {stem: _weight(times[stem], met[stem][1], held, documents) for stem, held in telling.items()}
    best = sorted(weights, key=weights.__getitem__, reverse=True)[:MAX_TERMS]  # of equals the first stays the first
    return [Term(met[stem][0], telling[stem]) for stem in best]


def _weight(times: int, place: int, held: int, documents: int) -> float:
    rarity = math.log(1 + max(documents - held, 0) / held)
    return (1 + math.log(times)) * rarity / (1 + LEAD_WEIGHT * math.log(1 + place / LEAD))
