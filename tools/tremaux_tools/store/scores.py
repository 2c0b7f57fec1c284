"""Remember what each term says of each document, where there are few of them.

The bm25 of a prompt is the sum of that of its terms, so a term has to be asked for once as long as no document changes.
FTS5 itself works all of them out anew for each prompt: 40 microseconds a term, two thirds of a search of 1,000
documents. Of many documents there is too much to remember, and Python adds up more slowly than FTS5 does.
"""

from collections.abc import Mapping, Sequence

from tremaux_tools.core.recall.expression import of_kinds, quoted
from tremaux_tools.core.recall.terms import Term
from tremaux_tools.store import documents
from tremaux_tools.store.connection import Connection

FEW = 5_000  # documents
MAX_KNOWN = 200_000  # scores remembered, about 25 MB


class Scores:
    """Searches the documents as FTS5 does, of which it knows all scores, and remembers those of terms."""

    def __init__(self) -> None:
        self._of: tuple[Connection | None, bytes] = None, b""  #: the file, and the version of its index
        self._known: dict[str, Mapping[int, float]] = {}  #: by expression
        self._size = 0

    async def best(
        self,
        connection: Connection,
        version: bytes,
        rare: Sequence[Term],
        others: Sequence[Term],
        *,
        kinds: Sequence[str],
        limit: int,
    ) -> list[tuple[int, float]]:
        """The entities of these kinds, or of any, that hold one of the rare terms, and their scores, the best first.

        Args:
            connection: reads as of one moment.
            version: of the index at that moment.
            rare: terms of which a document must hold one.
            others: terms that count too, where they are.
            kinds: of what kinds the entities shall be.
            limit: how many are wanted.
        """
        if (connection, version) != self._of or self._size > MAX_KNOWN:
            self._of, self._known, self._size = (connection, version), {}, 0
        found: dict[int, float] = {}
        for term in rare:
            for entity_id, score in (await self._all(connection, quoted(term.word))).items():
                found[entity_id] = found.get(entity_id, 0.0) + score
        if kinds:
            chosen = await self._all(connection, of_kinds(kinds))
            found = {entity_id: score for entity_id, score in found.items() if entity_id in chosen}
        for term in others:
            scores = await self._all(connection, quoted(term.word))
            for entity_id in found.keys() & scores.keys():
                found[entity_id] += scores[entity_id]
        return sorted(found.items(), key=lambda hit: (-hit[1], hit[0]))[:limit]

    async def _all(self, connection: Connection, expression: str) -> Mapping[int, float]:
        known = self._known.get(expression)
        if known is None:
            known = self._known[expression] = await documents.scores(connection, expression)
            self._size += len(known)
        return known
