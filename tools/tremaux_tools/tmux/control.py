"""One client of tmux's control mode: commands with their answers, and what the panes print, as it comes."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import anyio

from tremaux_tools.core.terminal.control_mode import ControlParser, Ended, Notice, Output, Reply
from tremaux_tools.errors import PlaceUnavailable, TerminalGone, TremauxError

ANSWER_DEADLINE = 5.0  # seconds; tmux answers in under a millisecond unless its machine is stopped

Bytes = Callable[[bytes], None]
Noticed = Callable[[Notice], None]


class Duplex(Protocol):
    """Bytes both ways: a child's pipes, or a stream into a container."""

    async def send(self, data: bytes) -> None:
        """Write all of `data`."""

    async def receive(self) -> bytes:
        """The next bytes; raises `anyio.EndOfStream` at the end."""

    async def aclose(self) -> None:
        """End the stream and whatever serves it; no error when it has ended."""


class CommandFailed(TremauxError):
    """tmux refused a command; the text is its own."""


class _Question:
    """A command on its way, and its answer once there is one."""

    def __init__(self) -> None:
        self.answered = anyio.Event()
        self.reply: Reply | None = None  #: None after the end of the stream


class Control:
    """A control-mode client over `stream`; `run` must be running for anything to be answered.

    `on_output` is called with what the pane prints, `on_notice` with tmux's notifications; neither may block.
    Any number of tasks may ask at once: answers come in the order of the commands.
    """

    def __init__(self, stream: Duplex, *, on_output: Bytes, on_notice: Noticed) -> None:
        self._stream = stream
        self._on_output = on_output
        self._on_notice = on_notice
        self._first = _Question()  # the command line that started the client; answered once it is attached
        self._asked: deque[_Question] = deque()
        self._sending = anyio.Lock(fast_acquire=True)  # a question a millisecond needs no turn of the loop for it
        self.ended = anyio.Event()

    async def run(self) -> None:
        """Read until the stream ends; then every question still open fails with `TerminalGone`."""
        parser = ControlParser()
        try:
            while True:
                for event in parser.feed(await self._stream.receive()):
                    self._take(event)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        finally:
            self.ended.set()
            for question in (self._first, *self._asked):
                question.answered.set()
            with anyio.CancelScope(shield=True):
                await self._stream.aclose()

    async def started(self) -> None:
        """Wait until the client is attached to its session.

        Raises:
            CommandFailed: it refused.
            TerminalGone: it ended without an answer.
        """
        await self._answers([self._first])

    async def ask(self, *commands: str) -> list[tuple[bytes, ...]]:
        """Give tmux commands, each a whole line, and return the lines each answers.

        A caller cancelled while it waits loses its answers only; the commands are carried out.

        Raises:
            CommandFailed: tmux refused one; those behind it were carried out nevertheless.
            TerminalGone: the client has ended.
            PlaceUnavailable: no answer within `ANSWER_DEADLINE`.
        """
        questions = [_Question() for _ in commands]
        async with self._sending:
            if self.ended.is_set():
                raise TerminalGone("the terminal's tmux server has ended")
            self._asked.extend(questions)
            with anyio.CancelScope(shield=True):  # half a command line would spoil the next
                await self._send("".join(f"{command}\n" for command in commands).encode())
        return await self._answers(questions)

    async def close(self) -> None:
        """Leave the server; its sessions stay."""
        await self._stream.aclose()

    async def _send(self, data: bytes) -> None:
        try:
            with anyio.fail_after(ANSWER_DEADLINE):
                await self._stream.send(data)
        except TimeoutError as error:
            raise _mute() from error
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise TerminalGone("the terminal's tmux server has ended") from error

    async def _answers(self, questions: Sequence[_Question]) -> list[tuple[bytes, ...]]:
        """What each was answered; they are answered in order, so the last one is waited for."""
        try:
            with anyio.fail_after(ANSWER_DEADLINE):
                for last in questions[-1:]:
                    await last.answered.wait()
        except TimeoutError as error:
            raise _mute() from error
        return [_lines(question) for question in questions]

    def _take(self, event: object) -> None:
        match event:
            case Output(data=data):
                self._on_output(data)
            case Reply(asked=False, ok=False) as reply if not self._first.answered.is_set():
                self._first.reply = reply
                self._first.answered.set()
            case Reply(asked=True) as reply if self._asked:
                question = self._asked.popleft()
                question.reply = reply
                question.answered.set()
            case Notice(name="session-changed") if not self._first.answered.is_set():
                self._first.reply = Reply(asked=False, ok=True, lines=())
                self._first.answered.set()
            case Notice() as notice:
                self._on_notice(notice)
            case Ended():
                raise anyio.EndOfStream


def _lines(question: _Question) -> tuple[bytes, ...]:
    if question.reply is None:
        raise TerminalGone("the terminal's tmux server has ended")
    if not question.reply.ok:
        raise CommandFailed(_words(question.reply.lines))
    return question.reply.lines


def _mute() -> PlaceUnavailable:
    return PlaceUnavailable(
        f"tmux did not answer for {ANSWER_DEADLINE:.0f} s", "Is its container paused, or the machine stopped?"
    )


def _words(lines: Sequence[bytes]) -> str:
    return b" ".join(lines).decode("utf-8", "replace")
