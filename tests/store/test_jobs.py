"""Jobs and trust as rows."""

import sqlite3

import pytest

from tremaux_tools.store import jobs, trust
from tremaux_tools.store.database import Database
from tremaux_tools.store.schema import APPLICATION_ID, migrations

pytestmark = pytest.mark.anyio
STEPS = migrations()


async def test_a_job_of_an_older_database_ran_in_a_terminal_and_for_no_goal(database: Database) -> None:
    database.path.parent.mkdir()
    with sqlite3.connect(database.path) as connection:
        for script in STEPS[:2]:
            connection.executescript(script)
        connection.execute(
            "INSERT INTO job (project, command, nonce, directory, log, status, started_at, ended_at)"
            " VALUES ('/p', 'make', 'n', 'd', 'l', 'exited', 1.0, 2.0)"
        )
        connection.execute("PRAGMA user_version = 2")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.close()
    async with database.snapshot() as reader:
        record = await jobs.find(reader, "job-1")
        unrecorded = await jobs.unrecorded(reader)

    assert record is not None
    assert (record.kind, record.goal, record.pid, record.cause) == ("terminal", None, None, "")
    assert unrecorded == []


async def test_a_job_has_one_attempt_at_most(database: Database) -> None:
    async with database.snapshot() as reader:
        rows = await reader.execute_fetchall("SELECT name, \"unique\" FROM pragma_index_list('attempt')")

    assert ("attempt_by_job", 1) in {tuple(row) for row in rows}


async def test_trust_is_in_a_content_of_a_path(database: Database) -> None:
    async with database.transaction() as writer:
        await trust.add(writer, "/p/tremaux.toml", "aa", at=1.0)
        await trust.add(writer, "/p/tremaux.toml", "aa", at=2.0)
        await trust.add(writer, "/p/tremaux.toml", "bb", at=3.0)
    async with database.snapshot() as reader:
        known = [await trust.has(reader, path, digest) for path in ("/p/tremaux.toml", "/q") for digest in ("aa", "cc")]
        everything = await trust.everything(reader)
    async with database.transaction() as writer:
        revoked = await trust.revoke(writer, "/p/tremaux.toml")

    assert known == [True, False, False, False]
    assert everything == [("/p/tremaux.toml", "aa", 1.0), ("/p/tremaux.toml", "bb", 3.0)]
    assert revoked == 2
