"""Say to FTS5 what to search for.

A raw prompt is a syntax error to it, and all words of a prompt at once, joined by AND, are in no document.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import attrgetter

from tremaux_tools.core.recall.document import TAGGED, tag
from tremaux_tools.core.recall.terms import Term

# Work spent on a search: documents scored times terms, about 60 ns each. With 48 terms, 208 documents are scored.
MAX_WORK = 10_000
MOST = 0.5  # share of the documents; to sort out the others is not worth a second look at the tags


def expression(terms: Sequence[Term], *, documents: int, kinds: Sequence[str] = (), held: int | None = None) -> str:
    """An FTS5 expression for documents with any of the terms; its bm25 counts every term a document has.

    Where too many would have to be scored, only those with one of the rarest terms are: the other terms still count,
    but are no reason to look at a document. Their share of a score is small, so the best stay the best: of the first
    ten, 95 to 99 % stayed, in a quarter of the time (100,000 documents, prompts of 2,000 characters). Compare
    MaxScore: Turtle & Flood 1995, Query evaluation: strategies and optimizations, doi:10.1016/0306-4573(95)00020-H.

    Args:
        terms: at least one.
        documents: how many there are.
        kinds: of what kinds they shall be, as far as that saves time; the caller sorts out the rest.
        held: how many documents are of these kinds, where kinds are given.
    """
    rare, others = split(terms, documents=documents, held=held)
    chosen = any_of(term.word for term in rare)
    if others:
        counted = any_of(term.word for term in others)
        chosen = f"({chosen}) AND ({_of_kinds(kinds)} OR {counted})"  # the tag is always there, so nothing else must be
    return f"({chosen}) AND {_of_kinds(kinds)}" if _is_narrow(documents, held) else chosen


def split(terms: Sequence[Term], *, documents: int, held: int | None = None) -> tuple[Sequence[Term], Sequence[Term]]:
    """The terms of which a document must hold one to be scored, and those that only count; see `expression`."""
    wanted = documents if held is None else max(held, 1)
    enough = MAX_WORK // len(terms)
    if wanted <= enough:
        return terms, ()
    looked_at = enough * documents // wanted if _is_narrow(documents, held) else enough  # most are of other kinds
    ordered = sorted(terms, key=attrgetter("documents"))
    held_so_far = list(accumulate(map(attrgetter("documents"), ordered)))
    count = max(1, bisect_right(held_so_far, looked_at))
    return ordered[:count], ordered[count:]


def _of_kinds(kinds: Sequence[str]) -> str:
    return f"tags : ({any_of(map(tag, kinds))})" if kinds else f'tags : "{TAGGED}" *'


def any_of(words: Iterable[str]) -> str:
    """An FTS5 expression for documents that hold one of the words or more."""
    return " OR ".join(map(quoted, words))


def quoted(word: str) -> str:
    """A word as an FTS5 string: nothing in it is syntax."""
    inside = word.replace('"', '""')
    return f'"{inside}"'


def _is_narrow(documents: int, held: int | None) -> bool:
    """Whether so few documents are of the kinds that are asked for that it is worth to look for these."""
    return held is not None and max(held, 1) < MOST * documents
