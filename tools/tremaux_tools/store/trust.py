"""Which contents of which projects' settings a person trusts."""

import aiosqlite

_ADD = "INSERT INTO trust (path, digest, trusted_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_HAS = "SELECT 1 FROM trust WHERE path = ? AND digest = ?"
_KNOWS = "SELECT 1 FROM trust WHERE path = ?"
_LIST = "SELECT path, digest, trusted_at FROM trust ORDER BY path, trusted_at"
_REVOKE = "DELETE FROM trust WHERE path = ?"


async def add(connection: aiosqlite.Connection, path: str, digest: str, *, at: float) -> None:
    """Trust one content of a file."""
    await connection.execute(_ADD, (path, digest, at))


async def has(connection: aiosqlite.Connection, path: str, digest: str) -> bool:
    """Whether this content of a file is trusted."""
    return bool(await connection.execute_fetchall(_HAS, (path, digest)))


async def knows(connection: aiosqlite.Connection, path: str) -> bool:
    """Whether any content of a file is trusted."""
    return bool(await connection.execute_fetchall(_KNOWS, (path,)))


async def everything(connection: aiosqlite.Connection) -> list[tuple[str, str, float]]:
    """Path, digest and time of all that is trusted."""
    return [(path, digest, at) for path, digest, at in await connection.execute_fetchall(_LIST)]


async def revoke(connection: aiosqlite.Connection, path: str) -> int:
    """Trust no content of a file any more; returns how many were trusted."""
    return (await connection.execute(_REVOKE, (path,))).rowcount
