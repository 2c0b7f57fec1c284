"""How much work gets done with a pool that was set too wide, and with what the learning cycle made of it.

The machine should do nothing else meanwhile: what others run beside the workers takes more from three of them than from
twelve, and that is a reason to keep twelve.

A shared machine is not equally fast in two rounds: one loop may take up to a third more processor time than the same
a minute before. So tickets a minute are compared, and what no change of speed bears on: how much of the processors'
time went to the workers' own loops.
"""

import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import connect
from typing import Any

CORES = 2
TOO_MANY = 12  # workers
INTERVAL = 2.0  # seconds between two cycles
TICKETS = 600
LOOPS = 50_000_000  # of each worker, 1.1 to 2.5 s of processor time
LONGEST = 900.0  # seconds for the cycle to find the width
ROUNDS = 10  # each with both widths
MEASURED = 36  # tickets for each width in a round
LOOK = 1.0  # seconds between two looks

_LAST = "SELECT status, decided_at FROM delta WHERE target = 'dispatch.max_workers' ORDER BY delta_id DESC LIMIT 1"
_QUIET = "SELECT min(started_at) FROM cycle WHERE started_at > ? AND applied = 0"
_DELTAS = """
    SELECT delta_id, old_value, new_value, replace(status, '_', ' '), reason FROM delta
    WHERE target = 'dispatch.max_workers' AND applied_at IS NOT NULL ORDER BY delta_id"""
_NOW = "SELECT value FROM setting WHERE name = 'dispatch.max_workers'"
_RUNS = (
    "SELECT min(started_at), max(ended_at), count(*), avg(ended_at - claimed_at) FROM run WHERE outcome = 'completed'"
)


@dataclass(frozen=True)
class Round:
    """What was seen of the tickets of one width in one round."""

    per_minute: float  #: tickets
    each: float  #: seconds from the claim of a ticket to its end
    at_work: float  #: share of the processors' time that the workers' own loops had


def measure(folder: Path) -> Iterator[str]:
    """Let the cycle find the width; then compare it with the one before, in turn."""
    yield f"{TOO_MANY} workers on {CORES} cores, each of which computes; a cycle every {INTERVAL:g} s"
    database = folder / "learning.db"
    _prepare(database, TOO_MANY, TICKETS, "--learnable")
    _tremaux(database, "settings", "set", "learning.interval", str(INTERVAL))
    with _dispatching(database):
        has_settled = _wait(database)
    if not has_settled:
        yield f"  no trial has ended within {LONGEST:g} s"
        return
    for number, old, new, status, reason in _rows(database, _DELTAS):
        yield f"  delta {number}: {old} -> {new} {status}; {reason}"
    widths = {"before": TOO_MANY, "after": int(_one(database, _NOW))}
    seen: dict[str, list[Round]] = {name: [] for name in widths}
    for number in range(ROUNDS):
        for name in sorted(widths, reverse=number % 2 == 0):
            seen[name].append(_round(folder / f"{name}{number}.db", widths[name]))
    for name, rounds in seen.items():
        yield _line(name, widths[name], rounds)
    for what, figure in (("tickets a minute", "per_minute"), ("processors at work", "at_work")):
        ratios = [
            getattr(after, figure) / getattr(before, figure) for before, after in zip(*seen.values(), strict=True)
        ]
        yield (
            f"  {what}, after / before: median {statistics.median(ratios):.3f};"
            f" a round each: {', '.join(f'{ratio:.3f}' for ratio in sorted(ratios))}"
        )


def _wait(database: Path) -> bool:
    """Wait until the cycle has decided on a width, and has nothing more to say to it."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        time.sleep(LOOK)
        for status, decided_at in _rows(database, _LAST):
            if status != "trial" and decided_at is not None and _one(database, _QUIET, decided_at):
                return True
    return False


def _round(database: Path, workers: int) -> Round:
    _prepare(database, workers, MEASURED)
    _tremaux(database, "settings", "set", "learning.enabled", "off")
    with _dispatching(database, "--until-idle") as dispatcher:
        dispatcher.wait()
    ((first, last, count, each),) = _rows(database, _RUNS)
    computed = sum(float(line) for line in _computed(database).read_text().splitlines())
    return Round(60.0 * count / (last - first), each, computed / (last - first) / len(_chosen()))


def _computed(database: Path) -> Path:
    """Where each worker adds a line: the seconds of processor time that its loop took."""
    return database.with_suffix(".computed")


def _line(name: str, workers: int, rounds: Sequence[Round]) -> str:
    per_minute, each, at_work = (
        statistics.median(getattr(seen, figure) for seen in rounds) for figure in ("per_minute", "each", "at_work")
    )
    return (
        f"  {name:6} {workers:>3} workers  {per_minute:5.1f} tickets a minute, {each:5.1f} s for each,"
        f" processors at work {at_work:.1%}"
    )


def _chosen() -> list[int]:
    return sorted(os.sched_getaffinity(0))[:CORES]


def _prepare(database: Path, workers: int, count: int, *how: str) -> None:
    """Make a database with tickets that compute, and a pool so wide."""
    loop = f"for _ in range({LOOPS}): pass\nimport time; print(time.process_time())"
    worker = f"exec {sys.executable} -S -E -c {shlex.quote(loop)} >>{shlex.quote(str(_computed(database)))}"
    tickets = [
        {"id": f"t{at}", "description": "compute", "command": worker, "place": "process", "worktree": False}
        for at in range(count)
    ]
    _tremaux(database, "settings", "set", "dispatch.max_workers", str(workers), *how)
    _tremaux(database, "ticket", "import", "-", stdin=json.dumps(tickets))


@contextmanager
def _dispatching(database: Path, *how: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tremaux_server", "--db", str(database), "dispatch", *how]
    with subprocess.Popen(command, cwd=database.parent, stderr=subprocess.DEVNULL) as dispatcher:
        os.sched_setaffinity(dispatcher.pid, _chosen())
        try:
            yield dispatcher
        finally:
            dispatcher.terminate()


def _tremaux(database: Path, *words: str, stdin: str = "") -> None:
    command = [sys.executable, "-m", "tremaux_server", "--db", str(database), *words]
    subprocess.run(command, cwd=database.parent, input=stdin, text=True, capture_output=True, check=True)


def _rows(database: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()


def _one(database: Path, query: str, *values: Any) -> Any:
    return next((row[0] for row in _rows(database, query, *values)), None)
