"""The beginning of a job: from an order to work that its place has begun, or to nothing at all."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import aiosqlite
import anyio.to_thread

from tremaux_tools import git
from tremaux_tools.core.job import JobRecord, Order, check_command, check_nonce
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.words import safe, storable
from tremaux_tools.errors import BadArgument, PlaceUnavailable, StateError
from tremaux_tools.place import Place, Work
from tremaux_tools.places import supervised
from tremaux_tools.places.family import is_alive
from tremaux_tools.places.files import LOG
from tremaux_tools.store import jobs
from tremaux_tools.store.database import Database

Guard = Callable[[aiosqlite.Connection], Awaitable[None]]
"""Agrees to a start, or raises, in the transaction that stores the job; its row is there already."""

STARTING = 60.0  # seconds that a start may take, with a container to be made; then its starter is frozen
_NONCE_BYTES = 8


class Starts:
    """Begins jobs. The row comes first, together with its directory, then the work.

    Whoever dies in between leaves a trace, and whoever ends the job in between can say there that it never begins.
    """

    def __init__(
        self,
        database: Database,
        *,
        folder: Path,
        places: Mapping[str, Place],
        environment: Mapping[str, str],
        clock: Callable[[], float],
        redactor: Redactor,
    ) -> None:
        self._database = database
        self._folder = folder
        self._places = places
        self._environment = environment
        self._clock = clock
        self._redactor = redactor

    async def store(self, order: Order, guard: Guard | None) -> tuple[JobRecord, bool]:
        """Store a job that begins, and whether it is new; until it has begun, this process sees it through.

        Raises:
            BadArgument: the order makes no sense.
            PlaceUnavailable: its directory cannot be made.
        """
        check_command(order.command)
        if order.place not in self._places:
            raise BadArgument(f"there is no place {order.place!r}", f"Use one of {', '.join(self._places)}.")
        nonce = order.nonce or secrets.token_hex(_NONCE_BYTES)
        check_nonce(nonce)
        for path in (order.root, order.cwd, order.stdin, *order.readable, str(self._folder)):
            if path != storable(path):
                raise BadArgument(
                    f"the path {git.printable(path)!r} cannot be stored", "Use one of printable characters in UTF-8."
                )
        record = await self._record(order, nonce)
        async with self._database.transaction() as connection:
            if order.nonce and (known := await jobs.by_nonce(connection, nonce)):
                return known, False
            job_id = await jobs.insert(connection, record)
            if guard is not None:
                await guard(connection)
            await supervised.make_directory(Path(record.directory))
        assert job_id is not None  # only an import can be there already
        return replace(record, job_id=job_id), True

    async def submit(self, order: Order, record: JobRecord) -> JobRecord:
        """Begin a job that is stored, or take it back.

        Raises:
            BadArgument: the command, its directory or its image makes no sense.
            PlaceUnavailable: it cannot be started there, or somebody has taken it over.
            UnknownItem: there is no such image.
        """
        try:
            note = await self._places[order.place].submit(self._work(order, record))
        except BaseException:
            with suppress(PlaceUnavailable):
                await self._places[order.place].stop(record.nonce)  # by now it cannot begin any more
            await self.forget(record)
            raise
        return await self._watch(replace(record, note=note))

    async def forget(self, record: JobRecord) -> None:
        """Take back a job that did not begin, and cannot."""
        async with self._database.transaction() as connection:
            await jobs.delete(connection, record.job_id)
        await supervised.clear_away(self._places[record.place], Path(record.directory))

    async def is_starting(self, record: JobRecord) -> bool:
        """Whether somebody may just be about to begin a job."""
        if await supervised.has_begun(Path(record.directory)) or self._clock() - record.started_at > STARTING:
            return False
        return record.pid is not None and await anyio.to_thread.run_sync(is_alive, record.pid, record.born)

    async def _record(self, order: Order, nonce: str) -> JobRecord:
        pid, born = await supervised.this_process()
        directory = self._folder / nonce
        return JobRecord(
            job_id=0,
            terminal_id=None,
            project=order.project,
            command=safe(order.command, self._redactor),
            nonce=nonce,
            directory=str(directory),
            log=str(directory / LOG),
            status="running",
            exit_code=None,
            output_bytes=0,
            redactions=0,
            blob_id=None,
            started_at=self._clock(),
            ended_at=None,
            kind="process",
            root=order.root,
            cwd=order.cwd,
            pid=pid,
            born=born,
            timeout=order.timeout,
            goal=order.goal,
            gate=safe(order.gate, self._redactor),
            pattern=order.pattern,
            action=safe(order.action, self._redactor),
            hypothesis=safe(order.hypothesis, self._redactor),
            tree=order.tree,
            client=safe(order.client, self._redactor),
            agent=safe(order.agent, self._redactor),
            place=order.place,
            terminal=order.terminal or (f"t-{nonce}" if order.place != "process" else ""),
            named=bool(order.nonce),
        )

    def _work(self, order: Order, record: JobRecord) -> Work:
        """What the place is told of an order."""
        given = self._environment if order.place != "docker" else {}  # nothing of this host is meant for a container
        return Work(
            nonce=record.nonce,
            directory=Path(record.directory),
            argv=order.argv,
            cwd=Path(order.cwd),
            environment=given if order.environment is None else order.environment,
            timeout=order.timeout,
            cpus=order.cpus,
            stdin=Path(order.stdin) if order.stdin else None,
            typed=order.typed,
            terminal=record.terminal,
            project=order.project,
            image=order.image,
            readable=tuple(map(Path, order.readable)),
        )

    async def _watch(self, record: JobRecord) -> JobRecord:
        """Keep which process sees a job through that has begun, and what is noted of it."""
        pid, born = await supervised.runner(Path(record.directory)) or (record.pid, record.born)
        record = replace(record, pid=pid, born=born)
        with suppress(StateError):  # such as a disk that its log has filled; its directory tells as well
            async with self._database.transaction() as connection:
                await jobs.watch(connection, record)
        return record
