"""The loop that keeps learning going: a turn of the cycle at each interval, in the process that leads."""

import logging
from collections.abc import Callable, Sequence

import anyio
import anyio.to_thread

from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.settings.registry import INTERVAL
from tremaux_tools.core.words import shorten
from tremaux_tools.errors import StateError, TremauxError
from tremaux_tools.learning.cycle import KEPT, LearningCycle, Overtaken, Turn, is_on
from tremaux_tools.learning.leadership import Leadership
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.metrics import LoadMeter
from tremaux_tools.store import leaders, load, runs
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.store.leaders import Cycle
from tremaux_tools.store.load import LoadSample

MOST_FAILURES = 6  # in a row, each of which doubles the pause; half an hour at the usual interval
LOOKS = 3  # of who leads, within one interval
LONGEST_REST = 10.0  # seconds: an interval that is made shorter works soon
CAUTIOUS = 30.0  # seconds until a database that could not be read is tried again
LEAVING = 5.0  # seconds to give the lead back

_log = logging.getLogger(__name__)


class LearningLoop:
    """Makes the turns of one process. `clock` gives Unix seconds."""

    is_running = False

    def __init__(
        self,
        database: Database,
        changes: Changes,
        live: LiveSettings,
        leadership: Leadership,
        cycle: LearningCycle,
        *,
        clock: Callable[[], float],
        redactor: Redactor,
    ) -> None:
        self._database = database
        self._changes = changes
        self._live = live
        self._leadership = leadership
        self._cycle = cycle
        self._clock = clock
        self._redactor = redactor
        self._meter = LoadMeter()

    async def run(self) -> None:
        """Keep the cycle going until cancelled, as long as this process leads; else stand by."""
        self.is_running = True
        try:
            while True:
                rest = await self._round()
                await anyio.sleep(min(rest, LONGEST_REST))
        finally:
            self.is_running = False
            with anyio.move_on_after(LEAVING, shield=True):
                await self._leave()

    async def turn(self, epoch: int) -> Turn:
        """Make a turn as the leader of that epoch.

        Raises:
            Overtaken: another process leads by now.
        """
        turn = await self._cycle.turn(epoch)
        if turn.changed:
            self._changes.tell()
        return turn

    async def _round(self) -> float:
        """Make a turn if it is ours to make and due; returns how long to rest, in seconds."""
        try:
            interval = await self._live.value(INTERVAL)
            epoch = await self._leadership.hold(interval=interval)
            rest = interval / LOOKS if epoch is None else await self._lead(epoch, interval)
        except StateError:  # the next call tells of it
            rest = CAUTIOUS
        return rest

    async def _lead(self, epoch: int, interval: float) -> float:
        """Make a turn as the leader if one is due; returns how long to rest, in seconds."""
        async with self._database.snapshot() as connection:
            cycles = await leaders.newest_cycles(connection, limit=MOST_FAILURES)
        now = self._clock()
        if (next_at := due(cycles, interval, now)) > now:
            return min(next_at - now, interval)
        await self._guarded_turn(epoch)
        return max(now + interval - self._clock(), interval / LOOKS)  # a slow machine is not to do nothing else

    async def _guarded_turn(self, epoch: int) -> None:
        """Look at the load, and make a turn if a person lets us; what goes wrong is kept to be seen, and tried again.

        The load is looked at even where learning is off: a pool may be fitted to it.
        """
        try:
            await self._measure()
            if await is_on(self._live):
                await self.turn(epoch)
        except Overtaken:
            _log.info("another process leads the learning cycle by now")
        except StateError:
            raise
        except TremauxError as error:
            _log.warning("learning: %s", error)
            await self._cycle.fail(epoch, str(error))
        except Exception as error:  # noqa: BLE001  a fault of ours is seen in the status, and the loop goes on
            _log.exception("learning")
            await self._cycle.fail(epoch, f"{type(error).__name__}: {shorten(str(error), self._redactor)}")

    async def _measure(self) -> None:
        """Keep how busy the machine is."""
        seen = await anyio.to_thread.run_sync(self._meter.sample)
        if seen is None:
            return
        async with self._database.transaction() as connection:
            workers = sum((await runs.taken(connection)).values())
            sample = LoadSample(self._clock(), seen.cpu_percent, seen.memory_percent, workers)
            await load.put(connection, sample)
            await load.prune(connection, sample.sampled_at - KEPT)

    async def _leave(self) -> None:
        try:
            await self._leadership.leave()
        except StateError:
            _log.info("the lead of the learning cycle runs out by itself")


def failures(cycles: Sequence[Cycle]) -> int:
    """How many turns in a row went wrong; `cycles` come newest first."""
    return next((number for number, cycle in enumerate(cycles) if not cycle.error), len(cycles))


def due(cycles: Sequence[Cycle], interval: float, now: float) -> float:
    """When the next turn is due, in Unix seconds: an interval after the last one began; each failure doubles it.

    Now where the last one seems to come later: the clock was set back.
    """
    if not cycles or cycles[0].started_at > now:
        return now
    return cycles[0].started_at + interval * float(2 ** failures(cycles))
