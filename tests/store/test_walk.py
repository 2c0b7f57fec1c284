from collections.abc import Sequence

import pytest

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.store import entities, relations
from tremaux_tools.store.database import Database
from tremaux_tools.store.walk import HUB, MAX_STEPS, neighbours

pytestmark = pytest.mark.anyio


async def build(database: Database, edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Entities for all names in edges, in the order met."""
    names = dict.fromkeys(name for edge in edges for name in edge)
    async with database.transaction() as connection:
        ids = {name: await entities.add(connection, Entity(name, "thing", name), None, at=1.0) for name in names}
        for source, target in edges:
            await relations.relate(connection, ids[source], "knows", ids[target], at=1.0)
    return ids


async def walk(database: Database, start: int, depth: int, **limit: int) -> dict[str, int]:
    async with database.snapshot() as connection:
        return {near.name: near.depth for near in await neighbours(connection, start, depth=depth, **limit)}


@pytest.mark.parametrize(
    ("depth", "reached"),
    [(0, {}), (1, {"b": 1, "x": 1}), (2, {"b": 1, "x": 1, "c": 2}), (3, {"b": 1, "x": 1, "c": 2, "d": 3})],
)
async def test_a_walk_goes_both_ways_and_no_further_than_asked(
    database: Database, depth: int, reached: dict[str, int]
) -> None:
    ids = await build(database, [("a", "b"), ("c", "b"), ("c", "d"), ("d", "e"), ("x", "a")])

    assert await walk(database, ids["a"], depth) == reached


async def test_no_walk_is_longer_than_three_relations(database: Database) -> None:
    ids = await build(database, [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")])

    assert await walk(database, ids["a"], 100) == {"b": 1, "c": 2, "d": 3}


async def test_a_circle_is_walked_once_and_each_is_told_at_its_nearest(database: Database) -> None:
    ids = await build(database, [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")])

    assert await walk(database, ids["a"], 3) == {"b": 1, "c": 1}


@pytest.mark.parametrize("is_source", [True, False])
async def test_a_hub_is_reached_but_nothing_behind_it(database: Database, is_source: bool) -> None:
    behind = [("hub", f"n{number}") for number in range(HUB)]
    edges = [("a", "hub"), *(behind if is_source else [edge[::-1] for edge in behind])]
    ids = await build(database, [*edges, ("last", "hub") if not is_source else ("hub", "last")])

    assert await walk(database, ids["a"], 3) == {"hub": 1}


async def test_what_has_just_too_few_relations_for_a_hub_is_walked_through(database: Database) -> None:
    ids = await build(database, [("a", "hub"), *(("hub", f"n{number}") for number in range(HUB))])

    assert len(await walk(database, ids["a"], 2)) == HUB + 1


async def test_a_walk_from_a_hub_tells_its_own_neighbours(database: Database) -> None:
    ids = await build(database, [*(("hub", f"n{number}") for number in range(HUB + 1)), ("n0", "far")])

    assert await walk(database, ids["hub"], 2, limit=HUB + 1) == {f"n{number}": 1 for number in range(HUB + 1)}


async def test_a_walk_ends_after_so_many_steps(database: Database) -> None:
    ids = await build(database, [("hub", f"n{number}") for number in range(MAX_STEPS + 50)])

    assert len(await walk(database, ids["hub"], 3)) == MAX_STEPS


async def test_what_is_retired_is_not_told(database: Database) -> None:
    ids = await build(database, [("a", "b"), ("a", "c")])
    async with database.transaction() as connection:
        await connection.execute("UPDATE entity SET status = 'retired' WHERE name = 'b'")

    assert await walk(database, ids["a"], 1) == {"c": 1}
