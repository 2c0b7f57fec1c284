"""The container of a job, as its supervisor sees it: what it used, and its end.

The supervisor removes it before it tells how the job ended: whatever still runs inside ends with it.
"""

from contextlib import suppress
from typing import Any

from tremaux_tools.containers import wire


def used(engine: str, container: str) -> tuple[float | None, int | None]:
    """The processor time in seconds and the most memory in bytes of a running container; None: not known."""
    told: dict[str, Any] = {}
    with suppress(wire.Refused, OSError, ValueError):
        told = wire.ask(engine, f"/containers/{container}/stats?stream=false&one-shot=true") or {}
    cpu = (told.get("cpu_stats") or {}).get("cpu_usage", {}).get("total_usage")
    memory = told.get("memory_stats") or {}
    return None if cpu is None else cpu / 1e9, memory.get("max_usage", memory.get("usage"))


def remove(engine: str, container: str) -> None:
    """End all that runs in a container; where the engine does not answer, whoever clears up after the job will."""
    with suppress(wire.Refused, OSError, ValueError):
        wire.delete(engine, f"/containers/{container}?force=1&v=1")
