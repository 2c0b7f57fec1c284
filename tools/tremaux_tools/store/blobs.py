"""Keep large texts once: compressed, named by their content, pruned by age and size."""

import hashlib
import zlib
from dataclasses import dataclass

import aiosqlite

_LEVEL = 6  # zlib; logs shrink about tenfold, at some 100 MB/s

# A text met again counts as young again, or pruning by age would take it from a new attempt.
_PUT = """
    INSERT INTO blob (digest, content, created_at) VALUES (?, ?, ?)
    ON CONFLICT (digest) DO UPDATE SET created_at = excluded.created_at
    RETURNING blob_id"""
_GET = "SELECT content FROM blob WHERE blob_id = ?"
_STORED = "SELECT count(*), coalesce(sum(length(content)), 0) FROM blob"
_PRUNE_OLD = "DELETE FROM blob WHERE created_at < ?"
_PRUNE_LARGE = """
    DELETE FROM blob WHERE blob_id IN (
        SELECT blob_id FROM (
            SELECT blob_id, sum(length(content)) OVER (ORDER BY created_at DESC, blob_id DESC) AS running FROM blob
        ) WHERE running > ?
    )"""


@dataclass(frozen=True, slots=True)
class Blob:
    """A text packed for storing."""

    digest: bytes
    content: bytes  #: zlib


def pack(text: str) -> Blob:
    """Compress a text; worth a worker thread above some 100 KB."""
    raw = text.encode("utf-8", "replace")
    return Blob(hashlib.sha256(raw).digest(), zlib.compress(raw, _LEVEL))


async def put(connection: aiosqlite.Connection, blob: Blob, *, at: float) -> int:
    """Store a text unless it is there already; returns its row id."""
    ((blob_id,),) = await connection.execute_fetchall(_PUT, (blob.digest, blob.content, at))
    return int(blob_id)


async def get(connection: aiosqlite.Connection, blob_id: int) -> str:
    """Read a stored text back."""
    ((content,),) = await connection.execute_fetchall(_GET, (blob_id,))
    return zlib.decompress(content).decode("utf-8")


async def stored(connection: aiosqlite.Connection) -> tuple[int, int]:
    """How many texts are kept, and their compressed size in bytes."""
    ((count, size),) = await connection.execute_fetchall(_STORED)
    return int(count), int(size)


async def prune(connection: aiosqlite.Connection, *, before: float, keep_bytes: int) -> int:
    """Drop texts stored before `before`, then the oldest beyond `keep_bytes`; returns how many went.

    The attempts stay; only their outputs go.
    """
    old = await connection.execute(_PRUNE_OLD, (before,))
    large = await connection.execute(_PRUNE_LARGE, (keep_bytes,))
    return old.rowcount + large.rowcount
