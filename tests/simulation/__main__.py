"""Measure how fast Tremaux learns what helps, in worlds in which the truth is known.

python -m tests.simulation                            the tables of docs/confidence.md (half a minute)
python -m tests.simulation --svg docs/confidence.svg  its figure
"""

import argparse
from pathlib import Path

from tests.simulation.advisers import Constant, Tremaux
from tests.simulation.plot import draw
from tests.simulation.table import table, trials
from tests.simulation.trial import uplift
from tests.simulation.world import GOING_STALE, SEEDS, world


def main() -> None:
    """Print what is asked for, or write the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write the figure and print nothing")
    asked = parser.parse_args()
    if asked.svg:
        asked.svg.write_text(draw(trials(Constant), trials(Tremaux)), encoding="utf-8")
        return
    for title, share in ((f"{GOING_STALE:.0%} of the learnings go stale", GOING_STALE), ("Nothing changes", 0.0)):
        print(f"{title}:\n", *table(share), "", sep="\n")
    for seed, steps in zip(SEEDS, trials(Tremaux), strict=True):
        print(f"world {seed}: {uplift(steps, world(seed))}")


if __name__ == "__main__":
    main()
