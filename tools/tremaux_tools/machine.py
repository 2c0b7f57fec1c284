"""What a terminal needs of the machine its programs run on, be it this host or a container."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Foreground:
    """Who has a terminal right now: the leader of the process group in front."""

    leader: int  #: process id
    program: str  #: its name, as the system calls it
    sleeping: bool  #: it waits for something
    raw: bool | None  #: the terminal hands over each key at once, as line editors want it; None: unknown


class Machine(Protocol):
    """Files and processes beside a terminal, on the machine where its programs run."""

    async def private_directory(self) -> str:
        """A directory of ours that no other user can read, made at the first call."""

    async def write(self, path: str, data: bytes) -> None:
        """Create or replace a file that only its owner can read; parent directories are made."""

    async def read(self, path: str, limit: int) -> bytes | None:
        """The first `limit` bytes of a file; None where there is none."""

    async def remove(self, path: str) -> None:
        """Remove a directory and what is in it; no error where there is none."""

    async def foreground(self, pid: int) -> Foreground | None:
        """Who is in front on the terminal of process `pid`; None when `pid` is gone or it cannot be told."""

    async def kill_session(self, pid: int) -> None:
        """Kill every process of the session that `pid` leads and every descendant of it, at once and for good."""

    async def aclose(self) -> None:
        """Let go of what was opened to reach the machine."""
