"""What a delta can change: a setting, or a bullet of the playbook. Each is one kind of target."""

from dataclasses import dataclass
from typing import Any, Protocol

import aiosqlite

from tremaux_tools.core.learning.delta import Delta, Proposal
from tremaux_tools.core.settings import Setting


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a proposal comes down to."""

    proposal: Proposal  #: with the name of the target and the value as they are kept
    old_value: Any = None
    setting: Setting[Any] | None = None  #: None: it is about the playbook
    refusal: str = ""  #: why it cannot be; empty: it can
    is_tried: bool = True  #: false: it takes hold at once, for nothing could be compared
    project: str | None = None  #: whose workers have part in its trial; None: all
    reserved: str = ""  #: why a person has to decide, whatever the figures; empty: none has to
    is_vote: bool = False  #: on what is there: everybody has one, and nobody decides about it


class Target(Protocol):
    """A kind of target. Every call is made in the caller's transaction."""

    async def resolve(self, connection: aiosqlite.Connection, proposal: Proposal) -> Resolved:
        """Say what a proposal comes down to, without changing anything."""
        ...

    async def admit(self, connection: aiosqlite.Connection, proposal: Proposal) -> Proposal:
        """Make room for what a proposal adds; returns it with the name of its target."""
        ...

    async def keep(self, connection: aiosqlite.Connection, delta: Delta) -> None:
        """Give everybody the new value."""
        ...

    async def holds(self, connection: aiosqlite.Connection, delta: Delta) -> bool:
        """Whether the target still is what a kept delta made of it."""
        ...

    async def roll_back(self, connection: aiosqlite.Connection, delta: Delta, reason: str) -> None:
        """Give everybody the old value again."""
        ...
