"""The upkeep service: look at the health of the state, make room, and see what this machine offers."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import anyio
import anyio.to_thread

from tremaux_tools.errors import TremauxError
from tremaux_tools.places.cpu_limit import SELF, CannotLimit, CpuLimits
from tremaux_tools.semantic import find_model, install_line
from tremaux_tools.store import blobs, census, documents
from tremaux_tools.store.database import Database
from tremaux_tools.tmux import server as tmux

KEEP_DAYS = 90.0  # of outputs; attempts themselves are never pruned
KEEP_BYTES = 1024**3  # of compressed outputs
_DAY = 86_400.0  # seconds
_UNFIT = "the search index does not fit what it indexes; `tremaux doctor --prune` makes it anew"


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the state."""

    database: Path
    database_bytes: int
    sqlite: str  #: version of the library
    schema: int
    projects: int
    goals: int
    attempts: int
    outputs: int
    output_bytes: int  #: compressed
    damage: tuple[str, ...]  #: what SQLite's integrity checks found; empty when sound


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning took away."""

    outputs: int
    output_bytes: int  #: compressed


@dataclass(frozen=True, slots=True)
class Found:
    """A program that terminals run in, a model or a power of this machine, or why there is none."""

    version: str  #: empty: it cannot be used
    address: str  #: where it was reached; empty for a plain program
    problem: str  #: what is missing and how to get it; empty: nothing


async def find_tmux(environment: Mapping[str, str]) -> Found:
    """The tmux that terminals on this host would use. No server is started."""
    try:
        told = await tmux.usable_version(environment)
        return Found(version=told.removeprefix("tmux "), address="", problem="")
    except TremauxError as error:
        return _missing(error)


async def find_engine(address: str | None) -> Found:
    """The container engine that terminals would use, at `address` or where `docker` finds it. None is started."""
    module = await anyio.to_thread.run_sync(import_module, "tremaux_tools.containers.engine")  # docker's package
    engine = module.Engine(address)
    try:
        return Found(version=await engine.version(), address=await engine.address(), problem="")
    except TremauxError as error:
        return _missing(error)
    finally:
        await engine.aclose()


async def find_semantic(choice: str) -> Found:
    """The model that searches would compare meanings with. It is not loaded."""
    try:
        model = await anyio.to_thread.run_sync(find_model, choice)
    except TremauxError as error:
        return _missing(error)
    if model is None:
        off = "turned off by TREMAUX_SEMANTIC"
        none = f"none is installed, so searches compare words; get one with: {install_line('semantic')}"
        return Found(version="", address="", problem=off if choice == "off" else none)
    return Found(version=model.name, address="", problem="")


async def find_cpu_limits(folder: Path, proc: Path = SELF) -> Found:
    """How workers of this host can be kept to some cores, tried with a group that goes at once.

    `folder` is where the directories of jobs lie; `proc` describes this process.
    """
    try:
        kept = await anyio.to_thread.run_sync(CpuLimits(folder, proc).probe)
    except CannotLimit as error:
        return Found(version="", address="", problem=f"none for workers outside containers: {error}")
    return Found(version=f"cgroup v{kept.version}", address=kept.parent, problem="")


def _missing(error: TremauxError) -> Found:
    return Found(version="", address="", problem=f"{error}. {error.hint}")


class Upkeep:
    """Looks after one database; `clock` gives Unix seconds."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def examine(self) -> Health:
        """Count what is kept and check it for damage.

        Raises:
            StateError: the database cannot be used at all.
        """
        async with self._database.snapshot() as connection:
            counts = await census.count(connection)
            outputs, output_bytes = await blobs.stored(connection)
        damage = await self._database.integrity()
        async with self._database.transaction() as connection:
            damage += [] if await documents.fits(connection) else [_UNFIT]
        status = await anyio.Path(self._database.path).stat()
        return Health(
            database=self._database.path,
            database_bytes=status.st_size,
            sqlite=sqlite3.sqlite_version,
            schema=counts.schema,
            projects=counts.projects,
            goals=counts.goals,
            attempts=counts.attempts,
            outputs=outputs,
            output_bytes=output_bytes,
            damage=tuple(damage),
        )

    async def prune(self, *, keep_days: float = KEEP_DAYS, keep_bytes: int = KEEP_BYTES) -> Pruned:
        """Drop outputs older than `keep_days`, then the oldest beyond `keep_bytes`; the attempts stay.

        The file itself does not shrink; the room is used again. A search index that is damaged is made anew.
        """
        async with self._database.transaction() as connection:
            if not await documents.fits(connection):
                await documents.rebuild(connection)
            count, size = await blobs.stored(connection)
            await blobs.prune(connection, before=self._clock() - keep_days * _DAY, keep_bytes=keep_bytes)
            left, left_size = await blobs.stored(connection)
        return Pruned(count - left, size - left_size)
