"""Tickets under attack: servers, workers and tmux are killed or frozen at random while a graph of tickets runs.

    python -m tests.chaos --tickets 200 --servers 3 --kills 5 --seed 1 --places process,tmux,docker --image bb:1

Each run sleeps and then writes its token, which names ticket and run, to a file. Whatever is killed, each ticket must
end completed, or failed with a reason; the token of the run that completed it must be there exactly once, and that of
no run twice (a worker that is killed after it wrote is run again, and that run writes its own); no process, terminal,
container or file of a run may be left. The graph, the sleeps, the victims and the moments, counted in settled tickets,
come from the seed. The last ticket waits until all attacks are made, however fast the others are.
"""

import argparse
import random
import shlex
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests import leftovers, processes
from tests.driver import ServerProcess

_TICKETS = """
    SELECT name, status, ticket.reason, format('%s.%d:%d', name, ticket_id, epoch) FROM ticket
    LEFT JOIN run USING (ticket_id, run_id)"""
_MOVING = "SELECT EXISTS (SELECT 1 FROM ticket WHERE status IN ('ready', 'in_progress'))"
_SETTLED = "SELECT count(*) FROM ticket WHERE status IN ('completed', 'failed', 'cancelled', 'blocked')"
PROJECT = "project"
TOKENS = "tokens.txt"  # in the project, so that containers can write it
ATTACKED = "attacked"  # a file there, once the last attack is made
POLL = 0.1  # seconds between two looks at how far the graph is
DEADLINE = 1_500.0  # seconds for a whole run
WORKER_KILLS = 0.08  # of the tickets have a worker killed
VICTIM = 10.0  # seconds to wait for a worker that can be killed
FROZEN = 25.0  # seconds that a server is stopped: longer than its lease


@dataclass
class Outcome:
    """What became of a run."""

    statuses: Counter[str]
    attacks: Counter[str]
    runs: int
    lost: int  #: runs that ended with their place or process
    seconds: float
    faults: list[str] = field(default_factory=list)  #: what must not be


def main() -> int:
    """Run chaos as told on the command line; says what became of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=200)
    parser.add_argument("--servers", type=int, default=3)
    parser.add_argument("--kills", type=int, default=5, help="of each server")
    parser.add_argument("--freezes", type=int, default=0, help="of servers, each for longer than a lease")
    parser.add_argument("--tmux-kills", type=int, default=0, help="of the tmux server with all its panes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--places", default="process,tmux")
    parser.add_argument("--image", help="of the engine at DOCKER_HOST, with a shell; for place docker")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tremaux-chaos-") as folder:
        outcome = chaos(
            Path(folder),
            tickets=options.tickets,
            servers=options.servers,
            kills=options.kills,
            freezes=options.freezes,
            tmux_kills=options.tmux_kills,
            seed=options.seed,
            places=options.places.split(","),
            image=options.image,
        )
    print(
        f"{dict(outcome.statuses)}, {outcome.runs} runs, {outcome.lost} of them lost, attacks {dict(outcome.attacks)}, "
        f"{outcome.seconds:.0f} s"
    )
    print("\n".join(outcome.faults) or "no faults")
    return bool(outcome.faults)


def chaos(
    folder: Path,
    *,
    tickets: int,
    servers: int,
    kills: int,
    seed: int,
    freezes: int = 0,
    tmux_kills: int = 0,
    places: Sequence[str] = ("process",),
    image: str | None = None,
) -> Outcome:
    """Run a random graph to its end while each server is killed `kills` times, and some workers."""
    began = time.monotonic()
    run = _Run(folder, random.Random(seed), servers)
    try:
        run.spawn(tickets, places, image)
        run.to_the_end(tickets, run.attacks(tickets, kills, freezes, tmux_kills))
        outcome = run.outcome()
    finally:
        run.close()
    outcome.faults += leftovers.of(folder, run.database)
    outcome.seconds = time.monotonic() - began
    return outcome


class _Run:
    def __init__(self, folder: Path, chance: random.Random, servers: int) -> None:
        self._folder = folder
        self._project = folder / PROJECT
        self._project.mkdir()
        self.database = folder / "t.db"
        self._chance = chance
        self._servers = [self._server() for _ in range(servers)]
        self._frozen: dict[int, float] = {}  #: the servers that are stopped, and until when
        self._attacks: Counter[str] = Counter()

    def _server(self) -> ServerProcess:
        """A server that has been asked something, so that it runs tickets."""
        server = ServerProcess.tremaux(self.database, self._project, "--toolsets", "tickets")
        server.handshake()
        server.call("list_tickets", limit=1)
        return server

    def spawn(self, count: int, places: Sequence[str], image: str | None) -> None:
        """Hand over the graph; its last ticket needs all that no other does, and ends once all attacks are made."""
        tokens = shlex.quote(str(self._project / TOKENS))
        handed: list[dict[str, object]] = []
        leaves = set(range(count - 1))
        for number in range(count):
            is_last = number == count - 1
            needs = self._chance.sample(range(number), k=min(number, self._chance.choice((0, 0, 1, 1, 2, 3))))
            needs = sorted(leaves) if is_last else needs
            leaves -= set(needs)
            work = f"sleep {self._chance.uniform(0.05, 0.6):.2f}"
            work = (
                f"until [ -e {shlex.quote(str(self._project / ATTACKED))} ]; do sleep {POLL}; done" if is_last else work
            )
            place = self._chance.choice(places)
            handed.append(
                {
                    "id": f"t{number}",
                    "description": f"write token {number}",
                    "depends_on": [f"t{need}" for need in needs],
                    "command": f"{work}; echo t{number}.$TREMAUX_RUN >>{tokens}",
                    "place": place,
                    "max_retries": 5,
                    "worktree": False,
                    **({"image": image} if place == "docker" else {}),
                }
            )
        self._servers[0].call("spawn_ticket", tickets=handed)

    def attacks(self, count: int, kills: int, freezes: int, tmux_kills: int) -> list[tuple[float, Callable[[], None]]]:
        """What is done to the run, and when: after how many settled tickets."""
        numbers = range(len(self._servers))
        wanted: list[Callable[[], None]] = [
            *(partial(self._kill_server, number) for number in numbers for _ in range(kills)),
            *(partial(self._freeze_server, self._chance.choice(numbers)) for _ in range(freezes)),
            *([self._kill_tmux] * tmux_kills),
            *([self._kill_worker] * max(1, round(count * WORKER_KILLS))),
        ]
        self._chance.shuffle(wanted)
        moments = sorted(self._chance.uniform(0.02, 0.8) * count for _ in wanted)
        return list(zip(moments, wanted, strict=True))

    def to_the_end(self, count: int, attacks: list[tuple[float, Callable[[], None]]]) -> None:
        """Wait for all tickets, attacking on the way."""
        deadline = time.monotonic() + DEADLINE
        while (settled := self._ask(_SETTLED)) < count or attacks:
            if time.monotonic() > deadline or not self._ask(_MOVING):
                return  # the outcome tells what is left
            while attacks and settled >= attacks[0][0]:
                attacks.pop(0)[1]()
            if not attacks:
                (self._project / ATTACKED).touch()
            for number in [number for number, until in self._frozen.items() if until <= time.monotonic()]:
                self._thaw(number)
            time.sleep(POLL)

    def _kill_server(self, number: int) -> None:
        self._frozen.pop(number, None)
        self._servers[number].kill()
        self._attacks["server killed"] += 1
        self._servers[number] = self._server()

    def _freeze_server(self, number: int) -> None:
        """Stop a server for longer than its lease; others take its runs over, and then it wakes."""
        if number not in self._frozen:
            processes.freeze(self._servers[number].process.pid)
            self._frozen[number] = time.monotonic() + FROZEN
            self._attacks["server frozen"] += 1

    def _thaw(self, number: int) -> None:
        del self._frozen[number]
        processes.thaw(self._servers[number].process.pid)

    def _kill_tmux(self) -> None:
        """Kill the tmux server, and with it all panes; what runs in them does not depend on them."""
        if server := leftovers.tmux_server(self.database):
            processes.kill(server)
            self._attacks["tmux killed"] += 1

    def _kill_worker(self) -> None:
        """Kill one process of a worker, as soon as there is one: its supervisor, its shell or what that runs."""
        deadline = time.monotonic() + VICTIM
        while time.monotonic() < deadline and self._ask(_MOVING):
            if workers := sorted(leftovers.of_workers(self._folder)):
                processes.kill(self._chance.choice(workers))
                self._attacks["worker killed"] += 1
                return
            time.sleep(POLL / 10)

    def _ask(self, question: str) -> int:
        with closing(sqlite3.connect(self.database)) as database:
            ((answer,),) = database.execute(question)
        return int(answer)

    def outcome(self) -> Outcome:
        with closing(sqlite3.connect(self.database)) as database:
            tickets = database.execute(_TICKETS).fetchall()
            ((runs, lost, open_),) = database.execute(
                "SELECT count(*), sum(outcome = 'lost'), sum(state <> 'ended') FROM run"
            )
        written = Counter((self._project / TOKENS).read_text().split())
        faults = [f"{open_} runs have not ended"] if open_ else []
        faults += [f"{token} was written {times} times" for token, times in written.items() if times > 1]
        for name, status, reason, token in tickets:
            if status not in ("completed", "failed") or (status == "failed" and not reason):
                faults.append(f"{name} is {status}: {reason or 'no reason'}")
            if status == "completed" and not written[token]:
                faults.append(f"{name} completed, and its token was not written")
        statuses = Counter(status for _, status, *_ in tickets)
        return Outcome(statuses, self._attacks, runs, lost, 0.0, faults)

    def close(self) -> None:
        for number in list(self._frozen):
            self._thaw(number)
        for server in self._servers:
            with suppress(Exception):
                server.end()


if __name__ == "__main__":
    sys.exit(main())
