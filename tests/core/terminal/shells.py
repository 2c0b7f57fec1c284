"""Real programs for the tests of terminals, and streams cut into pieces."""

import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest

Found = TypeVar("Found")
PATIENCE = 10.0  # seconds that a real program may take


def program(name: str) -> str:
    """The path of a program; without it the test is skipped."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def pieces_of(stream: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Cut a stream at the given offsets."""
    edges = [0, *sorted(cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


class Keyboard:
    """The person's side of a pseudo-terminal: types, and reads all that comes."""

    def __init__(self, side: int) -> None:
        self.seen = b""
        self._side = side
        self._selector = selectors.DefaultSelector()
        self._selector.register(side, selectors.EVENT_READ)

    def type(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._side, data) :]

    def wait(self, find: Callable[[bytes], Found | None]) -> Found:
        """Read until `find` finds something in all that was seen."""
        end = time.monotonic() + PATIENCE
        while (found := find(self.seen)) is None:
            assert self._selector.select(end - time.monotonic()), self.seen[-2_000:]
            self.seen += os.read(self._side, 65_536)
        return found

    def wait_for(self, text: bytes, *, times: int = 1) -> None:
        self.wait(lambda seen: True if seen.count(text) >= times else None)

    def close(self) -> None:
        self._selector.close()
        os.close(self._side)


@contextmanager
def terminal(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Iterator[Keyboard]:
    """Run a program on a pseudo-terminal that is its controlling one."""
    ours, theirs = os.openpty()
    # The first terminal a session leader opens becomes its controlling one.
    opened = ["/bin/sh", "-c", 'exec "$@" <>"$0" >&0 2>&0', os.ttyname(theirs), program(command[0]), *command[1:]]
    process = subprocess.Popen(opened, cwd=cwd, env=env, start_new_session=True)
    keyboard = Keyboard(ours)
    try:
        yield keyboard
    finally:
        os.close(theirs)
        keyboard.close()  # hangs up
        process.kill()
        process.wait(PATIENCE)
