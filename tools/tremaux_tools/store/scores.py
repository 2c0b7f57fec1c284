"""Remember what each term says of each document, where there are few of them.

The bm25 of a prompt is the sum of that of its terms, so FTS5 has to be asked for each of them once, as long as no
document changes. It works out anew for each prompt what it says: 40 microseconds a term, two thirds of a search of
1,000 documents. Of many documents there is too much to remember, and Python adds up more slowly than FTS5 does.
"""

from collections.abc import Collection, Mapping, Sequence

from tremaux_tools.core.recall.expression import quoted
from tremaux_tools.core.recall.terms import Term
from tremaux_tools.store import documents
from tremaux_tools.store.connection import Connection

FEW = 5_000  # documents
MAX_KNOWN = 200_000  # scores remembered, about 25 MB


class Scores:
    """Searches one version of the index of one file as FTS5 does, and remembers what it was told."""

    def __init__(self, version: bytes = b"") -> None:
        self._version = version
        self._by_word: dict[str, Mapping[int, float]] = {}
        self._of_kinds: dict[Sequence[str], Collection[int]] = {}
        self._size = 0

    def as_of(self, version: bytes) -> "Scores":
        """These, if they are of this version and not too many; else new ones."""
        return self if version == self._version and self._size <= MAX_KNOWN else Scores(version)

    async def best(
        self,
        connection: Connection,
        rare: Sequence[Term],
        others: Sequence[Term],
        *,
        kinds: Sequence[str],
        limit: int,
    ) -> list[tuple[int, float]]:
        """The entities of these kinds, or of any, that hold one of the rare terms, and their scores, the best first.

        The other terms count too, where they are. The connection must read the version these scores are of.
        """
        told = []
        for term in (*rare, *others):
            known = self._by_word.get(term.word)
            if known is None:
                known = self._by_word[term.word] = await documents.scores(connection, quoted(term.word))
                self._size += len(known)
            told.append(known)
        chosen = await self._chosen(connection, tuple(kinds)) if kinds else None
        found = _summed(told[: len(rare)], told[len(rare) :], chosen)
        best = sorted(sorted(found), key=found.__getitem__, reverse=True)[:limit]  # of equals the first stays the first
        return [(entity_id, found[entity_id]) for entity_id in best]

    async def _chosen(self, connection: Connection, kinds: Sequence[str]) -> Collection[int]:
        known = self._of_kinds.get(kinds)
        if known is None:
            known = self._of_kinds[kinds] = await documents.of_kinds(connection, kinds)
            self._size += len(known)
        return known


def _summed(
    rare: Sequence[Mapping[int, float]], others: Sequence[Mapping[int, float]], chosen: Collection[int] | None
) -> dict[int, float]:
    """The sum of all scores of each entity that has one of the rare, and is among the chosen."""
    found: dict[int, float] = {}
    for scores in rare:
        for entity_id, score in scores.items():
            found[entity_id] = found.get(entity_id, 0.0) + score
    if chosen is not None:
        for entity_id in [entity_id for entity_id in found if entity_id not in chosen]:
            del found[entity_id]
    counted = set(found)
    for scores in others:
        for entity_id in counted.intersection(scores):
            found[entity_id] += scores[entity_id]
    return found
