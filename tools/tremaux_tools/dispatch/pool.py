"""How many workers may run at once, over all processes of one database: looked up at every claim."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiosqlite

from tremaux_tools.core.settings.registry import FALLBACK_THRESHOLD, MAX_WORKERS, STRATEGY
from tremaux_tools.core.tickets.coordination import Coordination, Load, Room, Rules, Seen, advanced, room
from tremaux_tools.core.tickets.ticket import PlaceName
from tremaux_tools.live_settings import LiveSettings, Reading
from tremaux_tools.store import coordination, load
from tremaux_tools.store.connection import Connection

STALE = 120.0  # seconds; an older look at the machine says nothing of it now
_NEXT_RUN = "the next run"  # what the pool shares is tried in blocks of runs, whichever they are


@dataclass(frozen=True, slots=True)
class Held:
    """How the pool is held at a moment."""

    room: Room
    known: Coordination
    is_news: bool  #: what is known is not kept yet
    readings: Mapping[str, Reading]  #: of the settings that said so


class Pool:
    """The pool of workers. `by_place` bounds kinds of places by themselves; the machine has `cores`."""

    def __init__(self, settings: LiveSettings, *, by_place: Mapping[PlaceName, int], cores: int) -> None:
        self._settings = settings
        self._by_place = by_place
        self._cores = cores

    def full_places(self, taken: Mapping[str, int]) -> list[str]:
        """The kinds of places without room, given how many workers run in each."""
        return [place for place, bound in self._by_place.items() if taken.get(place, 0) >= bound]

    async def look(self, connection: Connection, *, now: float) -> Held:
        """How the pool is held now, in Unix seconds, for the next run that is claimed."""
        wanted = (MAX_WORKERS, STRATEGY, FALLBACK_THRESHOLD)
        readings = await self._settings.read(connection, wanted, subject=_NEXT_RUN)
        rules = Rules(
            strategy=readings[STRATEGY.name].value,
            max_workers=readings[MAX_WORKERS.name].value,
            fallback_threshold=readings[FALLBACK_THRESHOLD.name].value,
        )
        if not rules.looks:
            return Held(room(rules, Coordination()), Coordination(), is_news=False, readings=readings)
        known = await coordination.get(connection)
        seen = Seen(self._cores, await self._load(connection, now), await coordination.recent(connection, now=now))
        after = advanced(known, rules, seen, now=now)
        return Held(room(rules, after), after, is_news=after != known, readings=readings)

    async def keep(self, connection: aiosqlite.Connection, held: Held) -> None:
        """Remember how the pool is held, where that is news."""
        if held.is_news:
            await coordination.put(connection, held.known)

    async def expose(self, connection: aiosqlite.Connection, held: Held, subject: str) -> None:
        """Note that the run which `subject` names shares a pool that is held so."""
        await self._settings.expose(connection, held.readings, subject)

    async def _load(self, connection: Connection, now: float) -> Load | None:
        # Not what is later than now: the clock was set back since, and it would stay the newest for as long.
        for sample in await load.newest(connection, since=now - STALE, until=now, limit=1):
            return Load(sample.cpu_percent, sample.memory_percent, sample.workers, sample.sampled_at)
        return None
