"""One process of Tremaux: its settings, where its client works, and the services once they are needed.

A client waits for the answer to `initialize`, so the services and what they stand on are not even imported before the
first call that asks something of them.
"""

from contextlib import AsyncExitStack
from functools import cached_property
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio
from anyio.abc import TaskGroup

from tremaux_server.config import Settings
from tremaux_server.whereabouts import Whereabouts

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

    from tremaux_server.services import Services
    from tremaux_tools.gates import Gates
    from tremaux_tools.git_safety import GitSafety
    from tremaux_tools.journal import Journal
    from tremaux_tools.knowledge import Knowledge
    from tremaux_tools.learning import Learning
    from tremaux_tools.live_settings import LiveSettings
    from tremaux_tools.postflight import Postflight
    from tremaux_tools.sharing import Sharing
    from tremaux_tools.skills import Skills
    from tremaux_tools.terminals import Terminals
    from tremaux_tools.tickets import Tickets

CLOSING = 10.0  # seconds for all services to let go of what they hold


class App:
    """What handlers and commands share. Nothing of it is opened before its first use.

    It is entered for as long as the process serves; leaving it closes the services and ends their tasks.
    """

    tasks: TaskGroup  #: the parent of what services do beside a call; there once the app is entered
    _exits: AsyncExitStack

    def __init__(self, settings: Settings, *, dispatches: bool = False) -> None:
        """`dispatches` says that this process runs tickets, and not only hands them over."""
        self.settings = settings
        self.dispatches = dispatches
        self.whereabouts = Whereabouts(settings.project)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._close_database)  # once no task can use it any more
            self.tasks = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(self.tasks.cancel_scope.cancel)
            stack.push_async_callback(self._close)
            self._exits = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._exits.__aexit__(kind, error, traceback)

    @cached_property
    def services(self) -> "Services":
        """The services, wired at the first use."""
        services = import_module("tremaux_server.services")
        wired: Services = services.Services.of(self.settings, self.whereabouts, self.tasks, dispatches=self.dispatches)
        return wired

    @property
    def journal(self) -> "Journal":
        """The service that remembers attempts."""
        return self.services.journal

    @property
    def gates(self) -> "Gates":
        """The service that runs gates and records them."""
        return self.services.gates

    @property
    def git_safety(self) -> "GitSafety":
        """The service that keeps, restores and commits a project's files."""
        return self.services.git_safety

    @property
    def terminals(self) -> "Terminals":
        """The service that opens, types into and reads terminals."""
        return self.services.terminals

    @property
    def tickets(self) -> "Tickets":
        """The service that takes tickets and decides about them."""
        return self.services.tickets

    @property
    def postflight(self) -> "Postflight":
        """The service that judges finished runs."""
        return self.services.postflight

    @property
    def skills(self) -> "Skills":
        """The service that recommends what helped."""
        return self.services.skills

    @property
    def knowledge(self) -> "Knowledge":
        """The service that keeps the knowledge graph."""
        return self.services.knowledge

    @property
    def sharing(self) -> "Sharing":
        """The service that hands on what was learnt."""
        return self.services.sharing

    @property
    def learning(self) -> "Learning":
        """The service that changes settings by what was seen of the work."""
        return self.services.learning

    @property
    def live_settings(self) -> "LiveSettings":
        """The settings as they are now."""
        return self.services.live_settings

    async def _close(self) -> None:
        if "services" in self.__dict__:
            with anyio.move_on_after(CLOSING, shield=True):
                await self.services.close()

    async def _close_database(self) -> None:
        if "services" in self.__dict__:
            with anyio.move_on_after(CLOSING, shield=True):
                await self.services.database.close()


def app_of(context: "Context[Any, Any]") -> App:
    """The process that a call came to."""
    found = context.request_context.lifespan_context
    assert isinstance(found, App)
    return found
