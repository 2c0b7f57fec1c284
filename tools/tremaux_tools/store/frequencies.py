"""Remember how many documents hold a term: to count those of a common one takes longer than all else of a search."""

from collections.abc import Collection, Mapping, Sequence

from tremaux_tools.store import documents
from tremaux_tools.store.connection import Connection

COMMON = 1_000  # documents; of a term in so many, the exact number does not matter
DRIFT = 0.1  # share of the documents that may come or go before those are counted again
MAX_KNOWN = 50_000  # terms remembered, about 6 MB


class Frequencies:
    """The frequencies of terms in one database. Those of rare terms are exact, those of common ones of late."""

    def __init__(self) -> None:
        self._version = b""
        self._documents = 0
        self._counted = 0  #: how many documents there were when common terms were last counted
        self._held: dict[str, int] = {}

    @property
    def version(self) -> bytes:
        """Of the index, when it was asked last."""
        return self._version

    async def of(self, connection: Connection, stems: Collection[str]) -> tuple[int, Mapping[str, int]]:
        """How many documents there are, and how many of them hold each of the stems."""
        if len(self._held) > MAX_KNOWN:
            self._held.clear()
        await self._count(connection, [stem for stem in stems if stem not in self._held])
        if outdated := [stem for stem in stems if stem not in self._held]:
            await self._count(connection, outdated)
        return self._documents, {stem: self._held[stem] for stem in stems}

    async def _count(self, connection: Connection, stems: Sequence[str]) -> None:
        counts = await documents.counts(connection, stems, known=self._version)
        if counts.documents is not None:
            self._outdate(counts.version, counts.documents)
        self._held |= dict.fromkeys(stems, 0) | counts.held

    def _outdate(self, version: bytes, count: int) -> None:
        """Forget what may have changed."""
        self._version, self._documents = version, count
        if abs(count - self._counted) > DRIFT * self._counted:
            self._counted = count
            self._held.clear()
        self._held = {stem: held for stem, held in self._held.items() if held >= COMMON}
