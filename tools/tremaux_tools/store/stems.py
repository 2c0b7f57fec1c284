"""Ask SQLite what the index knows words by, so that what is looked up is what was written."""

import sqlite3
from collections.abc import Collection, Mapping
from threading import Lock

MAX_KNOWN = 50_000  # words remembered, about 8 MB
_OPEN = """
    CREATE VIRTUAL TABLE word USING fts5 (text, tokenize = 'porter unicode61 remove_diacritics 2');
    CREATE VIRTUAL TABLE stem USING fts5vocab ('word', 'instance');"""
_ADD = "INSERT INTO word (rowid, text) VALUES (?, ?)"
_STEMS = "SELECT doc, term FROM stem WHERE offset = 0"


class Stems:
    """Stems of words by the tokenizer of the index, remembered. Safe for many threads.

    A table in memory with the same tokenizer does the work, so no second Porter stemmer can differ from SQLite's.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._known: dict[str, str] = {}

    def of(self, words: Collection[str]) -> Mapping[str, str]:
        """The stems of the words. Blocks for about 10 microseconds for each that is not known yet."""
        with self._lock:
            known = self._known
            unknown = [word for word in words if word not in known]
            if len(known) + len(unknown) > MAX_KNOWN:
                self._known = known = {}
                unknown = list(words)
            if unknown:
                known.update(self._ask(unknown))
        return {word: known[word] for word in words}

    def _ask(self, words: list[str]) -> dict[str, str]:
        if self._connection is None:
            self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            self._connection.executescript(_OPEN)
        self._connection.execute("BEGIN")
        self._connection.executemany(_ADD, enumerate(words))
        found = dict(self._connection.execute(_STEMS).fetchall())
        self._connection.execute("ROLLBACK")
        return {word: found.get(number, word) for number, word in enumerate(words)}
