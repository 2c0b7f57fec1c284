"""How busy the machine was, from time to time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import aiosqlite

from tremaux_tools.store.connection import Connection

_PUT = """
    INSERT INTO load_sample (sampled_at, cpu_percent, memory_percent, workers)
    VALUES (:sampled_at, :cpu_percent, :memory_percent, :workers)
    ON CONFLICT (sampled_at) DO NOTHING"""
_NEWEST = """
    SELECT sampled_at, cpu_percent, memory_percent, workers FROM load_sample
    WHERE sampled_at BETWEEN :since AND :until ORDER BY sampled_at DESC LIMIT :limit"""
_PRUNE = "DELETE FROM load_sample WHERE sampled_at < ?"

MOST = 1_000  # samples read at once


@dataclass(frozen=True, slots=True)
class LoadSample:
    """How busy the machine was at a time."""

    sampled_at: float  #: Unix seconds
    cpu_percent: float  #: of all cores, since the sample before
    memory_percent: float
    workers: int  #: that ran


async def put(connection: aiosqlite.Connection, sample: LoadSample) -> None:
    """Keep a sample; of two at the very same time the first stays."""
    values: Mapping[str, float] = asdict(sample)
    await connection.execute(_PUT, values)


async def newest(connection: Connection, *, since: float, until: float, limit: int = MOST) -> list[LoadSample]:
    """The samples from `since` to `until`, in Unix seconds, the newest first, at most `limit`."""
    values = {"since": since, "until": until, "limit": limit}
    return [LoadSample(*row) for row in await connection.execute_fetchall(_NEWEST, values)]


async def prune(connection: aiosqlite.Connection, before: float) -> None:
    """Drop the samples before a time, in Unix seconds."""
    await connection.execute(_PRUNE, (before,))
