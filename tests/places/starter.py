"""Begin a piece of work and die of SIGKILL: `python -m tests.places.starter KIND HOME NONCE COMMAND`."""

import os
import signal
import sys
from pathlib import Path

import anyio
from tests.engine import BUSYBOX
from tests.places.wiring import wired

from tremaux_tools.place import Work
from tremaux_tools.places import supervised


async def main() -> None:
    kind, home, nonce, command = sys.argv[1:]
    directory = Path(home, "jobs", nonce)
    await supervised.make_directory(directory)
    work = Work(
        nonce=nonce,
        directory=directory,
        argv=("/bin/sh", "-c", command),
        cwd=Path(home, "work"),
        environment={"PATH": os.environ["PATH"]},
        terminal=nonce,
        image=BUSYBOX if kind == "docker" else None,
    )
    async with wired(kind, Path(home)) as (place, _):
        await place.submit(work)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    anyio.run(main)
