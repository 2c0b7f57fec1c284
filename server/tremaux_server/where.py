"""Find the project a call is about: its argument, the settings, the client's first root, the working directory."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import anyio
from mcp.server.mcpserver import Context, ListRoots, Resolve
from mcp.shared.exceptions import MCPError
from mcp_types import ListRootsRequest, ListRootsResult, Root
from mcp_types.version import is_version_at_least
from pydantic import Field

from tremaux_tools.errors import BadArgument

MAX_SHOWN = 200  # characters of a path in a message
ROOTS_TIMEOUT = 2.0  # seconds; a client that does not answer must not hold the call
_ASKED_IN_RESULT = "2026-07-28"  # from this revision on a server asks within its answer, not by a request of its own
_NO_ROOTS = ListRootsResult(roots=[])

ProjectName = Annotated[str | None, Field(description="Directory inside the project, if not the current one")]
"""The optional `project` argument of every tool."""


class Whereabouts:
    """What one process knows of where its client works."""

    def __init__(self, configured: Path | None) -> None:
        self._configured = configured
        self._known: ListRootsResult | None = None

    async def roots(self, context: Context[Any, Any], project: str | None) -> ListRoots | ListRootsResult:
        """The client's roots, asked for at most once; none where nobody needs or has them."""
        if project or self._configured:
            return _NO_ROOTS
        if self._known is None:
            capabilities = context.client_capabilities
            if capabilities is None or capabilities.roots is None:
                self._known = _NO_ROOTS
            elif is_version_at_least(context.protocol_version or "", _ASKED_IN_RESULT):
                return ListRoots()
            else:
                self._known = await _ask(context)
        return self._known

    def directory(self, project: str | None, roots: ListRootsResult) -> Path:
        """The directory a call is about.

        Raises:
            BadArgument: `project` is no usable path.
        """
        if project:
            return _named(project)
        if not self._configured:
            self._known = roots
        return self.current()

    def current(self) -> Path:
        """The directory of what takes no `project`: resources, prompts, completion.

        Raises:
            BadArgument: it was removed while the server ran.
        """
        if self._configured:
            return self._configured
        roots = self._known.roots if self._known else []
        try:
            return next((path for root in roots if (path := _path(root))), None) or Path.cwd()
        except FileNotFoundError as error:
            raise BadArgument("the working directory was removed", "Pass project, or start the server anew.") from error


async def _roots(context: Context[Any, Any], project: str | None) -> ListRoots | ListRootsResult:
    return await _whereabouts(context).roots(context, project)


async def _directory(
    context: Context[Any, Any], project: str | None, roots: Annotated[ListRootsResult, Resolve(_roots)]
) -> Path:
    return _whereabouts(context).directory(project, roots)


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


def _named(project: str) -> Path:
    try:
        if "\0" not in project:
            return Path(project).expanduser().absolute()
    except (OSError, RuntimeError):
        pass  # no such user, or no working directory to start from
    raise BadArgument(f"project {project[:MAX_SHOWN]!r} is no path", "Name a directory inside the project.")


def _path(root: Root) -> Path | None:
    parts = urlsplit(str(root.uri))
    return Path(unquote(parts.path)) if parts.scheme == "file" and parts.path else None
