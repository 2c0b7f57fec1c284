"""One process of Tremaux: its settings, where its client works, and the services once they are needed.

A client waits for the answer to `initialize`, so the services and what they stand on are not even imported before the
first call that asks something of them.
"""

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from tremaux_server.config import Settings
from tremaux_server.where import Whereabouts

if TYPE_CHECKING:
    from tremaux_server.services import Services
    from tremaux_tools.journal import Journal


class App:
    """What handlers and commands share. Nothing of it is opened before its first use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.whereabouts = Whereabouts(settings.project)

    @cached_property
    def services(self) -> "Services":
        """The services, wired at the first use."""
        wired: Services = import_module("tremaux_server.services").Services.of(self.settings, self.whereabouts)
        return wired

    @property
    def journal(self) -> "Journal":
        """The service most handlers ask."""
        return self.services.journal

    async def close(self) -> None:
        """Let go of what was opened."""
        if "services" in self.__dict__:
            await self.services.database.close()
