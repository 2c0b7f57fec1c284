"""A rule on when a goal is called stalled: as soon as the data can tell, and no sooner."""

from collections.abc import Iterator

from tremaux_tools.core.learning.delta import Proposal
from tremaux_tools.core.learning.rules.change import change, present
from tremaux_tools.core.learning.rules.effect import LEAST_SIDE
from tremaux_tools.core.learning.work import Work, metrics
from tremaux_tools.core.settings.registry import SETTINGS

REPEATS = SETTINGS["stall.repeats"]
MANY_STALLS = 0.3  # of the goals
FORETOLD = 0.9  # of the failures that came so often came once more
TOO_SOON = 0.5  # of the failures that were called a stall ended with the very next pass


def repeats(work: Work) -> Iterator[Proposal]:
    """Many stalls: call them earlier where they could be foretold, later where most were none."""
    rate, runs = metrics(work).get("stall_rate"), work.stalls
    if rate is None or rate.value < MANY_STALLS:
        return
    now = present(work, REPEATS)
    called, ended = runs.runs.get(now, 0), runs.passes.get(now, 0)
    before, again = runs.reached(now - 1), runs.reached(now)
    if called >= LEAST_SIDE and ended >= TOO_SOON * called:
        new, why = now + 1, f"{ended} of {called} failures that were called a stall ended with the very next pass"
    elif before >= LEAST_SIDE and again >= FORETOLD * before:
        new, why = now - 1, f"of {before} failures that came {now - 1} times {again} came once more"
    else:
        return
    yield change(
        work,
        REPEATS,
        new,
        rule="repeats",
        why=f"The stall rate is {rate.value:.0%}; {why}.",
        metric="stall_rate",
        figure=rate,
        effect=None,
        criterion="goals pass no less often",
    )
