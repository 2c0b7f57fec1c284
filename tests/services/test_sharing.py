import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tremaux_tools.core.knowledge import Entity, Relation
from tremaux_tools.core.sharing.parcel import Item, Outcome, Parcel
from tremaux_tools.errors import BadArgument
from tremaux_tools.sharing import Sharing
from tremaux_tools.store import exchange
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000.0
DAY = 86_400.0


class Team:
    """One team: its knowledge, and the project that it works in."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.home = home
        self.home.mkdir(parents=True)
        self.database = Database(folder / "tremaux.db")
        self.sharing = Sharing(self.database, clock=lambda: NOW, session=lambda: self.home)

    async def know(self, *items: Item, relations: tuple[Relation, ...] = ()) -> None:
        async with self.database.transaction() as connection:
            await exchange.add(connection, Parcel(items, relations), at=NOW)

    async def parcel(self) -> Parcel:
        async with self.database.snapshot() as connection:
            return await exchange.everything(connection)

    async def origin(self) -> str:
        async with self.database.snapshot() as connection:
            return await exchange.origin(connection)

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        async with self.database.snapshot() as connection:
            return [tuple(row) for row in await connection.execute_fetchall(query)]


NewTeam = Callable[[str], Team]


@pytest.fixture
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NewTeam]:
    teams: list[Team] = []

    def new(name: str) -> Team:
        folder = tmp_path_factory.mktemp(name)
        teams.append(Team(folder, folder / "project"))
        return teams[-1]

    yield new
    for one in teams:
        await one.database.close()


def learning(name: str = "finding:1", *, origin: str = "", outcomes: tuple[Outcome, ...] = ()) -> Item:
    entity = Entity(name, "finding", "Cache key", "The key left the tenant out.", ("type: fix",), "decision")
    return Item(entity, "active", origin=origin, project="/work/cart", outcomes=outcomes)


def seen(origin: str, source: str, *, passed: bool = True, weight: float = 1.0) -> Outcome:
    return Outcome(origin, source, "used", passed, weight, "/work/cart", NOW - DAY)


def memory(*rows: object) -> str:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)


def entity(name: str, *observations: str, kind: str = "finding") -> dict[str, object]:
    return {"type": "entity", "name": name, "entityType": kind, "observations": list(observations)}


def relation(source: str, target: str) -> dict[str, str]:
    return {"type": "relation", "from": source, "to": target, "relationType": "uses"}


async def test_a_memory_file_is_counted_as_it_comes_in(team: NewTeam) -> None:
    ours = team("ours")
    rows = (entity("a", "one", "two"), entity("b"), relation("a", "b"), relation("a", "nowhere"), "{bad")
    (ours.home / "memory.jsonl").write_text(memory(*rows))
    first = await ours.sharing.import_(ours.home, "memory.jsonl", "memory-jsonl")
    again = await ours.sharing.import_(ours.home, "memory.jsonl", "memory-jsonl")

    assert (first.entities_new, first.entities_known, first.observations_new) == (2, 0, 1)
    assert (first.relations_new, first.relations_dangling, first.bad_lines) == (1, 1, 1)
    assert (again.entities_new, again.entities_known, again.observations_new, again.relations_new) == (0, 2, 0, 0)


async def test_a_memory_file_goes_out_as_it_came_in(team: NewTeam) -> None:
    ours = team("ours")
    text = "\n".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        for row in (entity("Ada", 'says "hi"\n☕', "x", kind="person"), entity("b"), relation("Ada", "b"))
    )
    (ours.home / "memory.jsonl").write_text(text)
    await ours.sharing.import_(ours.home, "memory.jsonl", "memory-jsonl")
    exported = await ours.sharing.export(ours.home, "shared/out.jsonl", "memory-jsonl")

    assert (ours.home / "shared" / "out.jsonl").read_text() == text
    assert (exported.entities, exported.relations) == (2, 1)


async def test_nothing_is_lost_on_the_way_to_another_team_and_back(team: NewTeam) -> None:
    ours, theirs = team("ours"), team("theirs")
    own = await ours.origin()
    tool = Item(Entity("tool:pytest", "tool", "pytest"), "active")
    used = Relation("tool:pytest", "used_in", "finding:1")
    outcomes = (seen(own, "recommendation-1"), seen(own, "recommendation-2", passed=False))
    await ours.know(learning(outcomes=outcomes), tool, relations=(used,))
    await ours.sharing.export(ours.home, "m.jsonl", "memory-jsonl")
    await theirs.sharing.import_(ours.home, str(ours.home / "m.jsonl"), "memory-jsonl", anywhere=True)
    await theirs.sharing.export(theirs.home, "m.jsonl", "memory-jsonl")

    assert (theirs.home / "m.jsonl").read_bytes() == (ours.home / "m.jsonl").read_bytes()
    assert (await theirs.parcel()).items[0].outcomes == outcomes


async def test_what_came_in_is_found_by_its_words(team: NewTeam) -> None:
    ours = team("ours")
    (ours.home / "m.jsonl").write_text(memory(entity("a", "one", "the second word is quicksilver")))
    await ours.sharing.import_(ours.home, "m.jsonl", "memory-jsonl")
    found = "SELECT title FROM document_fts WHERE document_fts MATCH 'quicksilver'"
    before = await ours.rows(found)
    (ours.home / "more.jsonl").write_text(memory(entity("a", "also mercury")))
    await ours.sharing.import_(ours.home, "more.jsonl", "memory-jsonl")

    assert len(before) == len(await ours.rows(found)) == len(await ours.rows(found.replace("quicksilver", "mercury")))
    assert before


async def test_our_own_words_are_not_searched(team: NewTeam) -> None:
    ours = team("ours")
    own = await ours.origin()
    await ours.know(learning(outcomes=(seen(own, "recommendation-1"),)))
    await ours.sharing.export(ours.home, "m.jsonl", "memory-jsonl")
    theirs = team("theirs")
    await theirs.sharing.import_(ours.home, str(ours.home / "m.jsonl"), "memory-jsonl", anywhere=True)

    assert await theirs.rows("SELECT body FROM document") == [("The key left the tenant out.\ntype: fix",)]
    assert await theirs.rows("SELECT text FROM observation") == [("type: fix",)]


async def test_what_is_known_keeps_its_words_and_gains_others(team: NewTeam) -> None:
    ours = team("ours")
    await ours.know(learning())
    (ours.home / "m.jsonl").write_text(memory(entity("finding:1", "Another body", "type: fix", kind="person")))
    imported = await ours.sharing.import_(ours.home, "m.jsonl", "memory-jsonl")
    (item,) = (await ours.parcel()).items

    assert (imported.entities_known, imported.observations_new) == (1, 1)
    assert (item.entity.kind, item.entity.body, item.status) == ("finding", "The key left the tenant out.", "active")
    assert item.entity.observations == ("type: fix", "Another body")


async def test_what_was_forgotten_here_stays_forgotten(team: NewTeam) -> None:
    ours = team("ours")
    await ours.know(learning())
    async with ours.database.transaction() as connection:
        await connection.execute("UPDATE entity SET status = 'retired'")
        await connection.execute("DELETE FROM document")
    (ours.home / "m.jsonl").write_text(memory(entity("finding:1", "new"), entity("b"), relation("b", "finding:1")))
    imported = await ours.sharing.import_(ours.home, "m.jsonl", "memory-jsonl")

    assert (imported.entities_known, imported.observations_new, imported.relations_dangling) == (1, 0, 1)
    assert [item.entity.name for item in (await ours.parcel()).items] == ["b"]


async def test_secrets_do_not_come_in(team: NewTeam) -> None:
    ours = team("ours")
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    rows = (entity(f"login {token}", f"use {token}", f"or {token}"), relation(f"login {token}", f"login {token}"))
    (ours.home / "m.jsonl").write_text(memory(*rows))
    imported = await ours.sharing.import_(ours.home, "m.jsonl", "memory-jsonl")
    dump = repr(await ours.rows("SELECT * FROM entity")) + repr(await ours.rows("SELECT * FROM observation"))
    dump += repr(await ours.rows("SELECT * FROM document"))

    assert token not in dump
    assert (dump.count("[redacted:"), imported.relations_new) == (7, 1)


async def test_nothing_of_a_file_is_stored_when_it_cannot_be_read_to_its_end(team: NewTeam) -> None:
    ours = team("ours")
    (ours.home / "m.jsonl").write_bytes(memory(entity("a")).encode() + b"\n\xff\xfe")

    with pytest.raises(BadArgument, match="no UTF-8"):
        await ours.sharing.import_(ours.home, "m.jsonl", "memory-jsonl")
    assert await ours.rows("SELECT * FROM entity") == []


@pytest.mark.parametrize(
    ("path", "fact"),
    [
        pytest.param("missing.jsonl", "cannot be read", id="a missing file"),
        pytest.param(".", "no regular file", id="a directory"),
        pytest.param("/etc/hostname", "lies outside the project", id="a file elsewhere"),
        pytest.param("link", "lies outside the project", id="a link that leads elsewhere"),
    ],
)
async def test_an_agent_reads_only_files_of_the_project(team: NewTeam, path: str, fact: str) -> None:
    ours = team("ours")
    (ours.home / "link").symlink_to("/etc/hostname")

    with pytest.raises(BadArgument, match=fact):
        await ours.sharing.import_(ours.home, path, "memory-jsonl")


@pytest.mark.parametrize(
    ("path", "fact"),
    [
        pytest.param("/var/memory.jsonl", "lies outside the project", id="elsewhere"),
        pytest.param("../../../../../../var/m.jsonl", "lies outside the project", id="a way out"),
        pytest.param("link/m.jsonl", "lies outside the project", id="a link that leads elsewhere"),
        pytest.param(".git/hooks/pre-commit", "lies in what git keeps", id="what git keeps"),
        pytest.param("notes.md", "holds something else", id="a file of somebody else"),
        pytest.param("folder", "is a directory", id="a directory"),
        pytest.param("pipe", "holds something else", id="a pipe"),
        pytest.param("notes.md/m.jsonl", "cannot be written", id="below a file"),
        pytest.param("", "is no path", id="nothing"),
    ],
)
async def test_an_agent_writes_only_new_files_of_the_project(team: NewTeam, path: str, fact: str) -> None:
    ours = team("ours")
    (ours.home / "link").symlink_to("/var")
    (ours.home / "folder").mkdir()
    (ours.home / "notes.md").write_text("mine")
    os.mkfifo(ours.home / "pipe")
    await ours.know(learning())

    with pytest.raises(BadArgument, match=fact):
        await ours.sharing.export(ours.home, path, "memory-jsonl")
    assert (ours.home / "notes.md").read_text() == "mine"


async def test_an_export_replaces_an_older_one_and_leaves_no_draft(team: NewTeam) -> None:
    ours = team("ours")
    await ours.sharing.export(ours.home, "m.jsonl", "memory-jsonl")
    await ours.know(learning())
    for _ in range(2):
        await ours.sharing.export(ours.home, "m.jsonl", "memory-jsonl")

    assert [path.name for path in ours.home.iterdir()] == ["m.jsonl"]
    assert len((ours.home / "m.jsonl").read_text().splitlines()) == 1
