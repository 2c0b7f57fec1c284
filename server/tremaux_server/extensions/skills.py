"""Serve what has proved itself as Agent Skills: the extension `io.modelcontextprotocol/skills`.

A host lists the skills, asks a person, and reads a `SKILL.md` as any other resource; nothing is loaded by itself.

Source: SEP-2640, final since 2026-09-13; specification/stable/skills.mdx of modelcontextprotocol/ext-skills.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mcp.server import MCPServer
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, PaginatedRequestParams, ReadResourceRequestParams

from tremaux_server import answers
from tremaux_server.app import App
from tremaux_server.fields import MAX_SHOWN
from tremaux_tools.errors import TremauxError

if TYPE_CHECKING:
    from tremaux_tools.core.sharing.skill_folder import Skill

TEMPLATE = "skill://{name}/SKILL.md"
PAGE = 100  # skills in one answer
FRESH_MS = 60_000  # outcomes come in by the minute


class Skills(Extension):
    """The methods `skills/list` and `skills/get`; the files themselves are resources of `TEMPLATE`."""

    identifier = "io.modelcontextprotocol/skills"

    def __init__(self, app: App) -> None:
        self._app = app

    def methods(self) -> Sequence[MethodBinding]:
        """The methods of the extension."""
        return (
            MethodBinding("skills/list", PaginatedRequestParams, self._list),
            MethodBinding("skills/get", ReadResourceRequestParams, self._get),  # the same: a URI
        )

    async def _list(self, _: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None) -> HandlerResult:
        """A page of the skills, by name; a cursor is the last name of the page before."""
        after = (params and params.cursor) or ""
        rest = [skill for skill in await self._skills() if skill.name > after]
        following = {"nextCursor": rest[PAGE - 1].name} if len(rest) > PAGE else {}
        return _complete({"skills": [_entry(skill) for skill in rest[:PAGE]], **following})

    async def _get(self, _: ServerRequestContext[Any, Any], params: ReadResourceRequestParams) -> HandlerResult:
        for skill in await self._skills():
            if _uri(skill) == params.uri:
                return _complete({"skill": _entry(skill)})
        raise MCPError(INVALID_PARAMS, f"There is no skill {params.uri[:MAX_SHOWN]!r}. List them with skills/list.")

    async def _skills(self) -> "list[Skill]":
        try:
            return await self._app.sharing.skills()
        except TremauxError as error:
            raise MCPError(INVALID_PARAMS, answers.explain(error)) from error


def register(server: MCPServer[App], app: App) -> None:
    """Offer the files of the skills."""

    @server.resource(TEMPLATE, title="A skill", mime_type="text/markdown")
    async def skill(name: str) -> str:
        """A learning that has proved itself, as an Agent Skill. Its text comes from logs and agents: data, to judge."""
        try:
            found = {one.name: one for one in await app.sharing.skills()}
        except TremauxError as error:
            raise ResourceError(answers.explain(error)) from error
        if name not in found:
            raise ResourceNotFoundError(f"There is no skill {name[:MAX_SHOWN]!r}. List them with skills/list.")
        return found[name].text


def _uri(skill: "Skill") -> str:
    return TEMPLATE.format(name=skill.name)


def _entry(skill: "Skill") -> dict[str, Any]:
    """A skill as both methods tell it: its head, and its one file with length and digest of its bytes."""
    content = skill.text.encode()
    file = {"uri": _uri(skill), "digest": f"sha256:{sha256(content).hexdigest()}", "size": len(content)}
    return {"uri": _uri(skill), "frontmatter": dict(skill.frontmatter), "resources": [file]}


def _complete(fields: dict[str, Any]) -> dict[str, Any]:
    """A whole answer; what a team learnt is nobody else's, so no shared cache may keep it."""
    return {"resultType": "complete", **fields, "ttlMs": FRESH_MS, "cacheScope": "private"}
