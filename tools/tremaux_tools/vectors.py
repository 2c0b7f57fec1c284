"""Find what means the same as a text: the vectors of all documents, in memory, and their making.

The truth is the table; each process holds a copy of it and follows what the others add. At 100,000 documents a copy of
256 numbers each takes 100 MB, and comparing a text with all of them 10 to 20 ms.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from tremaux_tools.semantic import Embedder
from tremaux_tools.store import embeddings
from tremaux_tools.store.database import Database
from tremaux_tools.store.embeddings import Embedding, Unseen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CATCH_UP_SECONDS = 45.0  # that a search or an import embeds before it answers; clients give up after 60 s
_FIRST_ROWS = 1_024  # room for vectors; doubled when it is full
_SPARE = 16  # candidates beyond those asked for, as some may be gone


class Vectors:
    """The vectors of one model in one database; safe for many tasks of a loop and for many processes at once."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder
        self._copy: _Copy | None = None
        self._read_to = 0  # the newest embedding that was seen, of any model
        self._embedded_to = 0  # the newest revision up to which no document lacks a vector
        self._reading = anyio.Lock()
        self._embedding = anyio.Lock()

    @property
    def model(self) -> str:
        """The name of the model."""
        return self._embedder.name

    @property
    def alpha(self) -> float:
        """The share of its scores in a fusion with those of words, in [0, 1]."""
        return self._embedder.alpha

    async def nearest(self, text: str, *, kinds: Sequence[str] = (), limit: int) -> Sequence[tuple[int, float]]:
        """The entities whose documents are nearest to `text`, best first, each with its cosine in [-1, 1].

        Only entities of `kinds`, if there are any. What was changed since it was embedded, retired or forgotten is not
        among them; what has no vector yet is not either, so `catch_up` first.

        Raises:
            ModelUnavailable: the model does not load.
        """
        (query,) = await anyio.to_thread.run_sync(self._embedder.embed, [text])
        async with self._reading:
            copy = await self._follow()
            depth = limit + _SPARE
            while True:
                found = await anyio.to_thread.run_sync(copy.nearest, query, kinds, depth)
                standing = await self._standing([embedding_id for embedding_id, _, _ in found])
                if gone := {embedding_id for embedding_id, _, _ in found} - standing:
                    copy.drop(gone)
                kept = [(entity_id, cosine) for embedding_id, entity_id, cosine in found if embedding_id in standing]
                if len(kept) >= limit or not gone:
                    return kept[:limit]
                depth *= 4

    async def catch_up(self, *, seconds: float) -> int:
        """Embed what has no vector yet, the oldest change first, for at most so long; tells how many are left.

        May take a batch longer, which is about a second. Whatever is embedded is kept when it is cancelled. If other
        processes do the same at once, each text is kept once.

        Raises:
            ModelUnavailable: the model does not load.
        """
        with anyio.move_on_after(seconds):
            async with self._embedding:
                is_done = False
                while not is_done:
                    await anyio.lowlevel.checkpoint()
                    with anyio.CancelScope(shield=True):  # a batch is short, and its work would be lost
                        is_done = await self._embed_batch()
        async with self._database.snapshot() as connection:
            return await embeddings.count_missing(connection, self.model, after=self._embedded_to)

    async def _embed_batch(self) -> bool:
        """Embed a batch of what is missing; true if nothing is."""
        async with self._database.snapshot() as connection:
            newest = await embeddings.newest_revision(connection)
            texts = await embeddings.missing(
                connection, self.model, after=self._embedded_to, limit=self._embedder.batch
            )
        if not texts:
            self._embedded_to = newest
            return True
        vectors = await anyio.to_thread.run_sync(self._vectors_of, texts)
        async with self._database.transaction() as connection:
            await embeddings.put(connection, self.model, zip(texts, vectors, strict=True))
        self._embedded_to = texts[-1].revision_id
        return False

    def _vectors_of(self, texts: Sequence[Unseen]) -> list[bytes]:
        rows = self._embedder.embed([unseen.text for unseen in texts])
        return [row.tobytes() for row in rows.astype("<f2")]

    async def _follow(self) -> "_Copy":
        """The copy, with all that is stored by now."""
        if self._copy is None:
            self._copy = await anyio.to_thread.run_sync(_Copy, self._embedder.dim)
        copy = self._copy
        while True:
            async with self._database.snapshot() as connection:
                page = await embeddings.after(connection, self._read_to)
            if not page:
                return copy
            own = [embedding for embedding in page if embedding.model == self.model]
            await anyio.to_thread.run_sync(copy.put, own)
            self._read_to = page[-1].embedding_id

    async def _standing(self, ids: Sequence[int]) -> set[int]:
        async with self._database.snapshot() as connection:
            return await embeddings.standing(connection, json.dumps(ids))


class _Copy:
    """Vectors in memory, one row an entity. Rows of what is gone are used again."""

    def __init__(self, dim: int) -> None:
        import numpy as np  # noqa: PLC0415  # only where a model is installed, and takes 0.1 s to load

        self._np = np
        self._vectors: NDArray[np.float32] = np.zeros((_FIRST_ROWS, dim), np.float32)
        self._embedding_ids: NDArray[np.int64] = np.zeros(_FIRST_ROWS, np.int64)  # 0: a free row
        self._entity_ids: NDArray[np.int64] = np.zeros(_FIRST_ROWS, np.int64)
        self._kinds: NDArray[np.int16] = np.zeros(_FIRST_ROWS, np.int16)
        self._numbers: dict[str, int] = {}  # of kinds
        self._rows: dict[int, int] = {}  # of entities
        self._free = list(range(_FIRST_ROWS - 1, -1, -1))

    def put(self, page: Sequence[Embedding]) -> None:
        """Add vectors, each in the place of an older one of its entity."""
        rows = [self._row_of(embedding.entity_id) for embedding in page]
        vectors = self._np.frombuffer(b"".join(embedding.vector for embedding in page), "<f2")
        self._vectors[rows] = vectors.reshape(len(page), self._vectors.shape[1])
        self._embedding_ids[rows] = [embedding.embedding_id for embedding in page]
        self._entity_ids[rows] = [embedding.entity_id for embedding in page]
        self._kinds[rows] = [self._numbers.setdefault(each.kind, len(self._numbers)) for each in page]

    def drop(self, embedding_ids: set[int]) -> None:
        """Forget vectors."""
        for row in self._np.flatnonzero(self._np.isin(self._embedding_ids, list(embedding_ids))).tolist():
            del self._rows[int(self._entity_ids[row])]
            self._embedding_ids[row] = 0
            self._free.append(row)

    def nearest(self, query: "NDArray[np.float32]", kinds: Sequence[str], limit: int) -> list[tuple[int, int, float]]:
        """The nearest rows, best first: the ids of the embedding and the entity, and the cosine."""
        np = self._np
        used = self._embedding_ids > 0
        if kinds:
            used &= np.isin(self._kinds, [self._numbers.get(kind, -1) for kind in kinds])
        rows = np.flatnonzero(used)
        # Memory is what it waits for: a second thread, as `@` would start, only spins.
        cosines = np.einsum("ij,j->i", self._vectors, query)[rows]
        if len(rows) > limit:
            best = np.argpartition(-cosines, limit)[:limit]
            rows, cosines = rows[best], cosines[best]
        order = np.lexsort((self._entity_ids[rows], -cosines))  # equal ones in the order they came
        rows, cosines = rows[order], cosines[order]
        return list(
            zip(
                self._embedding_ids[rows].tolist(),
                self._entity_ids[rows].tolist(),
                np.clip(cosines, -1, 1).tolist(),
                strict=True,
            )
        )

    def _row_of(self, entity_id: int) -> int:
        row = self._rows.get(entity_id)
        if row is None:
            if not self._free:
                self._double()
            row = self._rows[entity_id] = self._free.pop()
        return row

    def _double(self) -> None:
        size = len(self._embedding_ids)
        self._vectors = self._doubled(self._vectors)
        self._embedding_ids = self._doubled(self._embedding_ids)
        self._entity_ids = self._doubled(self._entity_ids)
        self._kinds = self._doubled(self._kinds)
        self._free = list(range(2 * size - 1, size - 1, -1))

    def _doubled(self, array: "NDArray[Any]") -> "NDArray[Any]":
        """A copy with as much room again, which takes no memory before it is used."""
        larger = self._np.zeros((2 * len(array), *array.shape[1:]), array.dtype)
        larger[: len(array)] = array
        return larger
