import pytest

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.store import documents
from tremaux_tools.store.database import Database
from tremaux_tools.upkeep import Upkeep

pytestmark = pytest.mark.anyio

_TRIGGER = "SELECT sql FROM sqlite_schema WHERE name = 'document_changed'"
_ADD = "INSERT INTO entity (name, kind, title, body, created_at, updated_at) VALUES ('a', 'finding', 'a', '', 0, 0)"


async def test_the_doctor_sees_an_index_that_does_not_fit_and_mends_it(database: Database) -> None:
    upkeep = Upkeep(database, clock=lambda: 0.0)
    async with database.transaction() as connection:
        await connection.execute(_ADD)
        await documents.put(connection, 1, document_of(Entity("a", "finding", "Resize the pool")))
    sound = await upkeep.examine()
    async with database.transaction() as connection:
        ((trigger,),) = await connection.execute_fetchall(_TRIGGER)
        await connection.execute("DROP TRIGGER document_changed")
        await documents.put(connection, 1, document_of(Entity("a", "finding", "Drain the queue")))
        await connection.execute(trigger)
    unfit = await upkeep.examine()
    await upkeep.prune()

    assert sound.damage == ()
    assert "does not fit" in " ".join(unfit.damage)
    assert (await upkeep.examine()).damage == ()
