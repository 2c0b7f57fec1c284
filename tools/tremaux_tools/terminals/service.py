"""The terminal service: names to terminals, and what can be done with one."""

import re
import secrets
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import anyio
from anyio.abc import TaskGroup

from tremaux_tools import git
from tremaux_tools.core.redact import redact
from tremaux_tools.core.terminal.keys import key as key_name
from tremaux_tools.core.terminal.keys import typed
from tremaux_tools.core.terminal.plain import plain
from tremaux_tools.core.terminal.records import TerminalRecord
from tremaux_tools.core.terminal.values import Capture, Job, Opening, Outcome, Run, Sent, Terminal, Waited
from tremaux_tools.errors import BadArgument, PlaceUnavailable, TerminalError, TerminalGone, UnknownItem
from tremaux_tools.matching.matcher import Matcher
from tremaux_tools.store import terminals
from tremaux_tools.store.database import Database
from tremaux_tools.terminals.connect import Connector
from tremaux_tools.terminals.foreign import ForeignSessions, is_foreign
from tremaux_tools.terminals.jobs import JOB_PREFIX, Jobs
from tremaux_tools.terminals.live import Live, Screen
from tremaux_tools.terminals.waits import ForPattern, ForQuiet, ForShellPrompt, ForStillScreen, Look, Progress, wait
from tremaux_tools.tmux import host

MAX_OPEN = 64  # terminals at once
MAX_NAME = 64  # characters
MAX_TEXT = 1024 * 1024  # bytes typed at once
IDLE_LIMIT = 24 * 3600.0  # seconds without use after which a terminal is closed
USE_NOTED = 60.0  # seconds between two notes in the database that a terminal is used
ENTER = b"\r"
CANCEL_PATIENCE = 3.0  # seconds for a command to end after Ctrl-C
_SESSION_BYTES = 5
_CURSOR = re.compile(r"([0-9a-f]{4}):(\d{1,18})")


@dataclass(slots=True)
class _Known:
    """A terminal this process is connected to."""

    record: TerminalRecord
    live: Live
    epoch: str  #: names this connection in marks: offsets of another one mean nothing here


class Terminals:
    """All terminals of one database. `clock` gives Unix seconds; connections and watches live in `tasks`."""

    def __init__(
        self,
        database: Database,
        connector: Connector,
        foreign: ForeignSessions,
        tasks: TaskGroup,
        *,
        own_pane: tuple[str, str] | None,
        clock: Callable[[], float],
    ) -> None:
        """`own_pane` is the tmux socket and pane that this process itself runs in."""
        self._database = database
        self._connector = connector
        self._foreign = foreign
        self._own_pane = own_pane
        self._clock = clock
        self._jobs = Jobs(database, tasks, clock=clock)
        self._matcher = Matcher()
        self._known: dict[str, _Known] = {}
        self._joining = anyio.Lock()

    async def open_session(self, opening: Opening, *, project: str) -> Terminal:
        """Open a terminal.

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
        self._known[record.name] = _Known(record, live, secrets.token_hex(2))
        return await self._describe(record, live)

    async def send_keys(
        self, target: str, text: str = "", *, enter: bool = True, delay_enter: float = 0.0, keys: Sequence[str] = ()
    ) -> Sent:
        """Type literal text, then Enter after `delay_enter` seconds, then named keys.

        Without text and with keys no Enter is added.

        Raises:
            BadArgument: a key is unknown, or the program can take no line that long.
            TerminalGone: the terminal has ended.
            UnknownItem: there is no such terminal.
        """
        names = [key_name(key) for key in keys]
        known = await self._find(target)
        live = known.live
        await self._check_write(known)
        data = typed(text, bracketed=live.modes.bracketed_paste)
        if len(data) > MAX_TEXT:
            raise BadArgument(f"text has {len(data)} bytes, of at most {MAX_TEXT}", "Put it into a file.")
        on_host = not known.record.container
        if on_host and len(data) > host.COOKED_LINE:
            _check_lines(data, await host.longest_line(live.leader))
        enters = enter and (bool(text) or not names)
        async with live.typing:
            live.rows_then = (await live.screen()).rows
            live.sent_at = live.ring.end
            live.echo = text if not on_host or await host.shows_typing(live.leader) else ""
            live.enter_pending = enters
            await live.type(data)
            if enters:
                if delay_enter:
                    await anyio.sleep(delay_enter)
                await live.type(ENTER)
            for name in names:
                await live.tell(f"send-keys -t {live.pane} {name}")
        return Sent(known.record.name, len(data) + enters + len(names), f"{known.epoch}:{live.sent_at}")

    async def capture_pane(
        self, target: str, *, lines: int = 0, ansi: bool = False, since: str | None = None
    ) -> Capture:
        """What a terminal shows: its screen (`lines=0`), its newest lines, or all that came after the mark `since`.

        Of a terminal that vanished with its tmux server it is what this process has seen.

        Raises:
            BadArgument: `since` is no mark of an answer.
            TerminalGone: the terminal vanished unseen.
            UnknownItem: there is no such terminal.
        """
        known = await self._find(target)
        live = known.live
        mark = f"{known.epoch}:{live.ring.end}"
        screen = await live.screen(history=lines, colours=ansi)
        text, truncated = (_newest(screen, lines), False) if since is None else _since(known, since, lines)
        ended = await live.end(pulse=0.0) if screen.dead else await live.end()
        found = redact(text)
        return Capture(
            target=known.record.name,
            pane_id=live.pane,
            text=found.text,
            lines=found.text.count("\n") + bool(found.text),
            cursor=screen.cursor,
            command=screen.command,
            alive=ended is None,
            exit_code=ended.exit_code if ended else None,
            outcome=Outcome.NONE,
            waited=0.0,
            matched=None,
            truncated=truncated,
            redactions=found.count,
            mark=mark,
        )

    async def wait_for_prompt(
        self, target: str, pattern: str, *, stop: str | None = None, timeout: float, progress: Progress | None = None
    ) -> Waited:
        """Wait for a regular expression in what came since something was last typed; `stop` ends the wait as well.

        Raises:
            BadArgument: a pattern is no regular expression, or takes too long.
        """
        patterns = [pattern, *([stop] if stop is not None else [])]
        for each in patterns:
            await self._matcher.check(each)
        known = await self._find(target)
        kind = ForPattern(self._matcher, patterns, known.live)
        return await self._wait(known, kind, timeout, progress)

    async def wait_for_idle(
        self,
        target: str,
        *,
        quiet: float = 0.5,
        mode: Literal["output", "screen"] = "output",
        timeout: float,
        progress: Progress | None = None,
    ) -> Waited:
        """Wait until nothing was printed, or the screen has shown the same, for `quiet` seconds."""
        kind = ForQuiet(quiet) if mode == "output" else ForStillScreen(quiet)
        return await self._wait(await self._find(target), kind, timeout, progress)

    async def wait_for_shell_prompt(self, target: str, *, timeout: float, progress: Progress | None = None) -> Waited:
        """Wait until a shell waits for its next command."""
        return await self._wait(await self._find(target), ForShellPrompt(), timeout, progress)

    async def run_command(self, target: str, command: str, *, timeout: float, progress: Progress | None = None) -> Run:
        """Run a command in the terminal's shell: exact exit code, output without prompt or wrapper.

        What is not done after `timeout` seconds goes on as a job. Cancelling leaves it running, too.

        Raises:
            TerminalBusy: another program or run has the terminal.
            TerminalGone: the terminal has ended.
        """
        known = await self._find(target)
        await self._check_write(known)
        return await self._jobs.run(known.record, known.live, command, timeout=timeout, progress=progress)

    async def get_job(self, job_id: str, *, wait: float = 0.0, tail: int = 50) -> Job:
        """How a job stands; waits up to `wait` seconds for its end."""
        record = await self._jobs.find(job_id)
        target = ""
        if record.terminal_id is not None and (terminal := await self._by_id(record.terminal_id)):
            target = terminal.name
            if record.status == "running":
                await self._try_join(terminal)
        return await self._jobs.look(record, target, wait=wait, tail=tail)

    async def cancel_job(self, job_id: str) -> Job:
        """Interrupt a job as Ctrl-C does; one that ignores it goes on, and the answer says so."""
        job = await self.get_job(job_id)
        if job.status != "running":
            return job
        await self.send_keys(job.target, keys=["C-c"])
        return await self.get_job(job_id, wait=CANCEL_PATIENCE)

    async def job_log(self, job_id: str) -> str:
        """All that is kept of what a job printed."""
        return await self._jobs.log(await self._jobs.find(job_id))

    async def list_sessions(self) -> Sequence[Terminal]:
        """All open terminals, the oldest first; also those that have ended but were not closed."""
        async with self._database.snapshot() as connection:
            records = await terminals.list_open(connection)
        records += await self._foreign.list_sessions()
        return [await self._describe(record, await self._try_join(record)) for record in records]

    async def close_session(self, target: str) -> Terminal:
        """End a terminal with every process of its session, and its container if we made it."""
        record = await self._stored(target)
        if is_foreign(record):
            raise BadArgument(f"session {record.name!r} is a person's", "Tremaux closes only what it opened.")
        live = await self._try_join(record)
        if live and (record.socket, live.pane) == self._own_pane:
            raise BadArgument(f"terminal {record.name!r} is the one this server runs in", "Close it from outside.")
        told = await self._describe(record, live)
        await self._close(record, live, told.exit_code)
        return replace(told, alive=False)

    async def attach(self, target: str) -> list[str]:
        """The command that shows a terminal to a person."""
        return self._connector.person_command((await self._find(target)).record)

    async def close(self) -> None:
        """Leave all terminals; they go on."""
        with anyio.CancelScope(shield=True):
            await self._matcher.aclose()
            for known in self._known.values():
                await known.live.close()
            self._known.clear()
            await self._connector.aclose()

    async def _wait(self, known: _Known, kind: Look, timeout: float, progress: Progress | None) -> Waited:
        waited = await wait(known.live, kind, timeout=timeout, progress=progress)
        return replace(waited, matched=redact(waited.matched).text) if waited.matched else waited

    async def _find(self, target: str) -> _Known:
        """The terminal of that name, or the one a job runs in, connected to."""
        known = self._known.get(target)
        if known is None:
            known = await self._join(await self._stored(target))
        elif known.live.is_lost:
            known = await self._rejoin(known)
        await self._note_use(known)
        return known

    async def _rejoin(self, known: _Known) -> _Known:
        """Join a terminal again that was closed by somebody else, or whose tmux server has ended.

        In the second case there is nothing to join, and what was seen of it is all there is.
        """
        name = known.record.name
        del self._known[name]
        record = await self._stored(name)
        try:
            return await self._join(record)
        except TerminalGone:
            self._known[name] = known
            return known

    async def _note_use(self, known: _Known) -> None:
        """Remember now and then that a terminal is used, so that it is not closed as forgotten."""
        now = self._clock()
        if now - known.record.used_at >= USE_NOTED and not is_foreign(known.record):
            known.record = replace(known.record, used_at=now)
            async with self._database.transaction() as connection:
                await terminals.use(connection, known.record.terminal_id, at=now)

    async def _stored(self, target: str) -> TerminalRecord:
        record = None
        if target.startswith(JOB_PREFIX):
            job = await self._jobs.find(target)
            record = await self._by_id(job.terminal_id) if job.terminal_id is not None else None
        else:
            async with self._database.snapshot() as connection:
                record = await terminals.find(connection, target)
        if record is not None and record.closed_at is None:
            return record
        return await self._foreign.find(target)

    async def _check_write(self, known: _Known) -> None:
        """Refuse to type where nobody reads, or nobody allowed it."""
        name = known.record.name
        if is_foreign(known.record):
            await self._foreign.check_write(known.record)
        if (known.record.socket, known.live.pane) == self._own_pane:
            raise BadArgument(f"terminal {name!r} is the one this server runs in", "Open another with open_session.")
        if ended := await known.live.end():
            told = "" if ended.exit_code is None else f" with exit code {ended.exit_code}"
            raise TerminalGone(f"terminal {name!r} has ended{told}")

    async def _by_id(self, terminal_id: int) -> TerminalRecord | None:
        async with self._database.snapshot() as connection:
            return await terminals.get(connection, terminal_id)

    async def _join(self, record: TerminalRecord) -> _Known:
        async with self._joining:
            if known := self._known.get(record.name):
                return known
            try:
                live = await self._connector.join(record)
            except TerminalGone:
                await self._jobs.abandon(record, await self._connector.logs(record))
                raise
            known = self._known[record.name] = _Known(record, live, secrets.token_hex(2))
        if not is_foreign(record):
            await self._jobs.adopt(record, live)
        return known

    async def _try_join(self, record: TerminalRecord) -> Live | None:
        """The connection to a terminal; None when it is gone or cannot be reached."""
        try:
            return (await self._find(record.name)).live
        except (TerminalError, PlaceUnavailable, UnknownItem):
            return None

    async def _describe(self, record: TerminalRecord, live: Live | None) -> Terminal:
        ended = await live.end(pulse=0.0) if live else None
        return Terminal(
            target=record.name,
            pane_id=live.pane if live else "",
            place=record.place,
            width=record.width,
            height=record.height,
            command=record.command,
            container=record.container,
            alive=live is not None and ended is None,
            exit_code=ended.exit_code if ended else record.exit_code,
            attach=shlex.join(self._connector.person_command(record)) if live else "",
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
            command=opening.command or "",
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

    async def _close(self, record: TerminalRecord, live: Live | None, exit_code: int | None) -> None:
        with anyio.CancelScope(shield=True):
            if live is None:
                await self._jobs.abandon(record, await self._connector.logs(record))
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
                live = await self._try_join(record)
                await self._close(record, live, None)
        await self._connector.remove_strays({record.container for record in records}, now=self._clock())


def _check_lines(data: bytes, longest: int | None) -> None:
    if longest is not None and max(map(len, data.split(b"\r"))) > longest:
        raise BadArgument(
            f"text has a line of more than {longest} bytes, and the program reads whole lines: the kernel would cut it",
            "Write it to a file and have the program read that.",
        )


def _newest(screen: Screen, lines: int) -> str:
    """The rows asked for; blank ones below the last are no text."""
    rows = "\n".join(screen.rows).rstrip("\n").split("\n")
    return "\n".join(rows[-lines:] if lines else rows)


def _since(known: _Known, mark: str, lines: int) -> tuple[str, bool]:
    """What was printed behind a mark; true when its beginning is lost."""
    found = _CURSOR.fullmatch(mark)
    if not found:
        raise BadArgument(f"since {mark[:40]!r} is no mark", "Pass the `mark` of an earlier answer.")
    foreign = found[1] != known.epoch  # of a server that has ended: what it saw is on the screen only
    data, lost = known.live.ring.since(0 if foreign else int(found[2]))
    text = plain(data, width=known.live.width).rstrip("\n")
    rows = text.split("\n")
    cut = bool(lines) and len(rows) > lines
    return "\n".join(rows[-lines:]) if cut else text, lost or foreign or cut
