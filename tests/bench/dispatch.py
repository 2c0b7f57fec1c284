"""How soon a ticket that is ready runs, and what a move in a large graph costs."""

import os
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import anyio

from tremaux_server.app import App
from tremaux_server.config import Settings
from tremaux_tools.core.tickets.ticket import NewTicket, PlaceName
from tremaux_tools.store import moves, runs, tickets

ROUNDS = 25
LAYERS, WIDTH = 100, 100  # of the large graph; each ticket needs two of the layer below
MOVES = 300


def measure(folder: Path) -> Iterator[str]:
    """Time from ready to a worker's first instruction, beside a mere child process; then a graph of 10,000."""
    return iter(anyio.run(_lines, folder))


async def _lines(folder: Path) -> list[str]:
    return [line async for line in _measured(folder)]


async def _measured(folder: Path) -> AsyncIterator[str]:
    yield f"ready -> first instruction of the worker, ms of {ROUNDS} (p50, worst)"
    yield _line("child process", [_child(folder, number) for number in range(ROUNDS)])
    environment = dict(os.environ) | {"TREMAUX_MAX_WORKERS": "1"}
    settings = Settings.read(environment, database=folder / "latency" / "t.db")
    async with App(settings, dispatches=True) as app:
        places: tuple[PlaceName, ...] = ("process", "tmux")
        for place in places:
            yield _line(f"place {place}", [await _dispatched(app, folder, place, number) for number in range(ROUNDS)])
    async with App(Settings.read(environment, database=folder / "graph" / "t.db")) as app:
        async for line in _large(app, folder):
            yield line


def _child(folder: Path, number: int) -> float:
    out = folder / f"child{number}"
    begun = time.time()
    subprocess.run(["/bin/sh", "-c", _command(out)], check=True)
    return float(out.read_text()) - begun


def _command(out: Path) -> str:
    return f"date +%s.%N >{out}"


async def _dispatched(app: App, folder: Path, place: PlaceName, number: int) -> float:
    out = folder / f"{place}{number}"
    new = NewTicket(description="tell the time", command=_command(out), place=place, worktree=False)
    (ticket,) = (await app.tickets.spawn(folder, [new])).tickets
    await app.tickets.wait(folder, [ticket.name], until="all", timeout=60.0)
    (ready, *_) = (await app.tickets.history(folder, ticket.name)).events
    return float(out.read_text()) - ready.at


async def _large(app: App, folder: Path) -> AsyncIterator[str]:
    new = [
        NewTicket(
            id=f"t{layer}-{at}",
            description="do it",
            command="true",
            place="process",
            depends_on=tuple(f"t{layer - 1}-{(at + step) % WIDTH}" for step in (0, 1)) if layer else (),
        )
        for layer in range(LAYERS)
        for at in range(WIDTH)
    ]
    begun = time.perf_counter()
    await app.tickets.spawn(folder, new)
    yield f"a graph of {len(new):,} tickets: created in {time.perf_counter() - begun:.2f} s"
    taken = []
    for _ in range(MOVES):
        begun = time.perf_counter()
        async with app.services.database.transaction() as connection:
            ready = await runs.next_ready(connection, "[]", now=time.time())
            assert ready is not None
            ticket = await tickets.get(connection, ready.ticket_id)
            began = await moves.move(connection, ticket, replace(ticket, status="in_progress"), by="b", at=time.time())
        async with app.services.database.transaction() as connection:
            middle = time.perf_counter()
            await moves.move(connection, began, replace(began, status="completed"), by="b", at=time.time())
            await runs.next_ready(connection, "[]", now=time.time())
        taken.append(time.perf_counter() - middle)
    yield _line("completion -> next", taken)


def _line(name: str, seconds: list[float]) -> str:
    return f"  {name:18} {statistics.median(seconds) * 1_000:7.1f} {max(seconds) * 1_000:7.1f}"
