import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from skills_ref.validator import validate

from tremaux_tools.core.knowledge import Entity, Relation, title_of
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.core.sharing.parcel import Item, Outcome, Parcel
from tremaux_tools.errors import BadArgument
from tremaux_tools.knowledge import Knowledge
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.shared_files import MAX_FILE_BYTES
from tremaux_tools.sharing import Imported, Sharing
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
            found_by = {item.entity.name: document_of(item.entity) for item in items}
            await exchange.add(connection, Parcel(items, relations), found_by, at=NOW)

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


async def test_what_was_retired_here_stays_retired(team: NewTeam) -> None:
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


async def test_secrets_do_not_come_in_with_outcomes(team: NewTeam) -> None:
    ours, theirs = team("ours"), team("theirs")
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    await ours.know(learning(outcomes=(seen(f"team {token}", f"task {token}"),)))
    imported = await pass_on(ours, theirs)

    assert token not in repr(await theirs.rows("SELECT * FROM outcome"))
    assert isinstance(imported, Imported)
    assert imported.outcomes_new == 1


async def test_a_file_that_is_too_large_is_refused(team: NewTeam) -> None:
    ours = team("ours")
    with (ours.home / "m.jsonl").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)

    with pytest.raises(BadArgument, match="larger than 262144 KiB"):
        await ours.sharing.import_(ours.home, "m.jsonl", "memory-jsonl")


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

    with pytest.raises(BadArgument, match=fact) as raised:
        await ours.sharing.import_(ours.home, path, "memory-jsonl")
    assert "the text itself" not in raised.value.hint  # that would help with a log alone


@pytest.mark.parametrize(
    ("path", "fact"),
    [
        pytest.param("/var/memory.jsonl", "lies outside the project", id="elsewhere"),
        pytest.param("../m.jsonl", "lies outside the project", id="beside the project, in the temporary directory"),
        pytest.param("../../../../../../var/m.jsonl", "lies outside the project", id="a way out"),
        pytest.param("link/m.jsonl", "lies outside the project", id="a link that leads elsewhere"),
        pytest.param("~/m.jsonl", "lies outside the project", id="the home directory"),
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


@pytest.mark.parametrize("format", ["skill-md", "json", "memory-jsonl"])
async def test_no_path_is_told_that_a_screen_would_obey(team: NewTeam, format: Any) -> None:  # noqa: A002
    ours = team("ours")
    exported = await ours.sharing.export(ours.home, "\x1b[31mred", format)
    (ours.home / "\x1b[32mgreen").write_bytes(b"\xff")
    with pytest.raises(BadArgument) as refused:
        await ours.sharing.import_(ours.home, "\x1b[32mgreen", "json")

    assert exported.path == str(ours.home / "\\x1b[31mred")
    assert str(refused.value).isprintable()


async def pass_on(sender: Team, receiver: Team, name: str = "team.json") -> object:
    await sender.sharing.export(sender.home, name, "json")
    return await receiver.sharing.import_(sender.home, str(sender.home / name), "json", anywhere=True)


async def test_json_brings_everything_to_another_team(team: NewTeam) -> None:
    ours, theirs = team("ours"), team("theirs")
    own = await ours.origin()
    used = Relation("tool:pytest", "used_in", "finding:1")
    tool = Item(Entity("tool:pytest", "tool", "pytest"), "active", learned_at=NOW - DAY)
    await ours.know(learning(outcomes=(seen(own, "recommendation-1"),)), tool, relations=(used,))
    await pass_on(ours, theirs)
    await theirs.sharing.export(theirs.home, "back.json", "json")

    assert await theirs.parcel() == await ours.parcel()
    assert (theirs.home / "back.json").read_bytes() == (ours.home / "team.json").read_bytes()


async def test_the_evidence_of_two_teams_is_kept_apart_and_counted_once(team: NewTeam) -> None:
    ours, theirs = team("ours"), team("theirs")
    a, b = await ours.origin(), await theirs.origin()
    await ours.know(learning(outcomes=(seen(a, "recommendation-1"), seen(a, "recommendation-2", passed=False))))
    await theirs.know(learning(outcomes=(seen(b, "recommendation-1"),)))
    await pass_on(ours, theirs)
    tally = "SELECT round(helped, 6), round(hurt, 6) FROM tally"
    merged = await theirs.rows(tally)
    await pass_on(theirs, ours)
    again = await pass_on(theirs, ours)

    assert merged == await ours.rows(tally) == [(2.0, 1.0)]
    assert await ours.rows("SELECT count(*), count(DISTINCT origin) FROM outcome") == [(3, 2)]
    assert again == Imported(
        format="json",
        entities_new=0,
        entities_known=1,
        observations_new=0,
        relations_new=0,
        relations_dangling=0,
        outcomes_new=0,
        bad_lines=0,
        skills=0,
    )


async def test_a_stronger_word_of_the_other_team_replaces_its_weaker_one(team: NewTeam) -> None:
    ours, theirs = team("ours"), team("theirs")
    a = await ours.origin()
    await ours.know(learning(outcomes=(seen(a, "recommendation-1", weight=0.3),)))
    await pass_on(ours, theirs)
    async with ours.database.transaction() as connection:
        await connection.execute("UPDATE outcome SET weight = 2, passed = 0, kind = 'rated'")
    await pass_on(ours, theirs)

    assert await theirs.rows("SELECT kind, passed, weight FROM outcome") == [("rated", 0, 2.0)]
    assert await theirs.rows("SELECT helped, hurt FROM tally") == [(0.0, 2.0)]


async def test_nobody_rewrites_what_we_saw_ourselves(team: NewTeam) -> None:
    ours, theirs = team("ours"), team("theirs")
    a = await ours.origin()
    await ours.know(learning(outcomes=(seen(a, "recommendation-1", weight=0.3),)))
    await pass_on(ours, theirs)
    async with theirs.database.transaction() as connection:
        await connection.execute("UPDATE outcome SET weight = 2, passed = 0, kind = 'rated'")
    await pass_on(theirs, ours)

    assert await ours.rows("SELECT kind, passed, weight FROM outcome") == [("used", 1, 0.3)]


async def test_what_came_of_a_learning_that_was_merged_here_counts_for_its_heir(team: NewTeam) -> None:
    ours = team("ours")
    await ours.know(learning("finding:1"), learning("finding:2"))
    knowledge = Knowledge(ours.database, Retrieval(ours.database), clock=lambda: NOW)
    assert [group.keep for group in await knowledge.merge_duplicates()] == ["finding:1"]

    await ours.know(learning("finding:2", origin="theirs", outcomes=(seen("theirs", "recommendation-1"),)))

    told = "SELECT entity.name, helped + hurt FROM tally JOIN entity USING (entity_id)"
    assert await ours.rows(told) == [("finding:1", 1.0)]


async def test_an_outcome_of_tomorrow_counts_as_of_today(team: NewTeam) -> None:
    ours = team("ours")
    late = Outcome("other", "recommendation-1", "used", True, 1.0, "/work/cart", NOW + 1000 * DAY)
    await ours.know(learning(outcomes=(late,)))

    assert await ours.rows("SELECT recorded_at FROM outcome") == [(NOW,)]


async def test_an_entity_that_makes_no_sense_is_counted_and_passed_over(team: NewTeam) -> None:
    ours = team("ours")
    entities = [{"name": "a", "kind": "finding", "title": "A"}, {"name": "b"}, 7]
    whole = {"format": "tremaux-skills", "version": 1, "entities": entities, "relations": [{"from": "a"}]}
    (ours.home / "team.json").write_text(json.dumps(whole))
    imported = await ours.sharing.import_(ours.home, "team.json", "json")

    assert (imported.entities_new, imported.bad_lines) == (1, 3)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        pytest.param("[]", "no export of Tremaux: not an object", id="another JSON"),
        pytest.param("{", "no export of Tremaux", id="no JSON"),
        pytest.param(
            '{"format":"tremaux-skills","version":1,"entities":[]}', "'relations' is not an array", id="cut short"
        ),
        pytest.param('{"format":"tremaux-skills","version":9}', "has version 9", id="another shape of a newer one"),
        pytest.param('{"format":"x","version":1,"entities":[],"relations":[]}', "format is not", id="another format"),
        pytest.param(
            '{"format":"tremaux-skills","version":2,"entities":[],"relations":[]}', "has version 2", id="a newer one"
        ),
    ],
)
async def test_a_json_file_of_something_else_is_refused(team: NewTeam, text: str, fact: str) -> None:
    ours = team("ours")
    (ours.home / "team.json").write_text(text)

    with pytest.raises(BadArgument, match=fact):
        await ours.sharing.import_(ours.home, "team.json", "json")


def proven(name: str = "finding:1", *, passed: bool = True) -> Item:
    outcomes = tuple(seen("other", f"recommendation-{number}", passed=passed) for number in range(6))
    return learning(name, outcomes=outcomes)


async def test_only_what_has_proved_itself_becomes_a_skill(team: NewTeam) -> None:
    ours = team("ours")
    tool = Item(Entity("tool:pytest", "tool", "pytest"), "active")
    await ours.know(proven("finding:good"), proven("finding:bad", passed=False), learning("finding:untried"), tool)
    exported = await ours.sharing.export(ours.home, "skills", "skill-md")
    more = await ours.sharing.export(ours.home, "more", "skill-md", include_candidates=True)

    assert (exported.skills, exported.left_out, more.skills) == (1, 3, 2)
    (folder,) = (ours.home / "skills").iterdir()
    assert "6 of 6 tasks that had it passed, in 1 project." in (folder / "SKILL.md").read_text()


async def test_skills_are_valid_by_the_published_rules(team: NewTeam) -> None:
    ours = team("ours")
    titles = ["Übergröße ☕ «key»", 'He said: "no" # - \\ {x: y}', "x" * 100, "???", "- [a, b]", "--- a: b"]
    await ours.know(
        *(
            Item(
                Entity(
                    f"finding:{n}\n{title}", "finding", title, "---\nx\n---\n" * 900, (f"use when: {title}\n" * 99,)
                ),
                "active",
            )
            for n, title in enumerate(titles)
        )
    )
    exported = await ours.sharing.export(ours.home, "skills", "skill-md", include_candidates=True)
    folders = list((ours.home / "skills").iterdir())

    assert exported.skills == len(folders) == len(titles)
    assert [validate(folder) for folder in folders] == [[]] * len(titles)
    assert max(len((folder / "SKILL.md").read_text()) for folder in folders) < 5_000 + 2 * 1_024


async def test_a_skill_of_ours_comes_back_as_the_learning_that_it_was(team: NewTeam) -> None:
    ours, theirs = team("ours"), team("theirs")
    await ours.know(proven())
    await ours.sharing.export(ours.home, "skills", "skill-md")
    known = await ours.sharing.import_(ours.home, "skills", "skill-md")
    new = await theirs.sharing.import_(ours.home, str(ours.home / "skills"), "skill-md", anywhere=True)
    (item,) = (await theirs.parcel()).items

    assert (known.entities_new, known.entities_known, known.observations_new, known.skills) == (0, 1, 0, 1)
    assert (new.entities_new, item.entity.name, item.status) == (1, "finding:1", "candidate")
    assert (item.entity.title, item.entity.body) == ("Cache key", "The key left the tenant out.")


async def test_a_skill_is_described_in_whole_sentences(team: NewTeam) -> None:
    ours, theirs = team("ours"), team("theirs")
    said = f"A key that leaves the tenant out {'and out ' * 10}mixes the pages of two customers. Name the tenant."
    await ours.know(Item(Entity("finding:1", "finding", title_of(said), f"{said}\nIt was fixed."), "active"))
    await ours.sharing.export(ours.home, "skills", "skill-md", include_candidates=True)
    await theirs.sharing.import_(ours.home, str(ours.home / "skills"), "skill-md", anywhere=True)
    (folder,) = (ours.home / "skills").iterdir()
    (item,) = (await theirs.parcel()).items

    _, _, description, *_ = (folder / "SKILL.md").read_text().splitlines()
    assert f"{said} Use when: " in description
    assert item.entity.title == title_of(said)


async def test_folders_of_others_are_left_as_they_are(team: NewTeam) -> None:
    ours = team("ours")
    await ours.know(proven())
    await ours.sharing.export(ours.home, "skills", "skill-md")
    (folder,) = (ours.home / "skills").iterdir()
    (folder / "notes.txt").write_text("mine")
    (ours.home / "skills" / "other").mkdir()
    rewritten = await ours.sharing.export(ours.home, "skills", "skill-md")
    foreign = (folder / "SKILL.md").read_text().replace("finding:1", "finding:2")
    (folder / "SKILL.md").write_text(foreign)
    kept = await ours.sharing.export(ours.home, "skills", "skill-md")

    assert (rewritten.skills, kept.skills, (folder / "SKILL.md").read_text()) == (1, 0, foreign)
    assert {path.name for path in folder.iterdir()} == {"SKILL.md", "notes.txt"}
    assert (ours.home / "skills" / "other").is_dir()


async def test_a_link_in_a_skills_folder_is_not_written_through(team: NewTeam) -> None:
    ours = team("ours")
    await ours.know(proven())
    await ours.sharing.export(ours.home, "skills", "skill-md")
    (folder,) = (ours.home / "skills").iterdir()
    outside = folder.rename(ours.home / "outside")
    before = (outside / "SKILL.md").stat().st_ino
    folder.symlink_to(outside)
    exported = await ours.sharing.export(ours.home, "skills", "skill-md")

    assert (exported.skills, (outside / "SKILL.md").stat().st_ino) == (0, before)


SKILL = (
    "---\nname: git-workflow\ndescription: >\n  Branch and\n  commit. Use for git.\n---\n# Git workflow\n\nRebase.\n"
)


async def test_skills_of_others_start_as_candidates_with_their_source(team: NewTeam) -> None:
    ours = team("ours")
    for name, text in (("git-workflow", SKILL), ("broken", "no head"), ("huge", SKILL + "x" * 300_000)):
        (ours.home / "skills" / name / "scripts").mkdir(parents=True)
        (ours.home / "skills" / name / "SKILL.md").write_text(text)
        (ours.home / "skills" / name / "scripts" / "run.sh").write_text(f"touch {ours.home}/ran\n")
    (ours.home / "skills" / "link").mkdir()
    (ours.home / "skills" / "link" / "SKILL.md").symlink_to("/etc/hostname")
    imported = await ours.sharing.import_(ours.home, "skills", "skill-md")
    one = await ours.sharing.import_(ours.home, "skills/git-workflow", "skill-md")
    (item,) = (await ours.parcel()).items

    assert (imported.skills, imported.entities_new, imported.bad_lines) == (1, 1, 3)
    assert (one.skills, one.entities_known, one.entities_new) == (1, 1, 0)
    assert (item.entity.name, item.status, item.origin) == ("finding:git-workflow", "candidate", "skill:git-workflow")
    assert (item.entity.title, "Rebase." in item.entity.body) == ("Git workflow", True)
    assert item.entity.observations == ("use when: Branch and commit. Use for git.",)
    assert not (ours.home / "ran").exists()


async def test_a_folder_without_skills_is_told(team: NewTeam) -> None:
    ours = team("ours")

    with pytest.raises(BadArgument, match=r"holds no SKILL\.md"):
        await ours.sharing.import_(ours.home, ".", "skill-md")
    with pytest.raises(BadArgument, match="lies outside the project"):
        await ours.sharing.import_(ours.home, "/etc", "skill-md")
