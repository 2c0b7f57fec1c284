import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, Request, Result
from pydantic import ConfigDict

from tremaux_server.config import Settings
from tremaux_server.extensions import skills
from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.core.sharing.parcel import Item, Outcome, Parcel
from tremaux_tools.core.sharing.skill_reader import parse_skill
from tremaux_tools.store import exchange
from tremaux_tools.store.database import Database

pytestmark = pytest.mark.anyio

Connect = Callable[..., AbstractAsyncContextManager[Client]]


class Ask(Request[dict[str, Any], Literal["skills/list", "skills/get"]]):
    method: Literal["skills/list", "skills/get"]
    params: dict[str, Any]


class Told(Result):
    model_config = ConfigDict(extra="allow")


def proven(name: str) -> Item:
    outcomes = tuple(Outcome("other", f"task-{number}", "used", True, 2.0, "/work", 4e9) for number in range(9))
    return Item(Entity(name, "finding", "Cache key", "Keep the tenant."), "active", outcomes=outcomes)


@pytest.fixture
async def learnt(settings: Settings) -> None:
    database = Database(settings.database)
    items = (proven("finding:1"), proven("finding:2"), Item(Entity("finding:3", "finding", "New"), "candidate"))
    found_by = {item.entity.name: document_of(item.entity) for item in items}
    async with database.transaction() as connection:
        await exchange.add(connection, Parcel(items), found_by, at=4e9)
    await database.close()


async def ask(client: Client, method: Literal["skills/list", "skills/get"], **params: object) -> dict[str, Any]:
    told = await client.session.send_request(Ask(method=method, params=params), Told)
    return told.model_dump(by_alias=True, exclude_none=True)


@pytest.mark.usefixtures("learnt")
async def test_a_client_finds_and_reads_what_has_proved_itself(connect: Connect) -> None:
    async with connect() as client:
        told = await ask(client, "skills/list")
        entry = told["skills"][0]
        (content,) = (await client.read_resource(entry["uri"])).contents
        again = await ask(client, "skills/get", uri=entry["uri"])

    assert (told["resultType"], told["cacheScope"], told["ttlMs"], len(told["skills"])) == (
        "complete",
        "private",
        60_000,
        2,
    )
    assert again["skill"] == entry
    assert entry["uri"] == f"skill://{entry['frontmatter']['name']}/SKILL.md"
    (file,) = entry["resources"]
    raw = content.text.encode()
    assert file == {"uri": entry["uri"], "digest": f"sha256:{sha256(raw).hexdigest()}", "size": len(raw)}
    assert content.mime_type == "text/markdown"
    read = parse_skill(content.text)
    head = {"name": read.name, "description": read.description, "metadata": dict(read.metadata)}
    assert head == entry["frontmatter"]


@pytest.mark.usefixtures("learnt")
async def test_a_long_list_comes_in_pages(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skills, "PAGE", 1)
    async with connect() as client:
        first = await ask(client, "skills/list")
        second = await ask(client, "skills/list", cursor=first["nextCursor"])

    assert len(first["skills"]) == len(second["skills"]) == 1
    assert first["skills"] != second["skills"]
    assert "nextCursor" not in second


async def test_the_extension_is_told_to_clients(connect: Connect) -> None:
    async with connect() as client:
        told = await ask(client, "skills/list")

        assert client.server_capabilities.extensions is not None
        assert client.server_capabilities.extensions["io.modelcontextprotocol/skills"] == {}
        assert client.server_capabilities.resources is not None
        assert told["skills"] == []


async def test_an_unknown_skill_is_an_invalid_parameter(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(MCPError, match=re.escape("There is no skill 'skill://x/SKILL.md'")) as raised:
            await ask(client, "skills/get", uri="skill://x/SKILL.md")
        with pytest.raises(MCPError, match="There is no skill 'x'"):
            await client.read_resource("skill://x/SKILL.md")

    assert raised.value.code == INVALID_PARAMS
