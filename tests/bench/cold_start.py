"""How long a client waits for the answer to `initialize`."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.driver import ServerProcess

STARTS = 9  # of each, in turn; the fastest counts, the rest is the machine's noise
TARGET = 1.15
_ROOT = Path(__file__).parents[2]


def measure(folder: Path) -> Iterator[str]:
    """Compare with a server of the bare SDK, by CPU time, which other programs disturb least."""
    commands = {
        "bare": [sys.executable, str(_ROOT / "tests/bench/bare.py")],
        "ours": [sys.executable, "-m", "tremaux_server", "--db", str(folder / "t.db"), "serve"],
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            times[name].append(_start(command, folder))
    cpu = {name: min(cpu for cpu, _ in found) for name, found in times.items()}
    wall = {name: min(wall for _, wall in found) for name, found in times.items()}
    yield f"cold start to `initialize`, CPU: {cpu['ours']:.0f} ms, bare SDK {cpu['bare']:.0f} ms"
    yield f"  wall: {wall['ours']:.0f} ms, bare SDK {wall['bare']:.0f} ms"
    yield f"  ratio {cpu['ours'] / cpu['bare']:.2f}, to be at most {TARGET}"


def _start(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """CPU and wall time of one start, in milliseconds."""
    begun = time.perf_counter()
    server = ServerProcess(command, folder)
    server.handshake()
    wall = time.perf_counter() - begun
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])  # user and system time, proc(5)
    server.kill()
    return 1000 * ticks / os.sysconf("SC_CLK_TCK"), 1000 * wall
