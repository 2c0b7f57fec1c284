"""The figures of docs/confidence.md."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from statistics import fmean

from tests.simulation.advisers import Adviser, Constant, Curious, Incurious, PriorOfAll, Thompson, Tremaux
from tests.simulation.trial import Step, brier, calibration_error, pass_rate, regret, run
from tests.simulation.world import GOING_STALE, SEEDS, world

ADVISERS: dict[str, Callable[[], Adviser]] = {
    "constant 0.85": Constant,
    "**Tremaux**": Tremaux,
    "… no bonus for what is little known": Incurious,
    "… twice the bonus": Curious,
    "… Thompson sampling": Thompson,
    "… nothing is forgotten": lambda: Tremaux(half_life=0),
    "… prior: the rate of all tasks": PriorOfAll,
    "… prior: 0.65, the truth here": lambda: Tremaux(prior=0.65),
    "… prior: 0.85": lambda: Tremaux(prior=0.85),
}

HEADER = (
    "| | Brier | calibration error | regret | in the first 500 | in the last 500 | pass rate |\n"
    "|---|---|---|---|---|---|---|"
)
QUARTER = 500  # recommendations


def trials(adviser: Callable[[], Adviser], *, going_stale: float = GOING_STALE) -> list[list[Step]]:
    """The steps of a new adviser in each world."""
    return [run(adviser(), world(seed, going_stale=going_stale)) for seed in SEEDS]


def row(name: str, runs: Sequence[Sequence[Step]]) -> str:
    """A line of the table: means over all worlds."""
    figures = (
        f"{fmean(map(brier, runs)):.3f}",
        f"{fmean(map(calibration_error, runs)):.3f}",
        f"{fmean(map(regret, runs)):.3f}",
        f"{fmean(regret(steps[:QUARTER]) for steps in runs):.3f}",
        f"{fmean(regret(steps[-QUARTER:]) for steps in runs):.3f}",
        f"{100 * fmean(map(pass_rate, runs)):.1f} %",
    )
    return f"| {name} | {' | '.join(figures)} |"


def table(going_stale: float) -> Iterator[str]:
    """The whole table, line by line."""
    return chain([HEADER], (row(name, trials(new, going_stale=going_stale)) for name, new in ADVISERS.items()))
