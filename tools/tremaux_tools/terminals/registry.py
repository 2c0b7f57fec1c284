"""Which terminals there are: their rows, this process's connections to them, opening, joining and closing."""

import secrets
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from tremaux_tools import git
from tremaux_tools.core.job import JOB_PREFIX
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.terminal.records import TerminalRecord
from tremaux_tools.core.terminal.values import Opening, Terminal
from tremaux_tools.errors import BadArgument, PlaceUnavailable, TerminalError, TerminalGone, UnknownItem
from tremaux_tools.store import terminals
from tremaux_tools.store.database import Database
from tremaux_tools.terminals.connect import Connector
from tremaux_tools.terminals.foreign import ForeignSessions, is_foreign
from tremaux_tools.terminals.jobs import Jobs
from tremaux_tools.terminals.live import Live

MAX_OPEN = 64  # terminals at once
IDLE_LIMIT = 24 * 3600.0  # seconds without use after which a terminal is closed
USE_NOTED = 60.0  # seconds between two notes in the database that a terminal is used
_SESSION_BYTES = 5
_EPOCH_BYTES = 2


@dataclass(slots=True)
class Known:
    """A terminal that this process is connected to."""

    record: TerminalRecord
    live: Live
    epoch: str  #: names this connection in marks: offsets of another one mean nothing here


class Registry:
    """The terminals of one database. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        connector: Connector,
        foreign: ForeignSessions,
        jobs: Jobs,
        *,
        own_pane: tuple[str, str] | None,
        clock: Callable[[], float],
        redactor: Redactor,
    ) -> None:
        """`own_pane` is the tmux socket and pane that this process itself runs in."""
        self._database = database
        self._connector = connector
        self._foreign = foreign
        self._jobs = jobs
        self._own_pane = own_pane
        self._clock = clock
        self._redactor = redactor
        self._known: dict[str, Known] = {}
        self._joining: dict[str, anyio.Lock] = {}

    async def open(self, opening: Opening, *, project: str, joins: bool = True) -> Terminal:
        """Open a terminal; who does not join it at once does so when it is asked for.

        Raises:
            BadArgument: an argument makes no sense, or the name is taken.
            PlaceUnavailable: tmux or the container engine is missing.
            UnknownItem: there is no such image or container.
        """
        await self._check(opening)
        await self._reap()
        record = await self._connector.prepare(
            self._record(opening, str((await git.find_project(Path(project))).path)), opening
        )
        live = None
        try:
            record = await self._insert(record)
            live = await self._connector.start(record, opening)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._connector.destroy(record, live)
                await self._forget(record, None)
            raise
        if joins:
            self._known[record.name] = _known(record, live)
        told = await self._describe(record, live)
        if not joins:
            await live.close()
        return told

    async def find(self, target: str) -> Known:
        """The terminal of that name, or the one a job runs in, connected to.

        Raises:
            UnknownItem: there is none.
            TerminalGone: it vanished before this process saw it.
            PlaceUnavailable: its container or tmux cannot be reached.
        """
        if target.startswith(JOB_PREFIX):
            target = (await self._stored(target)).name
        known = self._known.get(target)
        if known is not None and known.live.is_lost:
            known = await self._still_open(known)
        if known is None:
            known = await self._join(await self._stored(target))
        await self._note_use(known)
        return known

    async def writable(self, target: str) -> Known:
        """The same, if something may be typed into it.

        Raises:
            BadArgument: it is a person's session that may only be read, or the one we run in.
            TerminalGone: its program has ended.
        """
        known = await self.find(target)
        name = known.record.name
        if is_foreign(known.record):
            await self._foreign.check_write(known.record)
        if self._is_own(known.record, known.live):
            raise BadArgument(f"terminal {name!r} is the one this server runs in", "Open another with open_session.")
        if ended := await known.live.end():
            told = "" if ended.exit_code is None else f" with exit code {ended.exit_code}"
            raise TerminalGone(f"terminal {name!r} has ended{told}")
        return known

    async def by_id(self, terminal_id: int) -> TerminalRecord | None:
        """A terminal, open or closed, by its number."""
        async with self._database.snapshot() as connection:
            return await terminals.get(connection, terminal_id)

    async def reach(self, record: TerminalRecord) -> Live | None:
        """The connection to a terminal; None when it is gone or cannot be reached."""
        try:
            return (await self.find(record.name)).live
        except (TerminalError, PlaceUnavailable, UnknownItem):
            return None

    async def list_open(self) -> Sequence[Terminal]:
        """All open terminals, the oldest first, then the sessions that a person allowed."""
        async with self._database.snapshot() as connection:
            records = await terminals.list_open(connection)
        records += await self._foreign.list_sessions()
        found: dict[str, Terminal] = {}

        async def survey(record: TerminalRecord) -> None:
            found[record.session] = await self._survey(record)

        async with anyio.create_task_group() as tasks:  # one in a paused container must not hold up the others
            for record in records:
                tasks.start_soon(survey, record)
        return [found[record.session] for record in records]

    async def close(self, target: str) -> Terminal:
        """End a terminal with every process of its session, and its container if we made it.

        Raises:
            BadArgument: it is a person's session, or the one we run in.
            UnknownItem: there is none.
            PlaceUnavailable: it cannot be reached, and is not in a container that we made; it stays open.
        """
        record = await self._stored(target)
        if is_foreign(record):
            raise BadArgument(f"session {record.name!r} is a person's", "Tremaux closes only what it opened.")
        live = await self._reach_to_close(record)
        if live and self._is_own(record, live):
            raise BadArgument(f"terminal {record.name!r} is the one this server runs in", "Close it from outside.")
        told = await self._describe(record, live)
        await self._end(record, live, told.exit_code)
        return replace(told, alive=False)

    async def attach(self, target: str) -> list[str]:
        """The command that shows a terminal to a person."""
        return self._connector.person_command((await self.find(target)).record)

    async def leave(self) -> None:
        """Let go of all connections; the terminals go on."""
        for known in self._known.values():
            await known.live.close()
        self._known.clear()
        await self._connector.aclose()

    def _is_own(self, record: TerminalRecord, live: Live) -> bool:
        return (record.socket, live.pane) == self._own_pane

    async def _reach_to_close(self, record: TerminalRecord) -> Live | None:
        try:
            return (await self.find(record.name)).live
        except (TerminalError, UnknownItem):
            return None
        except PlaceUnavailable:
            if not record.made:
                raise
            return None  # its container goes, whatever state it is in

    async def _survey(self, record: TerminalRecord) -> Terminal:
        try:
            return await self._describe(record, (await self.find(record.name)).live)
        except PlaceUnavailable:
            return await self._terminal(record, None, alive=True, reachable=False)
        except (TerminalError, UnknownItem):
            return await self._describe(record, None)

    async def _still_open(self, known: Known) -> Known | None:
        """What is known of a terminal without a client; None when somebody closed it and opened another.

        Raises:
            UnknownItem: somebody closed it.
        """
        record = await self._stored(known.record.name)
        if record.terminal_id == known.record.terminal_id:
            return known
        del self._known[known.record.name]
        return None

    async def _note_use(self, known: Known) -> None:
        """Remember now and then that a terminal is used, so that it is not closed as forgotten."""
        now = self._clock()
        if now - known.record.used_at >= USE_NOTED and not is_foreign(known.record):
            known.record = replace(known.record, used_at=now)
            async with self._database.transaction() as connection:
                await terminals.use(connection, known.record.terminal_id, at=now)

    async def _stored(self, target: str) -> TerminalRecord:
        record, name = None, target
        if target.startswith(JOB_PREFIX):
            job = await self._jobs.find(target)
            record = await self.by_id(job.terminal_id) if job.terminal_id is not None else None
            name = job.terminal  # of one that has a terminal to itself
        if name:
            async with self._database.snapshot() as connection:
                record = record or await terminals.find(connection, name)
        if record is not None and record.closed_at is None:
            return record
        return await self._foreign.find(target)

    async def _join(self, record: TerminalRecord) -> Known:
        async with self._joining.setdefault(record.name, anyio.Lock()):
            if known := self._known.get(record.name):
                return known
            try:
                live = await self._connector.join(record)
            except TerminalGone:
                await self._abandon(record)
                raise
            known = self._known[record.name] = _known(record, live)
        if not is_foreign(record):
            await self._jobs.adopt(record, live)
        return known

    async def _abandon(self, record: TerminalRecord) -> None:
        """Keep what is left of the runs of a terminal that vanished, if anything can be reached of it."""
        logs = None
        with suppress(PlaceUnavailable, UnknownItem):
            logs = await self._connector.logs(record)
        await self._jobs.abandon(record, logs)

    async def _describe(self, record: TerminalRecord, live: Live | None) -> Terminal:
        """How a terminal stands that was reached, or has vanished."""
        if live is None:
            return await self._terminal(record, None, alive=False)
        try:
            ended = await live.end(pulse=0.0)
        except PlaceUnavailable:
            return await self._terminal(record, live, alive=True, reachable=False)
        return await self._terminal(record, live, alive=ended is None, exit_code=ended.exit_code if ended else None)

    async def _terminal(
        self,
        record: TerminalRecord,
        live: Live | None,
        *,
        alive: bool,
        reachable: bool = True,
        exit_code: int | None = None,
    ) -> Terminal:
        return Terminal(
            target=record.name,
            pane_id=live.pane if live else "",
            place=record.place,
            width=record.width,
            height=record.height,
            command=record.command,
            container=record.container,
            alive=alive,
            reachable=reachable,
            exit_code=exit_code,
            attach=shlex.join(self._connector.person_command(record)) if alive else "",
            project=record.project,
            last_job=await self._jobs.newest(record),
            opened_at=record.opened_at,
            used_at=record.used_at,
        )

    def _record(self, opening: Opening, project: str) -> TerminalRecord:
        now = self._clock()
        token = secrets.token_hex(_SESSION_BYTES)
        return TerminalRecord(
            terminal_id=0,
            name=opening.name or f"t-{token[:4]}",
            project=project,
            place=opening.place,
            socket="",
            session=f"tremaux-{token}",
            tmux_inside=False,
            container="",
            user=None,
            directory="",
            made=False,
            command=self._redactor.redact(opening.command or "").text,
            width=opening.width,
            height=opening.height,
            opened_at=now,
            used_at=now,
        )

    async def _check(self, opening: Opening) -> None:
        """Refuse what makes no sense before anything is started."""
        if opening.name is not None and opening.name.startswith(JOB_PREFIX):
            raise BadArgument(f"name {opening.name!r} looks like a job's", "Use another one.")
        if opening.place == "tmux" and opening.cwd and not await anyio.Path(opening.cwd).is_dir():
            raise BadArgument(f"cwd {opening.cwd[:200]!r} is no directory", "Name one that exists.")

    async def _insert(self, record: TerminalRecord) -> TerminalRecord:
        async with self._database.transaction() as connection:
            if len(await terminals.list_open(connection)) >= MAX_OPEN:
                raise BadArgument(f"{MAX_OPEN} terminals are open", "Close some: list_sessions names them.")
            if await terminals.find(connection, record.name):
                raise BadArgument(f"a terminal {record.name!r} is open already", "Use another name, or close it.")
            return replace(record, terminal_id=await terminals.insert(connection, record))

    async def _forget(self, record: TerminalRecord, exit_code: int | None) -> None:
        self._known.pop(record.name, None)
        async with self._database.transaction() as connection:
            await terminals.close(connection, record.terminal_id, exit_code, at=self._clock())

    async def _end(self, record: TerminalRecord, live: Live | None, exit_code: int | None) -> None:
        with anyio.CancelScope(shield=True):
            if live is None:
                await self._abandon(record)
            await self._connector.destroy(record, live)
            await self._forget(record, exit_code)
            async with self._database.snapshot() as connection:
                left = await terminals.list_open(connection)
            if record.container and (record.container, record.user) not in {
                (each.container, each.user) for each in left
            }:
                await self._connector.leave(record)

    async def _reap(self) -> None:
        """Close terminals that nobody used for long; remove containers whose terminal was closed without us."""
        async with self._database.snapshot() as connection:
            records = await terminals.list_open(connection)
        for record in records:
            if record.used_at < self._clock() - IDLE_LIMIT:
                live = await self.reach(record)
                await self._end(record, live, None)
        await self._connector.remove_strays({record.container for record in records}, now=self._clock())


def _known(record: TerminalRecord, live: Live) -> Known:
    return Known(record, live, secrets.token_hex(_EPOCH_BYTES))
