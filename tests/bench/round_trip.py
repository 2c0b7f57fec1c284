"""How long a call takes over stdio, beside a tool of the same server that does nothing."""

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.driver import ServerProcess

CALLS = 500
OUTPUT = "\n".join(
    [
        *(f"tests/test_{n}.py {'.' * 20} [{n * 5:3d}%]" for n in range(20)),
        "=== FAILURES ===",
        "    def test_total():",
        ">       assert total() == 42",
        "E       assert 41 == 42",
        "FAILED tests/test_cart.py::test_total - assert 41 == 42",
        "1 failed, 399 passed in 1.23s",
    ]
)
_ROOT = Path(__file__).parents[2]


def start(folder: Path) -> ServerProcess:
    """Start our server with the tool that does nothing."""
    server = ServerProcess([sys.executable, str(_ROOT / "tests/bench/ours.py"), str(folder)], folder)
    server.handshake()
    return server


def times(server: ServerProcess, tool: str, calls: int, **arguments: Any) -> list[float]:
    """Milliseconds of each call."""
    found = []
    for n in range(calls):
        extra = {"action": f"edit {n}"} if tool == "record_attempt" else {}
        begun = time.perf_counter()
        server.ask("tools/call", {"name": tool, "arguments": arguments | extra})
        found.append(1000 * (time.perf_counter() - begun))
    return found


def told(name: str, found: list[float]) -> str:
    """One line with the median and the 99th percentile."""
    return f"  {name:16} p50 {statistics.median(found):6.2f} ms   p99 {statistics.quantiles(found, n=100)[98]:6.2f} ms"


def measure(folder: Path) -> Iterator[str]:
    """Time the calls an agent makes most."""
    server = start(folder)
    attempt = {"gate": "fail", "gate_output": OUTPUT, "exit_code": 1, "goal": "g"}
    times(server, "record_attempt", 20, **attempt)
    yield f"round trip over stdio, {CALLS} calls each"
    yield told("nothing", times(server, "nothing", CALLS))
    yield told("record_attempt", times(server, "record_attempt", CALLS, **attempt))
    yield told("check_stall", times(server, "check_stall", CALLS, goal="g"))
    yield told("resume_goal", times(server, "resume_goal", CALLS, goal="g"))
    server.kill()
