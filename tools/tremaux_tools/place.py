"""Where a job runs: the contract that every kind of place keeps.

A place begins a piece of work, tells how it stands, shows what it prints and ends it. It decides nothing: retries,
budgets and approvals are the tickets' business. The work is named by its nonce everywhere, so any process of Tremaux
can ask for it, also one that was started after it began.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from tremaux_tools.core.job import Cause, Typed

__all__ = ["Place", "Resources", "Standing", "Typed", "Work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A command to be run in a place."""

    nonce: str  #: names it; in the environment of all its processes
    directory: Path  #: of its files on this host; made by whoever submits it
    argv: tuple[str, ...]
    cwd: Path  #: on this host; a container sees it under the same path
    environment: Mapping[str, str]
    timeout: float | None = None  #: seconds; None: it may run for ever
    cpus: float | None = None  #: cores that it may keep busy with all its descendants; None: what its place gives
    stdin: Path | None = None  #: a file it reads; None: nothing, or its terminal where it has one
    typed: Typed | None = None  #: only where there is a terminal
    terminal: str = ""  #: name of its terminal, where there is one
    project: str = ""
    image: str | None = None  #: where it runs in a container
    readable: tuple[Path, ...] = ()  #: files and directories it may read beside `cwd`, where it cannot see all


@dataclass(frozen=True, slots=True)
class Resources:
    """What a piece of work used."""

    cpu: float | None = None  #: seconds
    memory: int | None = None  #: bytes, of the largest process or of the container at most


@dataclass(frozen=True, slots=True)
class Standing:
    """How a piece of work stands."""

    state: Literal["unknown", "running", "ended", "lost"]  #: unknown: it never began here, and never will
    exit_code: int | None = None  #: 128 + n for signal n; None: not known
    cause: Cause = ""
    at: float = 0.0  #: when it ended, Unix seconds
    resources: Resources = field(default_factory=Resources)


class Place(Protocol):
    """A kind of place. Every method may raise `PlaceUnavailable`; nothing is then known and nothing was done."""

    async def check(self, *, image: str | None) -> None:
        """Do nothing where work can be submitted.

        Raises:
            PlaceUnavailable: tmux, the engine ... is missing or does not answer.
            UnknownItem: there is no such image.
        """

    async def submit(self, work: Work) -> str:
        """Begin a piece of work; submitted twice it begins once. Cancelled, it has begun whole or not at all.

        Returns what of it cannot be kept here, such as its limit, as a sentence for a person; empty for nothing.
        """

    async def poll(self, nonce: str) -> Standing:
        """How it stands. What had not begun by now never will, whoever submitted it."""

    async def wait(self, nonce: str) -> Standing:
        """Wait until it no longer runs. Cancelling leaves it running."""

    async def tail(self, nonce: str, offset: int) -> bytes:
        """What it printed from a byte offset on, at most a piece of it."""

    async def stop(self, nonce: str) -> None:
        """End it with all its descendants, in a container too."""

    async def clear(self, nonce: str) -> None:
        """Remove what is left of it: its terminal, its container. Its files stay."""

    async def names(self) -> Sequence[str]:
        """The nonces of the work that may still run here."""

    async def aclose(self) -> None:
        """Leave what this process is connected to; the work goes on."""
