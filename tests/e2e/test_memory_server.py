"""The reference memory server, as its authors publish it: what it reads is ours, and what it writes we read."""

import shutil
import subprocess
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tremaux_tools.core.knowledge import Entity, Relation
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.core.sharing.parcel import Item, Outcome, Parcel
from tremaux_tools.sharing import Sharing
from tremaux_tools.store import exchange
from tremaux_tools.store.database import Database

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]

PACKAGE = "@modelcontextprotocol/server-memory@2026.8.31"
NOW = 1_800_000_000.0
OUTCOMES = tuple(Outcome("other", f"task-{n}", "used", n > 0, 1.0, "/work/café", NOW - 9) for n in range(3))
ITEMS = (
    Item(
        Entity("finding:1", "finding", 'The "cache" key', "It left the tenant out:\n☕ é", ("type: fix",), "decision"),
        "active",
        origin="other",
        project="/work/café",
        outcomes=OUTCOMES,
    ),
    Item(Entity("tool:pytest", "tool", "pytest", category="tool_usage"), "active", origin="other"),
)
USED = Relation("tool:pytest", "used_in", "finding:1")
THEIRS = {
    "name": 'Ada "the first" Lovelace',
    "entityType": "person",
    "observations": ["born in London\nin 1815", "wrote „Note G“ ☕ 👩\u200d💻", "\\backslash\t\"quotes'"],
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the server is installed in."""
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefer-offline", PACKAGE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm could not install the server: {done.stderr.strip()[-300:]}")
    return folder


def served(package: Path, memory: Path) -> AbstractAsyncContextManager[Client]:
    program = package / "node_modules" / "@modelcontextprotocol" / "server-memory" / "dist" / "index.js"
    command = StdioServerParameters(command="node", args=[str(program)], env={"MEMORY_FILE_PATH": str(memory)})
    return Client(stdio_client(command))


async def call(client: Client, tool: str, **arguments: object) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def test_nothing_is_lost_between_us_and_the_reference_server(package: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.jsonl"
    ours, again = Database(tmp_path / "ours.db"), Database(tmp_path / "again.db")
    async with ours.transaction() as connection:
        found_by = {item.entity.name: document_of(item.entity) for item in ITEMS}
        await exchange.add(connection, Parcel(ITEMS, (USED,)), found_by, at=NOW)
    sharing = [Sharing(database, clock=lambda: NOW, session=lambda: tmp_path) for database in (ours, again)]
    await sharing[0].export(tmp_path, "memory.jsonl", "memory-jsonl")
    exported = await anyio.Path(memory).read_text()

    with anyio.fail_after(60):
        async with served(package, memory) as client:
            graph = await call(client, "read_graph")
            await call(client, "create_entities", entities=[THEIRS, {**THEIRS, "name": "Engine", "observations": []}])
            nowhere = {"from": "Engine", "to": "nowhere", "relationType": "runs"}
            made_by = {"from": "Engine", "to": "finding:1", "relationType": "taught"}
            await call(client, "create_relations", relations=[nowhere, made_by])
    written = await anyio.Path(memory).read_text()
    await anyio.Path(memory).write_text(f"{written}\n{{torn")
    imported = await sharing[1].import_(tmp_path, "memory.jsonl", "memory-jsonl")
    async with again.snapshot() as connection:
        parcel = await exchange.everything(connection)
    await sharing[1].export(tmp_path, "back.jsonl", "memory-jsonl")
    for database in (ours, again):
        await database.close()

    assert [entity["name"] for entity in graph["entities"]] == ["finding:1", "tool:pytest"]
    assert graph["entities"][0]["observations"][:2] == ["It left the tenant out:\n☕ é", "type: fix"]
    assert graph["relations"] == [{"from": "tool:pytest", "to": "finding:1", "relationType": "used_in"}]
    assert written.startswith(exported[: exported.index("\n")])
    assert (imported.entities_new, imported.relations_new) == (4, 2)
    assert (imported.relations_dangling, imported.bad_lines, imported.outcomes_new) == (1, 1, 3)
    known = {item.entity.name: item for item in parcel.items}
    first = known["finding:1"]
    assert (first.entity, first.status, first.outcomes) == (ITEMS[0].entity, "active", OUTCOMES)
    assert (first.origin, first.project) == ("other", "/work/café")
    ada = known[str(THEIRS["name"])].entity
    # Characters that nobody sees are kept out, whoever sends them.
    assert [ada.body, *ada.observations] == [text.replace("\u200d", "") for text in THEIRS["observations"]]
    assert (tmp_path / "back.jsonl").read_text().split("\n")[0] == written.split("\n")[0]
    assert set(parcel.relations) == {USED, Relation("Engine", "taught", "finding:1")}
