"""Settings as targets of deltas."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiosqlite

from tremaux_tools.core.learning.delta import Delta, Proposal
from tremaux_tools.core.settings import Setting, find_setting
from tremaux_tools.errors import BadArgument
from tremaux_tools.learning.targets import Resolved
from tremaux_tools.live_settings import PERSON, LiveSettings
from tremaux_tools.store import settings


class SettingTarget:
    """Changes settings. `clock` gives Unix seconds."""

    def __init__(self, live: LiveSettings, *, clock: Callable[[], float]) -> None:
        self._live = live
        self._clock = clock

    async def resolve(self, connection: aiosqlite.Connection, proposal: Proposal) -> Resolved:
        """Find the setting and the value that it is to have, or why it cannot have it."""
        old = None
        try:
            setting = find_setting(proposal.target)
            old = (await self._live.read(connection, [setting]))[setting.name].value
            new = _wanted(setting, proposal, old)
        except BadArgument as error:
            return Resolved(proposal, old, refusal=f"{error}. {error.hint}")
        resolved = Resolved(
            replace(proposal, target=setting.name, new_value=new), old, setting, is_tried=setting.tried_by != "none"
        )
        return replace(resolved, refusal=await self._refusal(connection, resolved, setting))

    async def admit(self, connection: aiosqlite.Connection, proposal: Proposal) -> Proposal:  # noqa: ARG002
        """Nothing is added: all settings are there."""
        return proposal

    async def keep(self, connection: aiosqlite.Connection, delta: Delta) -> None:
        """Set it, as what was learnt."""
        by = name_of(delta)
        await settings.put(
            connection, delta.target, delta.new_value, is_fixed=False, by=by, reason=delta.reasoning, at=self._clock()
        )

    async def holds(self, connection: aiosqlite.Connection, delta: Delta) -> bool:
        """Whether learning has set it to this: by the delta, or by taking back what came after it."""
        kept = (await settings.some(connection, [delta.target])).get(delta.target)
        return kept is not None and kept.by != PERSON and kept.value == delta.new_value

    async def roll_back(self, connection: aiosqlite.Connection, delta: Delta, reason: str) -> None:
        """Set it back, if it is still what the delta made of it; during a trial there is nothing to set back."""
        if not await self.holds(connection, delta):
            return
        by, now = name_of(delta), self._clock()
        if delta.old_value == find_setting(delta.target).default:
            await settings.remove(connection, delta.target, by=by, reason=reason, at=now)
        else:
            await settings.put(connection, delta.target, delta.old_value, is_fixed=False, by=by, reason=reason, at=now)

    async def _refusal(self, connection: aiosqlite.Connection, resolved: Resolved, setting: Setting[Any]) -> str:
        proposal = resolved.proposal
        if proposal.type != setting.area:
            return f"{setting.name} is a setting of type {setting.area}, not {proposal.type}"
        if proposal.new_value == resolved.old_value:
            return f"{setting.name} is {resolved.old_value} already"
        kept = (await settings.some(connection, [setting.name])).get(setting.name)
        if self._live.is_explicit(setting):
            return f"a person set {setting.name} in the environment"
        if kept and kept.is_fixed:
            return f"a person set {setting.name} to {kept.value}"
        return ""


def name_of(delta: Delta) -> str:
    """How a delta is named where it changed something."""
    return f"delta {delta.delta_id}"


def _wanted(setting: Setting[Any], proposal: Proposal, old: Any) -> Any:
    """The value that a setting is to have.

    Raises:
        BadArgument: the operation or the value does not fit.
    """
    told = proposal.new_value
    match proposal.operation:
        case "modify":
            return setting.parse(told) if isinstance(told, str) else setting.check(told)
        case "remove":
            return setting.default
        case "adjust":
            if isinstance(old, bool | str) or isinstance(told, bool) or not isinstance(told, int | float):
                raise BadArgument(f"{setting.name} cannot be adjusted by {told!r}", "Use modify with the whole value.")
            return setting.check(old + told)
        case "add":
            raise BadArgument(f"nothing can be added to {setting.name}", "Use modify; add is for the playbook.")
