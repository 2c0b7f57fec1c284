"""Whether a long journal makes calls slower."""

import sqlite3
import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.bench.round_trip import OUTPUT, start, times

CALLS = 200
SMALL = 100  # attempts at the goal
LARGE = 20_000  # attempts at the goal
ALL = 200_000  # attempts in the database
OTHER_GOALS = 90
TARGET = 2.0
ATTEMPT = {"gate": "fail", "gate_output": OUTPUT, "exit_code": 1, "goal": "g"}


def measure(folder: Path) -> Iterator[str]:
    """Compare a goal of 100 attempts with one of 20,000 among 200,000."""
    medians = {}
    for name, attempts in (("small", SMALL), ("large", LARGE)):
        (folder / name).mkdir()
        server = start(folder / name)
        times(server, "record_attempt", SMALL, **ATTEMPT)
        server.end()
        if name == "large":
            _multiply(folder / name / "t.db", at_goal=attempts)
        server = start(folder / name)
        times(server, "record_attempt", 20, **ATTEMPT)
        for tool, arguments in (("record_attempt", ATTEMPT), ("check_stall", {"goal": "g"})):
            medians[name, tool] = statistics.median(times(server, tool, CALLS, **arguments))
        server.kill()
    yield f"growth from {SMALL} attempts to {LARGE:,} at the goal and {ALL:,} in all, p50"
    for tool in ("record_attempt", "check_stall"):
        small, large = medians["small", tool], medians["large", tool]
        yield f"  {tool:16} {small:6.2f} -> {large:6.2f} ms, ratio {large / small:.2f}, to be at most {TARGET}"


def _multiply(path: Path, *, at_goal: int) -> None:
    """Copy the goal's attempts until there are as many as wanted, the rest at other goals."""
    connection = sqlite3.connect(path)
    names = [row[1] for row in connection.execute("PRAGMA table_info(attempt)")][2:]
    columns = ", ".join(names)
    connection.executemany(
        "INSERT INTO goal (project_id, name, created_at) SELECT project_id, ?, created_at FROM goal WHERE goal_id = 1",
        [(f"other {n}",) for n in range(OTHER_GOALS)],
    )
    each = (ALL - at_goal) // OTHER_GOALS
    for goal_id, wanted in [(1, at_goal), *((2 + n, each) for n in range(OTHER_GOALS))]:
        connection.execute(
            f"""INSERT INTO attempt (goal_id, {columns})
                WITH RECURSIVE copy (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < :copies)
                SELECT :goal_id, {columns} FROM copy
                JOIN (SELECT * FROM attempt WHERE goal_id = 1 ORDER BY attempt_id LIMIT :small)""",
            {"goal_id": goal_id, "copies": wanted // SMALL, "small": SMALL},
        )
    connection.commit()
    connection.close()
