"""How much work gets done before and after the learning cycle has mended a pool that was set too wide.

The machine should do nothing else meanwhile: what others run beside the workers takes more from three of them than from
twelve, and that is a reason to keep twelve.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import connect
from typing import Any

CORES = 2
TOO_MANY = 12  # workers
INTERVAL = 2.0  # seconds between two cycles
TICKETS = 600
LOOPS = 50_000_000  # of each worker, about 2.5 s of processor time
MEASURED = 30  # runs, after the last trial
LONGEST = 900.0  # seconds for everything
LOOK = 1.0  # seconds between two looks

_LAST = "SELECT status, decided_at FROM delta WHERE target = 'dispatch.max_workers' ORDER BY delta_id DESC LIMIT 1"
_QUIET = "SELECT min(started_at) FROM cycle WHERE started_at > ? AND applied = 0"
_ENDED = "SELECT ended_at FROM run WHERE outcome = 'completed' AND ended_at BETWEEN ? AND ? ORDER BY ended_at"
_FIRST_TRIAL = "SELECT min(applied_at) FROM delta WHERE target = 'dispatch.max_workers'"
_DELTAS = """
    SELECT delta_id, old_value, new_value, replace(status, '_', ' '), reason FROM delta
    WHERE target = 'dispatch.max_workers' AND applied_at IS NOT NULL ORDER BY delta_id"""
_NOW = "SELECT value FROM setting WHERE name = 'dispatch.max_workers'"


def measure(folder: Path) -> Iterator[str]:
    """Throughput before the first trial, and after the last one."""
    yield f"{TOO_MANY} workers on {CORES} cores, each of which computes; a cycle every {INTERVAL:g} s"
    database = folder / "t.db"
    worker = f"exec {sys.executable} -S -E -c 'for _ in range({LOOPS}): pass'"
    tickets = [
        {"id": f"t{at}", "description": "compute", "command": worker, "place": "process", "worktree": False}
        for at in range(TICKETS)
    ]
    _tremaux(database, "settings", "set", "learning.interval", str(INTERVAL))
    _tremaux(database, "settings", "set", "dispatch.max_workers", str(TOO_MANY), "--learnable")
    _tremaux(database, "ticket", "import", "-", stdin=json.dumps(tickets))
    with _dispatching(database):
        quiet = _wait(database)
    first_trial = _one(database, _FIRST_TRIAL)
    if quiet is None or first_trial is None:
        yield f"  no trial has ended within {LONGEST:g} s"
        return
    for number, old, new, status, reason in _rows(database, _DELTAS):
        yield f"  delta {number}: {old} -> {new} {status}; {reason}"
    yield _line("before", str(TOO_MANY), _per_minute(database, 0.0, first_trial))
    yield _line("after", _one(database, _NOW), _per_minute(database, quiet, time.time()))


def _wait(database: Path) -> float | None:
    """Since when no trial was on, once enough runs have ended from then on; None when the time is over."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        time.sleep(LOOK)
        for status, decided_at in _rows(database, _LAST):
            quiet = None if status == "trial" or decided_at is None else _one(database, _QUIET, decided_at)
            if quiet and len(_rows(database, _ENDED, quiet, time.time())) > MEASURED:
                return float(quiet)
    return None


def _per_minute(database: Path, since: float, until: float) -> float:
    ended = [at for (at,) in _rows(database, _ENDED, since, until)]
    return 60.0 * (len(ended) - 1) / (ended[-1] - ended[0])


def _line(when: str, workers: str, per_minute: float) -> str:
    return f"  {when:6} {workers:>3} workers  {per_minute:6.1f} tickets a minute"


@contextmanager
def _dispatching(database: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "tremaux_server", "--db", str(database), "dispatch"]
    with subprocess.Popen(command, cwd=database.parent, stderr=subprocess.DEVNULL) as dispatcher:
        os.sched_setaffinity(dispatcher.pid, sorted(os.sched_getaffinity(0))[:CORES])
        try:
            yield
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
