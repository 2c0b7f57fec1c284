"""Tickets under attack: servers and workers are killed at random while a graph of tickets runs.

    python -m tests.chaos --tickets 200 --servers 3 --kills 5 --seed 1

Each ticket sleeps and then writes its token to a file. Whatever is killed, each ticket must end completed, or failed
with a reason; each token of a completed ticket must be there exactly once; no process, terminal or container may be
left. The graph, the sleeps, the victims and the moments, counted in settled tickets, come from the seed.
"""

import argparse
import os
import random
import shlex
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests import processes
from tests.driver import ServerProcess

_SETTLED = "SELECT count(*) FROM ticket WHERE status IN ('completed', 'failed', 'cancelled', 'blocked')"
MARK = "TREMAUX_JOB="
PROJECT = "project"
TOKENS = "tokens.txt"
POLL = 0.1  # seconds between two looks at how far the graph is
DEADLINE = 900.0  # seconds for a whole run
LEFTOVER_DEADLINE = 30.0  # seconds for killed processes to be gone
WORKER_KILLS = 0.08  # of the tickets have a worker killed


@dataclass
class Outcome:
    """What became of a run."""

    statuses: Counter[str]
    server_kills: int
    worker_kills: int
    runs: int
    seconds: float
    faults: list[str] = field(default_factory=list)  #: what must not be


def main() -> int:
    """Run chaos as told on the command line; says what became of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=200)
    parser.add_argument("--servers", type=int, default=3)
    parser.add_argument("--kills", type=int, default=5, help="of each server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--places", default="process,tmux")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tremaux-chaos-") as folder:
        outcome = chaos(
            Path(folder),
            tickets=options.tickets,
            servers=options.servers,
            kills=options.kills,
            seed=options.seed,
            places=options.places.split(","),
        )
    print(
        f"{dict(outcome.statuses)}, {outcome.runs} runs, {outcome.server_kills} servers and {outcome.worker_kills} "
        f"workers killed, {outcome.seconds:.0f} s"
    )
    print("\n".join(outcome.faults) or "no faults")
    return bool(outcome.faults)


def chaos(
    folder: Path, *, tickets: int, servers: int, kills: int, seed: int, places: Sequence[str] = ("process",)
) -> Outcome:
    """Run a random graph to its end while each server is killed `kills` times, and some workers."""
    began = time.monotonic()
    run = _Run(folder, random.Random(seed), servers)
    try:
        run.spawn(tickets, places)
        run.to_the_end(tickets, kills)
        outcome = run.outcome()
    finally:
        run.close()
    outcome.faults += _leftovers(folder)
    outcome.seconds = time.monotonic() - began
    return outcome


class _Run:
    def __init__(self, folder: Path, chance: random.Random, servers: int) -> None:
        self._folder = folder
        self._project = folder / PROJECT
        self._project.mkdir()
        self._database = folder / "t.db"
        self._chance = chance
        self._servers = [self._server() for _ in range(servers)]
        self._server_kills = self._worker_kills = 0

    def _server(self) -> ServerProcess:
        """A server that has been asked something, so that it runs tickets."""
        server = ServerProcess.tremaux(self._database, self._project, "--toolsets", "tickets")
        server.handshake()
        server.call("list_tickets", limit=1)
        return server

    def spawn(self, count: int, places: Sequence[str]) -> None:
        tokens = shlex.quote(str(self._folder / TOKENS))
        handed = []
        for number in range(count):
            needs = self._chance.sample(range(number), k=min(number, self._chance.choice((0, 0, 1, 1, 2, 3))))
            handed.append(
                {
                    "id": f"t{number}",
                    "description": f"write token {number}",
                    "depends_on": [f"t{need}" for need in needs],
                    "command": f"sleep {self._chance.uniform(0.05, 0.6):.2f}; echo t{number} >>{tokens}",
                    "place": self._chance.choice(places),
                    "max_retries": 5,
                    "worktree": False,
                }
            )
        self._servers[0].call("spawn_ticket", tickets=handed)

    def to_the_end(self, count: int, kills: int) -> None:
        """Wait for all tickets, killing on the way."""
        attacks = ["server"] * (kills * len(self._servers)) + ["worker"] * max(1, round(count * WORKER_KILLS))
        self._chance.shuffle(attacks)
        victims = [number for number in range(len(self._servers)) for _ in range(kills)]
        self._chance.shuffle(victims)
        moments = sorted(self._chance.uniform(0.02, 0.8) * count for _ in attacks)
        deadline = time.monotonic() + DEADLINE
        while (settled := self._settled()) < count or attacks:
            assert time.monotonic() < deadline, f"{settled} of {count} tickets are settled"
            if attacks and settled >= moments[0]:
                moments.pop(0)
                if attacks.pop() == "server":
                    self._kill_server(victims.pop())
                else:
                    self._kill_worker()
            time.sleep(POLL)

    def _kill_server(self, number: int) -> None:
        self._servers[number].kill()
        self._server_kills += 1
        self._servers[number] = self._server()

    def _kill_worker(self) -> None:
        """Kill one process of a worker: its supervisor, its shell or what that runs."""
        if workers := sorted(_marked(self._folder)):
            processes.kill(self._chance.choice(workers))
            self._worker_kills += 1

    def _settled(self) -> int:
        with closing(sqlite3.connect(self._database)) as database:
            ((count,),) = database.execute(_SETTLED)
        return int(count)

    def outcome(self) -> Outcome:
        with closing(sqlite3.connect(self._database)) as database:
            tickets = database.execute("SELECT name, status, reason FROM ticket").fetchall()
            ((runs,),) = database.execute("SELECT count(*) FROM run")
            ((unended,),) = database.execute("SELECT count(*) FROM run WHERE state <> 'ended'")
        written = Counter((self._folder / TOKENS).read_text().split())
        faults = [f"{unended} runs have not ended"] if unended else []
        for name, status, reason in tickets:
            if status not in ("completed", "failed") or (status == "failed" and not reason):
                faults.append(f"{name} is {status}: {reason or 'no reason'}")
            if status == "completed" and written[name] != 1:
                faults.append(f"{name} completed, and its token was written {written[name]} times")
        statuses = Counter(status for _, status, _ in tickets)
        return Outcome(statuses, self._server_kills, self._worker_kills, runs, 0.0, faults)

    def close(self) -> None:
        for server in self._servers:
            with suppress(Exception):
                server.end()


def _leftovers(folder: Path) -> list[str]:
    """What of a run is still alive, after all its servers have ended."""
    deadline = time.monotonic() + LEFTOVER_DEADLINE
    while (left := _marked(folder)) and time.monotonic() < deadline:
        time.sleep(POLL)
    return [f"process {pid} is left: {_command(pid)}" for pid in left]


def _marked(folder: Path) -> set[int]:
    """The processes of workers: those that inherited a job's mark and this run's directory."""
    return {pid for pid in processes.living() if pid != os.getpid() and _is_of_worker(pid, str(folder))}


def _is_of_worker(pid: int, folder: str) -> bool:
    with suppress(OSError):
        environment = (processes.PROC / str(pid) / "environ").read_bytes().split(b"\0")
        return any(entry.startswith(MARK.encode()) for entry in environment) and any(
            folder.encode() in entry for entry in environment
        )
    return False


def _command(pid: int) -> str:
    with suppress(OSError):
        return (processes.PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return "gone"


if __name__ == "__main__":
    sys.exit(main())
