"""Announce to clients what changes, also what no call of theirs brought about.

Tickets and the playbook change by themselves, in any process. A client of the 2026-07-28 protocol hears of it in the
stream of its `subscriptions/listen`, which the SDK serves from the bus; older ones ask with `resources/subscribe`,
served here.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
from tremaux_server.uris import PLAYBOOK, TICKETS, ticket_uri
from tremaux_tools.errors import TremauxError

MAX_SUBSCRIBED = 1_024  # resources that one old client may subscribe to

_log = logging.getLogger(__name__)


class News(InMemorySubscriptionBus):
    """The bus of one server. Neither tickets nor playbook are watched before somebody subscribes to them."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app
        self._watched: set[str] = set()
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
        """Middleware: see who subscribes to what, and serve old clients, for whom the SDK (2.3) has nothing."""
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
        """Watch what these are about, if it changes by itself; what happens once this has returned is announced."""
        for whole, start in ((TICKETS, self._start_tickets), (PLAYBOOK, self._start_playbook)):
            if not any(isinstance(uri, str) and uri.startswith(whole) for uri in uris):
                continue
            async with self._starting:
                if whole in self._watched:
                    continue
                try:
                    await start()
                except TremauxError as error:  # who asks for the things themselves is told
                    _log.warning("%s is not watched: %s", whole, error)
                else:
                    self._watched.add(whole)

    async def _start_tickets(self) -> None:
        self._app.tasks.start_soon(self._watch_tickets, await self._app.tickets.last_event())

    async def _start_playbook(self) -> None:
        self._app.tasks.start_soon(self._watch_playbook, await self._app.learning.playbook_state())

    async def _watch_tickets(self, since: int) -> None:
        """Announce every change of a ticket after an event, of whatever process."""
        async with self._watching(TICKETS):
            async for event in self._app.tickets.news(since):
                await self.publish(ResourceUpdated(uri=ticket_uri(event.ticket)))
                await self.publish(ResourceUpdated(uri=TICKETS))

    async def _watch_playbook(self, since: tuple[int, float]) -> None:
        """Announce every change of the playbook since then, of whatever process."""
        async with self._watching(PLAYBOOK):
            async for _ in self._app.learning.playbook_news(since):
                await self.publish(ResourceUpdated(uri=PLAYBOOK))

    @asynccontextmanager
    async def _watching(self, whole: str) -> AsyncIterator[None]:
        try:
            yield
        except TremauxError as error:  # such as a database that was removed
            _log.warning("%s is watched no more: %s", whole, error)
        finally:
            self._watched.discard(whole)


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
