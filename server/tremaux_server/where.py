"""Find the directory a call is about, and ask the client for its roots where that takes them."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import anyio
from mcp.server.mcpserver import Context, ListRoots, Resolve
from mcp.shared.exceptions import MCPError
from mcp_types import ListRootsRequest, ListRootsResult, Root
from mcp_types.version import is_version_at_least
from pydantic import Field

from tremaux_server.whereabouts import Whereabouts

ROOTS_TIMEOUT = 2.0  # seconds; a client that does not answer must not hold the call
_ASKED_IN_RESULT = "2026-07-28"  # from this revision on a server asks within its answer, not by a request of its own
_NO_ROOTS = ListRootsResult(roots=[])

ProjectName = Annotated[str | None, Field(description="Directory inside the project, if not the current one")]
"""The optional `project` argument of every tool."""


async def _roots(context: Context[Any, Any], project: str | None) -> ListRoots | ListRootsResult:
    """The client's roots, asked for at most once; none where nobody needs or has them."""
    if not _whereabouts(context).needs_roots(project):
        return _NO_ROOTS
    capabilities = context.client_capabilities
    if capabilities is None or capabilities.roots is None:
        return _NO_ROOTS
    if is_version_at_least(context.protocol_version or "", _ASKED_IN_RESULT):
        return ListRoots()
    return await _ask(context)


async def _directory(
    context: Context[Any, Any], project: str | None, roots: Annotated[ListRootsResult, Resolve(_roots)]
) -> Path:
    whereabouts = _whereabouts(context)
    if whereabouts.needs_roots(project):
        whereabouts.learn(path for root in roots.roots if (path := _path(root)))
    return whereabouts.directory(project)


Where = Annotated[Path, Resolve(_directory)]
"""The directory a call is about: filled by the server, hidden from the agent. The tool must take `project`."""


def _whereabouts(context: Context[Any, Any]) -> Whereabouts:
    found = context.request_context.lifespan_context.whereabouts
    assert isinstance(found, Whereabouts)
    return found


async def _ask(context: Context[Any, Any]) -> ListRootsResult:
    try:
        with anyio.fail_after(ROOTS_TIMEOUT):
            # The SDK's own helper warns of the revision that dropped roots; this client has them.
            answer: ListRootsResult = await context.session.send_request(ListRootsRequest(), ListRootsResult)
            return answer
    except (MCPError, TimeoutError):
        return _NO_ROOTS  # it has none to give; the next call need not wait for them again


def _path(root: Root) -> Path | None:
    parts = urlsplit(str(root.uri))
    return Path(unquote(parts.path)) if parts.scheme == "file" and parts.path else None
