"""Look up what the index knows the words of a prompt by, and remember it as long as the index does not change."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from tremaux_tools.core.recall.terms import Term, forms_of
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.frequencies import Frequencies
from tremaux_tools.store.stems import Stems

MAX_KNOWN = 50_000  # words remembered, about 12 MB


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a text."""

    version: bytes  #: of the index
    documents: int  #: how many there are
    told: Sequence[Sequence[Term]]  #: the terms of each word that may tell something, in the order of the text
    tagged: int  #: documents that hold one of the tags


class Lexicon:
    """The words of one database. Safe for many threads, with connections that answer on the spot."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stems = Stems()
        self._frequencies = Frequencies()
        self._known: dict[str, tuple[Term, ...]] = {}
        self._version = b""

    async def look_up(self, connection: Connection, words: Sequence[str], tags: Sequence[str] = ()) -> Found:
        """Look up all words of a text, as they are spelled, and how many documents hold one of the tags."""
        with self._lock:
            if len(self._known) > MAX_KNOWN:
                self._known.clear()
            documents = await self._learn(connection, words, tags)
            if self._version != self._frequencies.version:  # what was known before counts no more
                self._version = self._frequencies.version
                self._known.clear()
                await self._learn(connection, words, tags)
            told = list(filter(None, map(self._known.__getitem__, words)))
            tagged = sum(term.documents for tag in tags for term in self._known[tag])
            return Found(self._version, documents, told, tagged)

    async def _learn(self, connection: Connection, words: Sequence[str], tags: Sequence[str]) -> int:
        """Get to know the words that are new; returns how many documents there are."""
        known = self._known
        new = {word: forms_of(word) for word in words if word not in known}
        new |= {tag: (tag,) for tag in tags if tag not in known}
        stems = self._stems.of({form for forms in new.values() for form in forms})
        documents, held = await self._frequencies.of(connection, set(stems.values()))
        for word, forms in new.items():
            known[word] = tuple(Term(form, stems[form], held[stems[form]]) for form in forms)
        return documents
