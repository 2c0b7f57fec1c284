"""How much the database holds."""

from dataclasses import dataclass

import aiosqlite

_COUNT = """
    SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM project),
           (SELECT count(*) FROM goal), (SELECT count(*) FROM attempt)"""


@dataclass(frozen=True, slots=True)
class Census:
    """Rows of each kind."""

    schema: int  #: migrations done
    projects: int
    goals: int
    attempts: int


async def count(connection: aiosqlite.Connection) -> Census:
    """Count the rows."""
    (row,) = await connection.execute_fetchall(_COUNT)
    return Census(*row)
