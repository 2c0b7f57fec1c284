"""Read what terminals print and take secrets out of it, long texts beside the event loop.

A program can print what takes a microsecond a byte to read; nobody else shall wait for that.
"""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from tremaux_tools.core.redact import Redacted, Redactor
from tremaux_tools.core.terminal.plain import WIDTH, plain

AT_ONCE = 16 * 1024  # bytes, characters; reading them takes 16 ms at worst, and mostly less than starting a thread
THREADS = anyio.CapacityLimiter(2)  # more would only share one interpreter


T = TypeVar("T")


async def plain_text(data: bytes, width: int = WIDTH) -> str:
    """Read a whole output. A caller that is cancelled leaves at once."""
    return await _beside_the_loop(lambda: plain(data, width=width), len(data))


async def without_secrets(text: str, redactor: Redactor) -> Redacted:
    """Redact a text. A caller that is cancelled leaves at once."""
    return await _beside_the_loop(lambda: redactor.redact(text), len(text))


async def _beside_the_loop(work: Callable[[], T], size: int) -> T:
    if size <= AT_ONCE:
        return work()
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=THREADS)
