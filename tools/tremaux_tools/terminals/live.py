"""A terminal that this process is connected to: what its program printed, what it is told, how it ended."""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from signal import Signals
from typing import TypeVar

import anyio

from tremaux_tools.core.terminal.control_mode import Notice, hex_keys
from tremaux_tools.core.terminal.last_words import last_words
from tremaux_tools.core.terminal.modes import Modes
from tremaux_tools.core.terminal.plain import plain
from tremaux_tools.core.terminal.ring import Ring
from tremaux_tools.errors import PlaceUnavailable, TerminalGone
from tremaux_tools.machine import Machine
from tremaux_tools.terminals.texts import plain_text
from tremaux_tools.tmux.control import CommandFailed, Control, Disconnected
from tremaux_tools.tmux.server import DEAD, copy_command, hold_command

T = TypeVar("T")
BROKE = "the connection to the terminal broke"
KEPT = 8 * 1024 * 1024  # bytes of a terminal's newest output held in memory
LONGEST_LINE = 1_000  # rows that the first of the lines asked for may be wrapped over
REMEMBERED = 256 * 1024  # bytes of its newest output that stand for the screen of a pane that vanished
TYPED_AT_ONCE = 16  # commands of up to 1,000 bytes each
LINE_ROOM = 4096  # bytes in which a prompt with all its colours has room
PULSE = 1.0  # seconds between asking tmux whether a program that somebody waits for lives
SILENCE_SHARE = 0.25  # of how long a terminal was silent, until somebody looks at it unasked again
LONGEST_PAUSE = 5.0  # seconds
STATUS_DEADLINE = 2.0  # seconds; tmux 3.3a may call a pane dead before it tells the status
STATUS_PAUSE = 0.02  # seconds between asking for it
LAST_ROWS = 2_000  # rows of a dead pane in which its last words are looked for
_FACTS = "#{cursor_x} #{cursor_y} #{pane_dead} #{pane_current_command}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a terminal ended."""

    exit_code: int | None  #: 128 + n for signal n; None: its session is no more, and nobody knows


Regain = Callable[["Live"], Awaitable[None]]
"""Attaches a new client; raises `TerminalGone` when there is no session, `PlaceUnavailable` when nobody can tell."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What a pane shows, and what tmux tells of it."""

    rows: tuple[str, ...]
    cursor: tuple[int, int]
    dead: bool
    command: str


class Live:
    """One pane behind a control-mode client. Every change wakes whoever waits in `changed`.

    A client that was sent away (a person may detach others, tmux drops one that reads too slowly, a container's stream
    may break) is no end of the terminal: another is started by `regain` when something is asked.
    """

    def __init__(self, machine: Machine, logs: Machine, *, width: int, regain: "Regain") -> None:
        self._regain = regain
        self._regaining = anyio.Lock()
        self._left = False
        self.gaps = 0  #: how often the client had to be replaced: what was printed meanwhile was not heard
        self.width = width  #: columns
        self.machine = machine  #: where the programs run
        self.logs = logs  #: where tmux runs, and keeps copies of outputs
        self.ring = Ring(KEPT)
        self.modes = Modes()
        self.pane = ""
        self.leader = 0  #: process id of the pane's program, on `machine`
        self.echo = ""  #: what was typed last, as its echo would show it
        self.enter_pending = False  #: a line end was typed last, which a shell shows when it takes it
        self.sent_at = 0  #: offset in the stream when something was typed last
        self.rows_then: tuple[str, ...] = ()  #: what the screen showed then
        self.active_at = time.monotonic()  #: of the last output or typing
        self.ended: Ended | None = None
        self.line_editor = False  #: its shell was seen to read each key: whole lines are then no prompt
        self.prompt: str | None = None  #: of a shell without one, when it was silent last
        self.typing = anyio.Lock()  #: one text at a time
        self.running = anyio.Semaphore(1)  #: one run at a time; a lock would belong to one task
        self._control: Control | None = None
        self._early: list[tuple[str, bytes]] = []  # what panes printed before it was known which one is ours
        self.changes = 0  #: counts what was there to see
        self._change = anyio.Event()
        self._dying = False
        self._ending = anyio.Lock()
        self._asked_at = time.monotonic()  #: when tmux was asked last whether the program lives

    def attach(self, control: Control, pane: str, leader: int) -> None:
        """Speak to the pane through `control` from now on."""
        self._control, self.pane, self.leader = control, pane, leader
        for source, data in self._early:
            self.output(source, data)
        self._early.clear()

    async def copy(self, path: str, limit: int) -> None:
        """Copy what is printed from now on to a file beside tmux, up to `limit` bytes."""
        await self.tell(copy_command(self.pane, path, limit))

    async def copy_no_more(self) -> None:
        """End the copy."""
        await self.tell(hold_command(self.pane))

    @property
    def is_lost(self) -> bool:
        """Whether there is no client now."""
        return self._control is None or self._control.ended.is_set()

    def output(self, pane: str, data: bytes) -> None:
        """Take what a pane printed; a person may have split the window, and the other halves are not meant."""
        if not self.pane:
            self._early.append((pane, data))
        elif pane == self.pane:
            self._take(data)

    def _take(self, data: bytes) -> None:
        self.ring.append(data)
        self.modes.feed(data)
        self.active_at = time.monotonic()
        self.wake()

    def notice(self, notice: Notice) -> None:
        """Take a notification of tmux."""
        if notice.name == "window-renamed" and notice.rest.rpartition(" ")[2] == DEAD:
            self._asked_at = 0.0  # ask it at once
            self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        self.changes += 1
        self._change.set()
        self._change = anyio.Event()

    async def changed(self, seen: int, within: float) -> None:
        """Wait until there is more to see than at `changes == seen`, at most `within` seconds."""
        if self.changes == seen:
            change = self._change
            with anyio.move_on_after(within):
                await change.wait()

    async def tell(self, *commands: str, once: bool = False) -> list[tuple[bytes, ...]]:
        """Give tmux commands about this pane; again where the connection broke on the way, unless `once`.

        Raises:
            TerminalGone: the pane or its session is no more.
            PlaceUnavailable: tmux does not answer, or the connection broke (again).
        """
        if once:
            return await self._once(lambda control: control.ask(*commands))
        return await self._again(lambda control: control.ask(*commands))

    async def _again(self, ask: Callable[[Control], Awaitable[T]]) -> T:
        """Ask, and once more where the connection broke on the way."""
        if self.ended is None and not self.is_lost:
            with suppress(Disconnected):
                return await self._put(ask)
        return await self._once(ask)

    async def _once(self, ask: Callable[[Control], Awaitable[T]]) -> T:
        try:
            return await self._put(ask)
        except Disconnected as error:
            raise PlaceUnavailable(BROKE, "Look at its screen, then go on.") from error

    async def _put(self, ask: Callable[[Control], Awaitable[T]]) -> T:
        control = await self.connected()
        try:
            return await ask(control)
        except CommandFailed as error:
            raise _gone(error) from error

    async def connected(self) -> Control:
        """The client, after a new one was attached where there was none.

        Raises:
            TerminalGone: there is no session to attach one to.
            PlaceUnavailable: tmux or the container does not answer.
        """
        if self.is_lost:
            async with self._regaining:
                await self._replace_client()
        if self.ended is not None and self.is_lost:
            raise TerminalGone("the terminal's session is no more")
        if self._control is None or self.is_lost:
            raise PlaceUnavailable(BROKE, "Ask again.")
        return self._control

    async def _replace_client(self) -> None:
        if not self.is_lost or self.ended is not None:
            return  # somebody else was faster
        if self._left:
            raise PlaceUnavailable("the terminal was left", "Ask again.")
        try:
            await self._regain(self)
        except TerminalGone:
            self.ended = Ended(None)
            raise
        self.gaps += 1
        self._asked_at = 0.0

    async def type(self, data: bytes) -> None:
        """Send bytes as if a person had typed them."""
        commands = [f"send-keys -t {self.pane} -H {keys}" for keys in hex_keys(data)]
        for at in range(0, len(commands), TYPED_AT_ONCE):  # each lot has a deadline of its own
            await self.tell(*commands[at : at + TYPED_AT_ONCE], once=True)
        self.active_at = time.monotonic()

    async def press(self, key: str) -> None:
        """Send a key by its tmux name."""
        await self.tell(f"send-keys -t {self.pane} {key}", once=True)

    async def screen(self, *, history: int = 0, colours: bool = False) -> Screen:
        """What the pane shows, and at least `history` scrolled-off lines before it if there are; wrapped lines joined.

        Of a pane that vanished it is the end of what it printed.

        Raises:
            PlaceUnavailable: tmux or the container does not answer.
        """
        with suppress(TerminalGone):
            return await self._look(history=history, colours=colours)
        text = await plain_text(self._newest(REMEMBERED), self.width)
        return Screen(tuple(text.split("\n")), (0, 0), dead=True, command="")

    async def _look(self, *, history: int, colours: bool) -> Screen:
        # tmux counts rows, of which a wrapped line has many.
        options = f"{f' -S -{history + LONGEST_LINE}' if history else ''}{' -e' if colours else ''}"
        capture = f"capture-pane -p -J{options} -t {self.pane}"
        rows, told = await self._again(lambda control: control.show(capture, _FACTS, pane=self.pane))
        fields = b" ".join(told).decode("utf-8", "replace").split(" ", 3)  # a program's name may have newlines
        return Screen(
            rows=tuple(row.rstrip() for row in b"\n".join(rows).decode("utf-8", "replace").split("\n")),
            cursor=(int(fields[0]), int(fields[1])),
            dead=fields[2] == "1",
            command=fields[3],
        )

    def pause(self, least: float) -> float:
        """Seconds until a look that nothing asks for: at least `least`, and the longer the longer nothing came.

        A program that works for minutes need not be asked every second whether it still does: what ends is heard of.
        """
        return min(max(least, SILENCE_SHARE * (time.monotonic() - self.active_at)), LONGEST_PAUSE)

    async def end(self, *, pulse: float | None = None) -> Ended | None:
        """How the terminal ended; None while it lives.

        tmux tells an end by itself, but its word gets lost where it missed the death of its child (seen on 3.3a when
        that came with a fork of another one). So it is asked as well, not more often than every `pulse` seconds, by
        default `PULSE` and more in long silence.

        Raises:
            PlaceUnavailable: nobody can tell: tmux or the container does not answer.
        """
        pulse = self.pause(PULSE) if pulse is None else pulse
        try:
            await self._listen(pulse)
        except TerminalGone:
            self.ended = self.ended or Ended(None)
        if self.ended is None and self._dying:
            async with self._ending:
                if self.ended is None:
                    ended = await self._status()
                    await self._catch_up()
                    self.ended = ended
        return self.ended

    async def _listen(self, pulse: float) -> None:
        await self.connected()
        if self.ended is None and not self._dying and time.monotonic() - self._asked_at >= pulse:
            self._asked_at = time.monotonic()
            (told,) = await self.tell(f"display-message -p -t {self.pane} '#{{pane_dead}}'")
            self._dying = told == (b"1",)

    async def close(self, *, gone: bool = False) -> None:
        """Leave the pane, for good; its program goes on, or is `gone` already."""
        self._left = True
        if gone:
            self.ended = self.ended or Ended(None)
        if self._control is not None:
            await self._control.close()
        self.wake()

    def last_line(self) -> str:
        """What was printed behind the last line end: a prompt, if the program waits at one."""
        return plain(self._newest(LINE_ROOM), width=self.width).rpartition("\n")[2]

    def _newest(self, size: int) -> bytes:
        return self.ring.since(max(self.ring.begin, self.ring.end - size))[0]

    async def _catch_up(self) -> None:
        """Take the last words from the screen: what a client has not been told when the pane dies, tmux drops."""
        rows: tuple[str, ...] = ()
        with suppress(TerminalGone, PlaceUnavailable):
            rows = (await self._look(history=LAST_ROWS, colours=False)).rows
        if missing := last_words(await plain_text(self._newest(REMEMBERED), self.width), rows):
            self._take(missing.replace("\n", "\r\n").encode())

    async def _status(self) -> Ended:
        """The exit status of a dead pane; None in it when tmux does not know."""
        reminder = ["run-shell -b true"]  # its end makes tmux look for all children it lost
        query = f"display-message -p -t {self.pane} '#{{pane_dead_status}},#{{pane_dead_signal}}'"
        with anyio.move_on_after(STATUS_DEADLINE):
            while True:
                try:
                    ((told,),) = await self.tell(query)
                except TerminalGone:
                    break
                status, _, signal = told.decode().partition(",")
                if status or signal:
                    return Ended(128 + _number(signal) if signal else int(status))
                await self.tell(*reminder)
                reminder = []
                await anyio.sleep(STATUS_PAUSE)
        return Ended(None)


def _gone(error: CommandFailed) -> TerminalGone:
    return TerminalGone(f"the terminal is gone: {error}")


def _number(signal: str) -> int:
    """The number of a signal that tmux names: KILL, SIGKILL or 9."""
    return int(signal) if signal.isdigit() else int(Signals[f"SIG{signal.removeprefix('SIG')}"])


def rows_since(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """The rows of a screen that were not on it before, in order; a row counts as often as it stood there."""
    left = list(before)
    fresh = []
    for row in now:
        if row in left:
            left.remove(row)
        else:
            fresh.append(row)
    return fresh
