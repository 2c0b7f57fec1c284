"""The terminal service: all that can be done with a terminal."""

import re
from collections.abc import Callable, Sequence
from typing import Literal

import anyio
from anyio.abc import TaskGroup

from tremaux_tools.core.job import Job
from tremaux_tools.core.redact import MASK, PUBLISHED, Redactor
from tremaux_tools.core.terminal.keys import key as key_name
from tremaux_tools.core.terminal.keys import typed
from tremaux_tools.core.terminal.values import Capture, Opening, Outcome, Run, Sent, Terminal, Waited
from tremaux_tools.errors import BadArgument
from tremaux_tools.matching.matcher import Matcher
from tremaux_tools.store.database import Database
from tremaux_tools.terminals.connect import Connector
from tremaux_tools.terminals.foreign import ForeignSessions
from tremaux_tools.terminals.jobs import Jobs
from tremaux_tools.terminals.registry import Known, Registry
from tremaux_tools.terminals.texts import plain_text, without_secrets
from tremaux_tools.terminals.waits import ForPattern, ForQuiet, ForShellPrompt, ForStillScreen, Look, Progress, wait
from tremaux_tools.tmux import host

MAX_TEXT = 1024 * 1024  # bytes typed at once
ENTER = b"\r"
CANCEL_PATIENCE = 3.0  # seconds for a command to end after Ctrl-C
_CURSOR = re.compile(r"([0-9a-f]{4}):(\d{1,18})")


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
        redactor: Redactor = PUBLISHED,
    ) -> None:
        """`own_pane` is the tmux socket and pane that this process itself runs in."""
        self._redactor = redactor
        self._jobs = Jobs(database, tasks, redactor, clock=clock)
        self._registry = Registry(
            database, connector, foreign, self._jobs, own_pane=own_pane, clock=clock, redactor=redactor
        )
        self._matcher = Matcher()

    async def open_session(self, opening: Opening, *, project: str, joins: bool = True) -> Terminal:
        """Open a terminal; where nobody looks at it for now, it need not be joined before it is asked for.

        Raises:
            BadArgument: an argument makes no sense, or the name is taken.
            PlaceUnavailable: tmux or the container engine is missing.
            UnknownItem: there is no such image or container.
        """
        return await self._registry.open(opening, project=project, joins=joins)

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
        known = await self._registry.writable(target)
        live = known.live
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
                await live.press(name)
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
        known = await self._registry.find(target)
        live = known.live
        mark = f"{known.epoch}:{live.ring.end}"
        screen = await live.screen(history=lines, colours=ansi)
        whole, lost = ("\n".join(screen.rows), False) if since is None else await _since(known, since)
        ended = await live.end(pulse=0.0) if screen.dead else await live.end()
        found = await without_secrets(
            whole.rstrip("\n"), self._redactor
        )  # before it is cut: half a secret looks like none
        text = _newest(found.text, lines)
        return Capture(
            target=known.record.name,
            pane_id=live.pane,
            text=text,
            lines=text.count("\n") + bool(text),
            cursor=screen.cursor,
            command=screen.command,
            alive=ended is None,
            exit_code=ended.exit_code if ended else None,
            outcome=Outcome.NONE,
            waited=0.0,
            matched=None,
            truncated=lost or (since is not None and text != found.text),
            redactions=min(found.count, text.count(MASK)),
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
        known = await self._registry.find(target)
        kind = ForPattern(self._matcher, patterns, known.live, self._redactor)
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
        return await self._wait(await self._registry.find(target), kind, timeout, progress)

    async def wait_for_shell_prompt(self, target: str, *, timeout: float, progress: Progress | None = None) -> Waited:
        """Wait until a shell waits for its next command."""
        return await self._wait(await self._registry.find(target), ForShellPrompt(), timeout, progress)

    async def run_command(self, target: str, command: str, *, timeout: float, progress: Progress | None = None) -> Run:
        """Run a command in the terminal's shell: exact exit code, output without prompt or wrapper.

        What is not done after `timeout` seconds goes on as a job. Cancelling leaves it running, too.

        Raises:
            TerminalBusy: another program or run has the terminal.
            TerminalGone: the terminal has ended.
        """
        known = await self._registry.writable(target)
        return await self._jobs.run(known.record, known.live, command, timeout=timeout, progress=progress)

    async def get_job(self, job_id: str, *, wait: float = 0.0, tail: int = 50) -> Job:
        """How a job stands; waits up to `wait` seconds for its end."""
        record = await self._jobs.find(job_id)
        target = ""
        if record.terminal_id is not None and (terminal := await self._registry.by_id(record.terminal_id)):
            target = terminal.name
            if record.status == "running" and (live := await self._registry.reach(terminal)):
                await self._jobs.adopt(terminal, live)
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
        return await self._registry.list_open()

    async def close_session(self, target: str) -> Terminal:
        """End a terminal with every process of its session, and its container if we made it."""
        return await self._registry.close(target)

    async def attach(self, target: str) -> list[str]:
        """The command that shows a terminal to a person."""
        return await self._registry.attach(target)

    async def close(self) -> None:
        """Leave all terminals; they go on."""
        with anyio.CancelScope(shield=True):
            await self._matcher.aclose()
            await self._registry.leave()

    async def _wait(self, known: Known, kind: Look, timeout: float, progress: Progress | None) -> Waited:
        return await wait(known.live, kind, timeout=timeout, progress=progress)


def _check_lines(data: bytes, longest: int | None) -> None:
    if longest is not None and max(map(len, data.split(b"\r"))) > longest:
        raise BadArgument(
            f"text has a line of more than {longest} bytes, and the program reads whole lines: the kernel would cut it",
            "Write it to a file and have the program read that.",
        )


def _newest(text: str, lines: int) -> str:
    return "\n".join(text.split("\n")[-lines:]) if lines else text


async def _since(known: Known, mark: str) -> tuple[str, bool]:
    """What was printed behind a mark; true when its beginning is lost."""
    found = _CURSOR.fullmatch(mark)
    if not found:
        raise BadArgument(f"since {mark[:40]!r} is no mark", "Pass the `mark` of an earlier answer.")
    foreign = found[1] != known.epoch  # of a server that has ended: what it saw is on the screen only
    data, lost = known.live.ring.since(0 if foreign else int(found[2]))
    return await plain_text(data, known.live.width), lost or foreign
