"""Find what was written before by the words of a prompt and, where a model is installed, by what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio.to_thread

from tremaux_tools.core.recall.fusion import DEPTH, fused, stands_out
from tremaux_tools.core.recall.terms import any_of, choose, of_kinds, spoken
from tremaux_tools.store import documents
from tremaux_tools.store.database import Database
from tremaux_tools.store.stems import Stems
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
class Hit:
    """An entity that was found."""

    entity_id: int
    relevance: float  #: in [0, 1]; the best hit has 1


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    hits: tuple[Hit, ...]  #: the best first
    stands_out: float | None  #: how many times better than the tenth the first is, by words; None under ten hits


class Retrieval:
    """Searches one database; `vectors` is None where no model is installed."""

    def __init__(self, database: Database, vectors: Nearness | None = None) -> None:
        self._database = database
        self._vectors = vectors
        self._stems = Stems()

    async def search(self, text: str, *, kinds: Sequence[str] = (), limit: int = DEPTH) -> Found:
        """Find the documents that fit a text best, of these kinds or of any.

        Any text will do: none of it is syntax, and of a very long one the first `MAX_PROMPT` characters are read.

        Raises:
            StateError: the database cannot be read.
        """
        asked = text[:MAX_PROMPT]
        lexical = await self._by_words(asked, kinds, limit=max(limit, DEPTH))
        near: Sequence[tuple[int, float]] = ()
        alpha = 0.0
        if self._vectors:
            await self._vectors.catch_up(seconds=CATCH_UP_SECONDS)
            near, alpha = await self._vectors.nearest(asked, kinds=kinds, limit=DEPTH), self._vectors.alpha
        hits = tuple(Hit(entity_id, relevance) for entity_id, relevance in fused(lexical, near, alpha=alpha)[:limit])
        return Found(hits, stands_out(lexical))

    async def _by_words(self, text: str, kinds: Sequence[str], *, limit: int) -> list[tuple[int, float]]:
        said = spoken(text)
        if not said:
            return []
        stems = self._stems.known([word.word for word in said])
        if stems is None:
            stems = await anyio.to_thread.run_sync(self._stems.of, [word.word for word in said])
        async with self._database.snapshot() as connection:
            total, frequencies = await documents.counts(connection, sorted(set(stems.values())))
            terms = choose(said, stems, frequencies, total)
            if not terms:
                return []
            expression = any_of(term.word for term in terms)
            return await documents.search(connection, of_kinds(expression, kinds) if kinds else expression, limit=limit)
