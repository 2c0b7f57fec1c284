"""Name a process so that another one can tell whether it still lives, also when its number is another's by now."""

import os

import anyio.to_thread

from tremaux_tools.places import family


async def mine() -> str:
    """The name of the process that asks."""
    return f"{os.getpid()}@{await anyio.to_thread.run_sync(family.born, os.getpid())}"


async def is_alive(name: str) -> bool:
    """Whether the process of that name still runs, on this machine and since its last start."""
    pid, _, born = name.partition("@")
    return pid.isdigit() and await anyio.to_thread.run_sync(family.is_alive, int(pid), born)
