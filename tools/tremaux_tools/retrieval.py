"""Find what was written before by the words of a prompt and, where a model is installed, by what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from weakref import WeakKeyDictionary

from tremaux_tools.core.recall.document import tag
from tremaux_tools.core.recall.expression import expression, split
from tremaux_tools.core.recall.fusion import DEPTH, fused
from tremaux_tools.core.recall.terms import choose
from tremaux_tools.core.recall.words import words
from tremaux_tools.store import documents
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.database import Database
from tremaux_tools.store.lexicon import Found, Lexicon
from tremaux_tools.store.scores import FEW, Scores
from tremaux_tools.vectors import CATCH_UP_SECONDS

MAX_PROMPT = 20_000  # characters read of a prompt: ten long prompts, 10 ms


class Nearness(Protocol):
    """Finds documents by what they mean."""

    @property
    def alpha(self) -> float:
        """How much it counts beside words, in [0, 1]."""

    async def nearest(self, text: str, *, kinds: Sequence[str], limit: int) -> Sequence[tuple[int, float]]:
        """The entities nearest in meaning and their cosines, the best first."""

    async def catch_up(self, *, seconds: float) -> int:
        """Read what is new, for at most so long; returns how much is left."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The entities whose meaning is near to that of a text, and how much that counts."""

    near: Sequence[tuple[int, float]] = ()
    alpha: float = 0.0


class Hit(NamedTuple):
    """An entity that was found."""

    entity_id: int
    relevance: float  #: in [0, 1]; the best hit has 1
    words: float = 0.0  #: score by words alone, 0 or more; of one search it can be compared


class Results(NamedTuple):
    """What a search has found, the best first, and in which version of the index."""

    hits: tuple[Hit, ...]
    version: bytes


class Retrieval:
    """Searches one database; `vectors` is None where no model is installed."""

    def __init__(self, database: Database, vectors: Nearness | None = None) -> None:
        self._database = database
        self._vectors = vectors
        self._lexicon = Lexicon()
        self._scores: WeakKeyDictionary[Connection, Scores] = WeakKeyDictionary()  # each is connected to one file

    async def search(self, text: str, *, kinds: Sequence[str] = (), limit: int = DEPTH) -> tuple[Hit, ...]:
        """Find the documents that fit a text best, of these kinds or of any, the best first.

        Any text will do: none of it is syntax, and of a very long one the first `MAX_PROMPT` characters are read.

        Raises:
            StateError: the database cannot be read.
        """
        meant = await self.meant(text, kinds=kinds)
        results = await self._database.read(
            lambda connection: self.found(connection, text, meant, kinds=kinds, limit=limit)
        )
        return results.hits

    async def meant(self, text: str, *, kinds: Sequence[str]) -> Meant:
        """What `found` has to know of a text beforehand; nothing where no model is installed."""
        if not self._vectors:
            return Meant()
        await self._vectors.catch_up(seconds=CATCH_UP_SECONDS)
        near = await self._vectors.nearest(text[:MAX_PROMPT], kinds=kinds, limit=DEPTH)
        return Meant(near, self._vectors.alpha)

    async def found(
        self, connection: Connection, text: str, meant: Meant, *, kinds: Sequence[str], limit: int
    ) -> Results:
        """Search as a part of a read that has more to do: as `search`, with what is meant."""
        known = await self._lexicon.look_up(connection, words(text[:MAX_PROMPT]), [tag(kind) for kind in kinds])
        lexical = await self._by_words(connection, known, kinds, limit=max(limit, DEPTH))
        by_words = dict(lexical)
        joined = fused(lexical, meant.near, alpha=meant.alpha)[:limit]
        hits = tuple(Hit(entity_id, relevance, by_words.get(entity_id, 0.0)) for entity_id, relevance in joined)
        return Results(hits, known.version)

    async def _by_words(
        self, connection: Connection, found: Found, kinds: Sequence[str], *, limit: int
    ) -> list[tuple[int, float]]:
        terms = choose(found.told, found.documents)
        if not terms:
            return []
        held = found.tagged if kinds else None
        if found.documents <= FEW:
            rare, others = split(terms, documents=found.documents, held=held)
            known = self._scores.get(connection) or Scores()
            scores = self._scores[connection] = known.as_of(found.version)
            return await scores.best(connection, rare, others, kinds=kinds, limit=limit)
        asked = expression(terms, documents=found.documents, kinds=kinds, held=held)
        return await documents.search(connection, asked, kinds=kinds, limit=limit)
