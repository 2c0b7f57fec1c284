"""Announce to clients what changes, also what no call of theirs brought about.

Tickets change by themselves, in any process. A client of the 2026-07-28 protocol hears of it in the stream of its
`subscriptions/listen`, which the SDK serves from the bus; older ones ask with `resources/subscribe`, served here.
"""

import logging
from collections.abc import Sequence
from typing import Any

import anyio
from anyio import BrokenResourceError, ClosedResourceError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated, ServerEvent
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from tremaux_server.app import App
from tremaux_server.uris import TICKETS, ticket_uri
from tremaux_tools.errors import TremauxError

MAX_SUBSCRIBED = 1_024  # resources that one old client may subscribe to

_log = logging.getLogger(__name__)


class News(InMemorySubscriptionBus):
    """The bus of one server. The tickets are not watched before somebody subscribes to one."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app
        self._is_watching = False
        self._starting = anyio.Lock()
        self._subscribed: dict[str, list[ServerSession]] = {}  #: of old clients

    async def publish(self, event: ServerEvent) -> None:
        """Tell all who asked for it, whichever protocol they speak."""
        await super().publish(event)
        if not isinstance(event, ResourceUpdated):
            return
        for session in tuple(self._subscribed.get(event.uri, ())):
            try:
                await session.send_resource_updated(event.uri)
            except (BrokenResourceError, ClosedResourceError):
                self._remove(event.uri, session)  # it has left

    async def serve(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Middleware: see who subscribes to tickets, and serve old clients, for whom the SDK (2.3) has nothing."""
        params = ctx.params or {}
        if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            if ctx.method == "subscriptions/listen":
                asked = params.get("notifications")
                uris = asked.get("resourceSubscriptions") if isinstance(asked, dict) else None
                await self._watch_for(uris if isinstance(uris, list) else ())
            return await call_next(ctx)
        match ctx.method:
            case "initialize":
                return _subscribable(await call_next(ctx))
            case "resources/subscribe":
                await self._add(_uri(params), ctx.session)
                return {}
            case "resources/unsubscribe":
                self._remove(_uri(params), ctx.session)
                return {}
        return await call_next(ctx)

    async def _add(self, uri: str, session: ServerSession) -> None:
        if len(self._subscribed) >= MAX_SUBSCRIBED and uri not in self._subscribed:
            raise MCPError(INVALID_PARAMS, f"{MAX_SUBSCRIBED} resources are subscribed to already. Unsubscribe first.")
        self._remove(uri, session)
        self._subscribed.setdefault(uri, []).append(session)
        await self._watch_for((uri,))

    def _remove(self, uri: str, session: ServerSession) -> None:
        """Forget a connection: each request has a session of its own, but all of one client share what it said."""
        others = [one for one in self._subscribed.get(uri, ()) if one.client_params is not session.client_params]
        self._subscribed[uri] = others
        if not others:
            del self._subscribed[uri]

    async def _watch_for(self, uris: Sequence[object]) -> None:
        """Watch the tickets, if one of these is one; what happens once this has returned is announced."""
        if not any(isinstance(uri, str) and uri.startswith(TICKETS) for uri in uris):
            return
        async with self._starting:
            if self._is_watching:
                return
            try:
                since = await self._app.tickets.last_event()
            except TremauxError as error:  # who asks for the tickets themselves is told
                _log.warning("tickets are not watched: %s", error)
                return
            self._is_watching = True
            self._app.tasks.start_soon(self._watch, since)

    async def _watch(self, since: int) -> None:
        """Announce every change of a ticket after an event, of whatever process."""
        try:
            async for event in self._app.tickets.news(since):
                await self.publish(ResourceUpdated(uri=ticket_uri(event.ticket)))
                await self.publish(ResourceUpdated(uri=TICKETS))
        except TremauxError as error:  # such as a database that was removed
            _log.warning("tickets are watched no more: %s", error)
        finally:
            self._is_watching = False


def _uri(params: Any) -> str:
    uri = params.get("uri")
    if not isinstance(uri, str):
        raise MCPError(INVALID_PARAMS, "uri is missing. Name the resource.")
    return uri


def _subscribable(result: HandlerResult) -> HandlerResult:
    """The answer to `initialize`, saying that resources may be subscribed to."""
    if isinstance(result, dict) and isinstance(offered := result.get("capabilities", {}).get("resources"), dict):
        offered["subscribe"] = True
    return result
