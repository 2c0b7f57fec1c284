"""What a large graph of tickets costs before anything is run."""

import statistics
import time
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from tremaux_tools.core.tickets.checks import check_list
from tremaux_tools.core.tickets.graph import check_new, critical_path, draw
from tremaux_tools.core.tickets.ticket import NewTicket, Ticket

LAYERS = 100
WIDTH = 100  # tickets of a layer; each needs two of the layer below
DRAWN = 30  # tickets
ROUNDS = 9


def measure(folder: Path) -> Iterator[str]:
    """Check, follow and draw a graph of 10,000 tickets, beside a mere topological sort of it."""
    needs = {
        f"t{layer}-{at}": tuple(f"t{layer - 1}-{(at + step) % WIDTH}" for step in (0, 1)) if layer else ()
        for layer in range(LAYERS)
        for at in range(WIDTH)
    }
    new = [NewTicket(description="do it", id=name, depends_on=wanted) for name, wanted in needs.items()]
    statuses = dict.fromkeys(needs, "todo")
    kept = [
        Ticket(ticket_id=1, project="/p", root="/p", name=name, description="do it", status="todo", depends_on=wanted)
        for name, wanted in needs.items()
    ]
    yield f"a graph of {len(new):,} tickets, p50 of {ROUNDS}"
    yield f"  {'graphlib alone':16} {_median(lambda: list(TopologicalSorter(needs).static_order())):6.1f} ms"
    yield f"  {'check each':16} {_median(lambda: check_list(new)):6.1f} ms"
    yield f"  {'check the graph':16} {_median(lambda: check_new(new, {})):6.1f} ms"
    yield f"  {'add one to it':16} {_median(lambda: check_new(new[-1:], dict(list(needs.items())[:-1]))):6.1f} ms"
    yield f"  {'critical path':16} {_median(lambda: critical_path(statuses, needs)):6.1f} ms"
    yield f"  {'drawing':16} {_median(lambda: draw(kept, limit=DRAWN)):6.1f} ms"


def _median(work: Callable[[], object]) -> float:
    """Milliseconds of CPU time."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append((time.process_time() - begun) * 1_000)
    return statistics.median(taken)
