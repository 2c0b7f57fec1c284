"""The pool is as wide as settings say at that moment, as the machine bears, and as the work deserves."""

import time
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from tests import trials
from tests.dispatch.conftest import PATIENCE, Process, new, settled

from tremaux_server.app import App
from tremaux_tools.core.settings.registry import FALLBACK_THRESHOLD, MAX_WORKERS, STRATEGY
from tremaux_tools.core.tickets.ticket import Run
from tremaux_tools.store import exposures, load, tickets
from tremaux_tools.store.load import LoadSample

pytestmark = pytest.mark.anyio


async def hand_over(app: App, project: Path, names: Sequence[str], command: str) -> None:
    await app.tickets.spawn(project, [new(id=name, command=command, max_retries=0) for name in names])


async def runs_of(app: App, project: Path, *names: str) -> list[Run]:
    """The runs of some tickets once they are settled, as they were claimed."""
    await settled(app, project, *names)
    async with app.services.database.snapshot() as connection:
        found = [run for ticket in await tickets.named(connection, str(project), names) if (run := ticket.run)]
    return sorted(found, key=lambda run: run.claimed_at or 0.0)


async def looked(app: App, *, memory: float) -> None:
    """Note how busy the machine is."""
    async with app.services.database.transaction() as connection:
        await load.put(connection, LoadSample(time.time(), cpu_percent=10.0, memory_percent=memory, workers=4))


async def test_fewer_workers_run_as_soon_as_another_process_says_so(app: App, process: Process, project: Path) -> None:
    begun = project / "begun"
    await hand_over(app, project, ["a", "b"], f"echo begun >>{begun}; until [ -e {project}/go ]; do sleep 0.02; done")
    with anyio.fail_after(PATIENCE):
        while not begun.exists() or len(begun.read_text().split()) < 2:
            await anyio.sleep(0.02)
    async with process(dispatches=False) as other:
        await other.live_settings.set(MAX_WORKERS.name, "1")
    names = [f"t{number}" for number in range(4)]
    await hand_over(app, project, names, "true")
    (project / "go").touch()

    assert [run.workers for run in await runs_of(app, project, "a", "b")] == [1, 2]
    assert [run.workers for run in await runs_of(app, project, *names)] == [1, 1, 1, 1]


async def test_a_place_has_its_own_bound_whatever_the_settings_say(process: Process, project: Path) -> None:
    async with process(TREMAUX_MAX_WORKERS_PROCESS="1") as app:
        await app.live_settings.set(MAX_WORKERS.name, "3")
        await hand_over(app, project, ["a", "b", "c"], "true")

        assert [run.workers for run in await runs_of(app, project, "a", "b", "c")] == [1, 1, 1]


async def test_what_the_environment_says_holds_for_its_process(process: Process, project: Path) -> None:
    async with process(dispatches=False) as other:
        await other.live_settings.set(MAX_WORKERS.name, "3")
    async with process(TREMAUX_MAX_WORKERS="1") as app:
        await hand_over(app, project, ["a", "b", "c"], "true")

        assert [run.workers for run in await runs_of(app, project, "a", "b", "c")] == [1, 1, 1]


async def test_sequential_runs_one_at_a_time(app: App, project: Path) -> None:
    await app.live_settings.set(STRATEGY.name, "sequential")
    await hand_over(app, project, ["a", "b", "c"], "true")

    assert [run.workers for run in await runs_of(app, project, "a", "b", "c")] == [1, 1, 1]


async def test_adaptive_shrinks_while_the_machine_is_full_and_grows_back(app: App, project: Path) -> None:
    await app.live_settings.set(STRATEGY.name, "adaptive")
    await looked(app, memory=95.0)
    full = [f"full{number}" for number in range(5)]
    await hand_over(app, project, full, "true")
    narrow = [run.workers for run in await runs_of(app, project, *full)]
    await looked(app, memory=20.0)
    free = [f"free{number}" for number in range(5)]
    await hand_over(app, project, free, "sleep 0.1")
    wide = [run.workers or 0 for run in await runs_of(app, project, *free)]

    assert max(narrow) == 2
    assert wide[:3] == [1, 2, 3]
    assert 4 not in wide[:4]  # it grows by one a round, from where it stood


async def test_workers_run_alone_after_failures_until_enough_pass_again(app: App, project: Path) -> None:
    await app.live_settings.set(FALLBACK_THRESHOLD.name, "0.6")
    failing = [f"bad{number}" for number in range(5)]
    await hand_over(app, project, failing, "exit 1")
    await settled(app, project, *failing)
    passing = [f"good{number}" for number in range(10)]
    await hand_over(app, project, passing, "sleep 0.1")
    after = [run.workers or 0 for run in await runs_of(app, project, *passing)]
    told = [event.reason for event in (await app.tickets.history(project, "good0")).events]

    assert after[:7] == [1] * 7  # 7 of the newest 10: one more than the threshold asks for
    assert max(after[7:]) > 1
    assert [reason for reason in told if reason.startswith("run one at a time: 0 of the newest 5 runs passed")]


async def test_both_arms_of_a_trial_share_the_time_in_which_anything_ran(app: App, project: Path) -> None:
    delta_id = await trials.begin(app.services.database, MAX_WORKERS.name, 2)
    names = [f"t{number}" for number in range(15)]
    await hand_over(app, project, names, "true")
    runs = await runs_of(app, project, *names)
    async with app.services.database.snapshot() as connection:
        ended = await exposures.ended(connection, delta_id)

    assert (len(ended), {each.is_new for each in ended}) == (15, {True, False})
    assert all(each.passed for each in ended)
    assert sum(each.seconds or 0.0 for each in ended) == pytest.approx(_busy(runs), abs=0.01)


def _busy(runs: Sequence[Run]) -> float:
    """How long any of them ran, in seconds."""
    busy = until = 0.0
    for run in sorted(runs, key=lambda each: each.started_at or 0.0):
        assert run.started_at
        assert run.ended_at
        busy += max(run.ended_at - max(run.started_at, until), 0.0)
        until = max(until, run.ended_at)
    return busy
