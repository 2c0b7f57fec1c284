"""See trials to their end, and guard what was kept. All in the caller's transaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

import aiosqlite

from tremaux_tools.core.learning.delta import Delta
from tremaux_tools.core.learning.guard import GUARDED_TASKS, guarded, is_alarm, rate_to_guard
from tremaux_tools.core.learning.trial import Arm, judge_trial
from tremaux_tools.core.settings import SETTINGS
from tremaux_tools.learning.targets import Target
from tremaux_tools.store import deltas, exposures
from tremaux_tools.store.exposures import Ended

DAY = 86_400.0  # seconds
LONGEST = 30 * DAY  # seconds of a trial; what nobody works with in that time proves nothing any more
PATIENCE = 7 * DAY  # seconds for which a goal that goes on holds up those that began after it


class Trials:
    """Judges trials. `target_of` gives the kind of target that a type of delta has, `clock` Unix seconds."""

    def __init__(self, target_of: Callable[[str], Target], *, clock: Callable[[], float]) -> None:
        self._target_of = target_of
        self._clock = clock

    async def judge(self, connection: aiosqlite.Connection) -> list[Delta]:
        """Keep or roll back the trials that have shown enough; returns those that ended, as they stand now."""
        ended = [delta for delta in await deltas.trials(connection) if await self._judge(connection, delta)]
        return await _as_they_are(connection, ended)

    async def watch(self, connection: aiosqlite.Connection) -> list[Delta]:
        """Roll back what was kept and hurts now; returns those, as they stand now."""
        alarmed = [delta for delta in await deltas.guarded(connection) if await self._watch(connection, delta)]
        return await _as_they_are(connection, alarmed)

    async def roll_back(
        self,
        connection: aiosqlite.Connection,
        delta: Delta,
        *,
        reason: str,
        figures: Mapping[str, Any] | None = None,
    ) -> None:
        """Take a delta back, on trial or kept, and guard again what was kept there before it."""
        target = self._target_of(delta.type)
        await target.roll_back(connection, delta, reason)
        await deltas.move(connection, delta, "rolled_back", reason=reason, figures=figures, at=self._clock())
        await exposures.forget_open(connection, delta.delta_id)
        earlier = await deltas.newest_kept(connection, delta.target) if delta.status == "trial" else None
        if earlier and earlier.guard_rate is not None and await target.holds(connection, earlier):
            await deltas.set_guard(connection, earlier.delta_id, 0.0)

    async def _judge(self, connection: aiosqlite.Connection, delta: Delta) -> bool:
        """Look at one trial; whether it has ended."""
        ended = await exposures.ended(connection, delta.delta_id, since=self._clock() - PATIENCE)
        before = _arm_before(delta.figures)
        new, old = (_arm(task for task in ended if task.is_new is is_new) for is_new in (True, False))
        setting = SETTINGS.get(delta.target)
        judgement = judge_trial(
            new,
            old,
            before,
            measures=setting.judged_by if setting else frozenset(),
            looked_at=delta.figures.get("looked_at", 0),
        )
        figures = {**delta.figures, **_figures(new, old), **asdict(judgement), "looked_at": new.tasks}
        if judgement.decision == "roll_back":
            await self.roll_back(connection, delta, reason=judgement.why, figures=figures)
        elif judgement.decision == "keep":
            await self._keep(connection, delta, judgement.why, figures, guard_rate=rate_to_guard(old, before))
        elif delta.applied_at is not None and self._clock() - delta.applied_at > LONGEST:
            reason = f"only {len(ended)} tasks ended within {LONGEST / DAY:.0f} days: too few to say"
            await self.roll_back(connection, delta, reason=reason, figures=figures)
        else:
            await deltas.set_figures(connection, delta.delta_id, figures)
            return False
        return True

    async def _keep(
        self, connection: aiosqlite.Connection, delta: Delta, reason: str, figures: dict[str, Any], *, guard_rate: float
    ) -> None:
        await self._target_of(delta.type).keep(connection, delta)
        now = self._clock()
        await deltas.move(connection, delta, "kept", reason=reason, figures=figures, guard_rate=guard_rate, at=now)
        # What was not judged, since goals before it go on, is left to the guard.
        await exposures.count_all(connection, delta.delta_id, since=now - PATIENCE)

    async def _watch(self, connection: aiosqlite.Connection, delta: Delta) -> bool:
        """Add up what came of the tasks since the last look; whether it was too bad."""
        assert delta.guard is not None
        assert delta.guard_rate is not None  # both are set when a delta is kept
        total, seen = delta.guard, int(delta.figures.get("guarded_tasks", 0))
        since = self._clock() - PATIENCE
        for task in await exposures.uncounted(connection, delta.delta_id, since=since):
            seen += 1
            total = guarded(total, delta.guard_rate, passed=task.passed)
            if is_alarm(total):
                figures = {**delta.figures, "guarded_tasks": seen, "guard_sum": total}
                reason = (
                    f"within {seen} tasks after it was kept fewer passed than the {delta.guard_rate:.0%} "
                    "with the old value"
                )
                await self.roll_back(connection, delta, reason=reason, figures=figures)
                return True
        await exposures.count_all(connection, delta.delta_id, since=since)
        await deltas.set_guard(connection, delta.delta_id, total if seen < GUARDED_TASKS else None)
        await deltas.set_figures(connection, delta.delta_id, {**delta.figures, "guarded_tasks": seen})
        return False


def _arm(tasks: Iterable[Ended]) -> Arm:
    seen = list(tasks)
    passed = sum(task.passed for task in seen)
    return Arm(
        passed=passed,
        failed=len(seen) - passed,
        seconds=tuple(task.seconds for task in seen if task.seconds is not None),
        costs=tuple(task.cost for task in seen if task.cost is not None),
    )


def _arm_before(figures: Mapping[str, Any]) -> Arm:
    """The tasks before the trial, as they were kept when it began."""
    kept = figures.get("before", {})
    passed, tasks = kept.get("passed", 0), kept.get("tasks", 0)
    return Arm(passed, tasks - passed, tuple(kept.get("seconds", ())), tuple(kept.get("costs", ())))


def _figures(new: Arm, old: Arm) -> dict[str, Any]:
    return {name: {"passed": arm.passed, "tasks": arm.tasks} for name, arm in (("new", new), ("old", old))}


async def _as_they_are(connection: aiosqlite.Connection, known: Iterable[Delta]) -> list[Delta]:
    found = [await deltas.get(connection, delta.delta_id) for delta in known]
    return [delta for delta in found if delta is not None]
