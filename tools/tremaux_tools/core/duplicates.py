"""Tell two wordings of one learning from two learnings that only look alike.

Merging the wrong two is worse than leaving two of the same: `use port 8080` must never prove `use port 8081`. So
nothing may be replaced. The longer text has to say what the shorter says, word for word in that order, apart from
words that say nothing (`the`, `is`), case, plural and punctuation; and what it says besides may be neither a name, a
number, an operator nor a word that turns a sentence (`not`, `only`, `without`).

The measure is the resemblance of two bags of words (Broder 1997, On the resemblance and containment of documents,
doi:10.1109/SEQUEN.1997.666900). A library is not searched by his MinHash, which misses some and needs a hundred hashes
a text: where the shorter text is contained in the longer one, its rarest word is too, so an index by rarest words
finds all pairs (the prefix index of Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3rd ed., section 3.9, with
a prefix of one).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NEAR = 0.9  # resemblance; one plain word more in ten, so a short sentence must say exactly the same
MAX_COMPARED = 50  # longer texts that one text is compared with: a library of one template must not take hours

_SILENT = frozenset(
    "a an the is are am was were be been being has have had do does did it its this that these those there so just".split()  # noqa: SIM905, E501 - a list of quoted words would be three times as long
)
# Words that turn what is said round or narrow it.
_TURNING = frozenset(
    """
    no not nor never none nothing neither without cannot hardly rarely seldom barely only except unless until instead
    rather avoid stop disable disabled forbid fail wrong false off out less least more most before after if else but
    nicht kein keine keinen nie ohne nur pas jamais sans non nunca sin solo nie bez только не без
    """.split()  # noqa: SIM905
)
# A name with what programmers join it by (a.b, a/b, a-b, C++, --force), a run of operators, or any other sign alone.
_TOKEN = re.compile(r"-{0,2}\w+(?:['’.:/\\@#-]+\w+)*[+#]*|!(?=[\w(])|[=<>!+*/%&|^~$@#\\-]+|[^\s\w.,;:!?'\"`’“”()…]")
_NEGATED = re.compile(r"(\w+)n['’]t$", re.IGNORECASE)
_SHORTENED = {"ca": "can", "wo": "will", "sha": "shall"}


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as it is compared."""

    words: tuple[str, ...]  #: those that say something, in their order, in small letters, without a plural's s
    telling: frozenset[str]  #: words of it that make all the difference


def read(text: str) -> Wording:
    """Reduce a text to what it says."""
    words: list[str] = []
    telling: set[str] = set()
    for token in _TOKEN.findall(text):
        for spelled in _plain(token):
            word = _singular(spelled.casefold())
            if word in _SILENT:
                continue
            words.append(word)
            if word in _TURNING or not (spelled.isalpha() and spelled.islower()):
                telling.add(word)
    return Wording(tuple(words), frozenset(telling))


def similarity(one: Wording, other: Wording) -> float:
    """How much of the longer text is in the shorter, in [0, 1]; 0 where they do not say the same.

    Where the longer holds all of the shorter, that is the resemblance of their bags of words.
    """
    short, long = sorted((one, other), key=lambda wording: len(wording.words))
    if not short.words:
        return 0.0
    if short.words == long.words:
        return 1.0
    added = _added(short.words, long.words)
    if added is None or not long.telling.isdisjoint(added):
        return 0.0
    return len(short.words) / len(long.words)


def is_near(one: Wording, other: Wording) -> bool:
    """Tell whether two texts are wordings of the same."""
    return similarity(one, other) >= NEAR


def near_duplicates(texts: Sequence[str]) -> list[tuple[int, ...]]:
    """Groups of texts that all say the same, as places in `texts`; none of a single text.

    Each two of a group are near, so no group drifts from one meaning to another. Deterministic; groups and places in
    ascending order. 100,000 texts take seconds.
    """
    wordings = [read(text) for text in texts]
    equal: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, wording in enumerate(wordings):
        if wording.words:
            equal[wording.words].append(place)
    leaders = {places[0]: wordings[places[0]] for places in equal.values()}
    groups: list[list[int]] = []
    group_of: dict[int, list[int]] = {}
    for one, other in sorted(_near_pairs(leaders)):
        group = group_of.get(one)
        if group is None:
            group = group_of[one] = [one]
            groups.append(group)
        if other not in group_of and all(is_near(wordings[member], wordings[other]) for member in group):
            group.append(other)
            group_of[other] = group
    groups += [[leader] for leader in leaders if leader not in group_of]
    whole = (sorted(place for leader in group for place in equal[wordings[leader].words]) for group in groups)
    return sorted(tuple(group) for group in whole if len(group) > 1)


def _near_pairs(wordings: dict[int, Wording]) -> Iterator[tuple[int, int]]:
    """Pairs of places, the smaller first."""
    often = Counter(word for wording in wordings.values() for word in set(wording.words))
    rarest = {place: min(wording.words, key=lambda word: (often[word], word)) for place, wording in wordings.items()}
    wanted = set(rarest.values())
    having: dict[str, list[int]] = defaultdict(list)
    for place, wording in sorted(wordings.items(), key=lambda item: len(item[1].words)):
        for word in wanted.intersection(wording.words):
            having[word].append(place)
    for place, word in rarest.items():
        short = wordings[place]
        for other in _longer(len(short.words), having[word], wordings):
            if is_near(short, wordings[other]):
                yield min(place, other), max(place, other)


def _longer(length: int, places: Sequence[int], wordings: dict[int, Wording]) -> Iterator[int]:
    """Those of places, sorted by length, that are longer, but not by too much; of one length only equals are near."""
    found = 0
    for place in places:
        if len(wordings[place].words) > length / NEAR or found == MAX_COMPARED:
            return
        if len(wordings[place].words) > length:
            found += 1
            yield place


def _added(short: Sequence[str], long: Sequence[str]) -> list[str] | None:
    """Words of `long` between those of `short`; None where `long` does not hold them all in their order."""
    added: list[str] = []
    at = 0
    for word in long:
        if at < len(short) and word == short[at]:
            at += 1
        else:
            added.append(word)
    return added if at == len(short) else None


def _plain(token: str) -> tuple[str, ...]:
    """A token without what English hangs on it: `don't` is `do not`, `it's` is `it`."""
    if token.casefold() == "cannot":
        return ("can", "not")
    if match := _NEGATED.match(token):
        return (_SHORTENED.get(match[1].casefold(), match[1]), "not")
    return (token[:-2],) if token.endswith(("'s", "’s")) else (token,)


def _singular(word: str) -> str:
    """The S stemmer: three rules, so it never joins what means different things.

    Source: Harman 1991, How effective is suffixing?, doi:10.1002/(SICI)1097-4571(199101)42:1<7::AID-ASI2>3.0.CO;2-P.
    """
    if len(word) <= 3 or not word.isalpha() or not word.endswith("s"):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return f"{word[:-3]}y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word if word.endswith(("us", "ss")) else word[:-1]
