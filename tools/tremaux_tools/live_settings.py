"""The settings as they are now: read at each use, so that a change works at once in all processes.

What holds, in this order: what a person set in the environment or with `tremaux settings set`, the value of a trial
for the tasks that have part in it, what learning kept, the default. A project's own file comes before all of them;
whoever reads that file looks there first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from tremaux_tools.core.learning.delta import block_gets_new, gets_new
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.settings import SETTINGS, Setting, Value, find_setting
from tremaux_tools.core.settings.registry import LEARNING
from tremaux_tools.core.words import shorten
from tremaux_tools.errors import BadArgument
from tremaux_tools.store import deltas, exposures, settings
from tremaux_tools.store.connection import Connection
from tremaux_tools.store.database import Database
from tremaux_tools.store.exposures import Watched
from tremaux_tools.store.settings import Change, Kept

Source = Literal["default", "environment", "person", "learned"]
T = TypeVar("T", bound=Value)

POOL_BLOCK = 5  # runs after each other that share a value of the pool: what is shared cannot differ for each of them
PERSON = "a person"


@dataclass(frozen=True, slots=True)
class Standing:
    """A setting and what it is set to."""

    setting: Setting[Any]
    value: Any
    source: Source
    is_fixed: bool  #: a person's word, which learning leaves alone
    by: str = ""
    changed_at: float | None = None  #: Unix seconds
    trial: Watched | None = None  #: the delta that is on trial here


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a setting for one task, and the delta that gave it where there was one."""

    value: Any
    delta_id: int | None = None
    is_new: bool = False


class LiveSettings:
    """Reads and sets the settings of one database. `clock` gives Unix seconds.

    `explicit` are those that a person set for this very process. `redactor` takes secrets out of reasons.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float],
        explicit: Mapping[str, Value] | None = None,
        redactor: Redactor = PUBLISHED,
    ) -> None:
        self._database = database
        self._clock = clock
        self._explicit = dict(explicit or {})
        self._redactor = redactor

    async def value(self, setting: Setting[T], *, subject: str = "") -> T:
        """What a setting is now for the task that `subject` names; without one, no trial has a say in it."""
        readings = await self._database.read(lambda connection: self.read(connection, [setting], subject=subject))
        await self.note(readings, subject=subject)
        value: T = readings[setting.name].value
        return value

    async def read(
        self, connection: Connection, wanted: Iterable[Setting[Any]], *, subject: str = ""
    ) -> dict[str, Reading]:
        """What settings are for one task, by name; `expose` or `note` then tells that it worked with them.

        Without a subject, and while learning is switched off, no trial has a say in it.
        """
        wanted = list(wanted)
        names = [setting.name for setting in wanted if setting.name not in self._explicit]
        kept = await settings.some(connection, [*names, LEARNING.name])
        is_tried = bool(subject) and (LEARNING.name not in kept or kept[LEARNING.name].value)
        free = [name for name in names if not (name in kept and kept[name].is_fixed)] if is_tried else []
        watched = await exposures.watched(connection, free) if free else {}
        return {setting.name: self._reading(setting, kept, watched, subject) for setting in wanted}

    async def expose(self, connection: Connection, readings: Mapping[str, Reading], subject: str) -> None:
        """Note with which values a task works, in the transaction of `connection`."""
        for reading in readings.values():
            if reading.delta_id is not None:
                await exposures.expose(connection, reading.delta_id, subject, is_new=reading.is_new, at=self._clock())

    async def note(self, readings: Mapping[str, Reading], *, subject: str) -> None:
        """Note with which values a task works, where that is worth a transaction."""
        if subject and any(reading.delta_id is not None for reading in readings.values()):
            await self._database.write(lambda connection: self.expose(connection, readings, subject))

    async def get(self, name: str) -> Standing:
        """A setting as it stands.

        Raises:
            BadArgument: there is none of that name.
        """
        (standing,) = await self._standings([find_setting(name)])
        return standing

    async def everything(self) -> list[Standing]:
        """All settings as they stand, in the order of their declaration."""
        return await self._standings(SETTINGS.values())

    async def set(self, name: str, text: str, *, reason: str = "", is_fixed: bool = True) -> Standing:
        """Set a setting to what a person wrote; with `is_fixed` learning leaves it alone from then on.

        A trial of it ends, and so does the guard over what was learnt.

        Raises:
            BadArgument: there is no such setting, it cannot be that, or the environment of this process sets it.
        """
        setting = find_setting(name)
        value = setting.parse(text)
        self._refuse_explicit(setting)
        reason = shorten(reason, self._redactor)
        now = self._clock()
        async with self._database.transaction() as connection:
            await settings.put(connection, setting.name, value, is_fixed=is_fixed, by=PERSON, reason=reason, at=now)
            await deltas.overrule(connection, setting.name, reason=f"a person set it to {value}", at=now)
        return await self.get(setting.name)

    async def unset(self, name: str, *, reason: str = "") -> Standing:
        """Leave a setting to its default and to learning again.

        Raises:
            BadArgument: there is no such setting, or the environment of this process sets it.
        """
        setting = find_setting(name)
        self._refuse_explicit(setting)
        reason = shorten(reason, self._redactor)
        now = self._clock()
        async with self._database.transaction() as connection:
            await settings.remove(connection, setting.name, by=PERSON, reason=reason, at=now)
            await deltas.overrule(connection, setting.name, reason="a person set it back to its default", at=now)
        return await self.get(setting.name)

    async def history(self, name: str | None, *, limit: int) -> list[Change]:
        """The changes of a setting, or of all for None, the newest first.

        Raises:
            BadArgument: there is no such setting.
        """
        asked = None if name is None else find_setting(name).name
        async with self._database.snapshot() as connection:
            return await settings.changes(connection, asked, limit=limit)

    def is_explicit(self, setting: Setting[Any]) -> bool:
        """Whether a person set it for this very process."""
        return setting.name in self._explicit

    def _refuse_explicit(self, setting: Setting[Any]) -> None:
        if setting.name in self._explicit:
            raise BadArgument(
                f"{setting.name} is set by the environment of this process", "Take the variable out of it first."
            )

    def _reading(
        self, setting: Setting[Any], kept: Mapping[str, Kept], watched: Mapping[str, Watched], subject: str
    ) -> Reading:
        name = setting.name
        if name in self._explicit:
            return Reading(self._explicit[name])
        base = _known(setting, kept[name].value) if name in kept else setting.default
        delta = watched.get(name)
        if delta is None:
            return Reading(base)
        if not delta.is_trial:
            return Reading(base, delta.delta_id, is_new=True)
        if setting.tried_by == "pool":
            is_new = block_gets_new(delta.exposures // POOL_BLOCK, delta.delta_id)
        else:
            is_new = gets_new(subject, delta.delta_id)
        return Reading(_known(setting, delta.new_value) if is_new else base, delta.delta_id, is_new)

    async def _standings(self, wanted: Iterable[Setting[Any]]) -> list[Standing]:
        wanted = list(wanted)
        async with self._database.snapshot() as connection:
            kept = await settings.some(connection, [setting.name for setting in wanted])
            watched = await exposures.watched(connection, [setting.name for setting in wanted])
        return [self._standing(setting, kept.get(setting.name), watched.get(setting.name)) for setting in wanted]

    def _standing(self, setting: Setting[Any], kept: Kept | None, watched: Watched | None) -> Standing:
        trial = watched if watched and watched.is_trial else None
        if setting.name in self._explicit:
            return Standing(setting, self._explicit[setting.name], "environment", is_fixed=True)
        if kept is None:
            return Standing(setting, setting.default, "default", is_fixed=False, trial=trial)
        source: Source = "person" if kept.by == PERSON else "learned"
        value = _known(setting, kept.value)
        return Standing(setting, value, source, kept.is_fixed, kept.by, kept.changed_at, trial)


def _known(setting: Setting[Any], value: Any) -> Any:
    """A value as this version knows it: what another one stored may be out of its bounds."""
    try:
        return setting.check(value)
    except BadArgument:
        return setting.default
