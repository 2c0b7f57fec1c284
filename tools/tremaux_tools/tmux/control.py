"""One client of tmux's control mode: commands with their answers, and what the panes print, as it comes."""

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import anyio

from tremaux_tools.core.terminal.control_mode import ControlParser, Ended, Notice, Output, ProtocolError, Reply
from tremaux_tools.errors import PlaceUnavailable, TremauxError

ENDED = "the connection to tmux has ended"
OPEN_ANOTHER = "Look at it again; if that fails as well, open another terminal."
ANSWER_DEADLINE = 3.0  # seconds; tmux answers in under a millisecond unless its machine is stopped
SEAL_BYTES = 8  # random ones

Printed = Callable[[str, bytes], None]
Noticed = Callable[[Notice], None]


class Duplex(Protocol):
    """Bytes both ways: a child's pipes, or a stream into a container."""

    async def send(self, data: bytes) -> None:
        """Write all of `data`."""

    async def receive(self) -> bytes:
        """The next bytes; raises `anyio.EndOfStream` at the end."""

    async def aclose(self) -> None:
        """End the stream and whatever serves it; no error when it has ended."""


class Disconnected(TremauxError):
    """The client has ended; the session may well go on."""


class CommandFailed(TremauxError):
    """tmux refused a command; the text is its own."""


class _Question:
    """Commands on their way together, and their answers as they come."""

    def __init__(self, commands: int) -> None:
        self.commands = commands
        self.replies: list[Reply] = []  #: fewer than commands after the end of the stream
        self.answered = anyio.Event()

    def take(self, reply: Reply) -> bool:
        """Take the next answer; true when it was the last one."""
        self.replies.append(reply)
        if len(self.replies) == self.commands:
            self.answered.set()
        return self.answered.is_set()


class Control:
    """A control-mode client over `stream`; `run` must be running for anything to be answered.

    `on_output` is called with a pane and what it prints, `on_notice` with tmux's notifications; neither may block.
    Any number of tasks may ask at once: answers come in the order of the commands.
    """

    def __init__(self, stream: Duplex, *, on_output: Printed, on_notice: Noticed) -> None:
        self._stream = stream
        self._on_output = on_output
        self._on_notice = on_notice
        self._first = _Question(1)  # the command line that started the client; answered once it is attached
        self._asked: deque[_Question] = deque()
        self._sending = anyio.Lock(fast_acquire=True)  # a question a millisecond needs no turn of the loop for it
        self._parser = ControlParser()
        self._failed = ""  # why it was left, if it has not ended
        self.ended = anyio.Event()

    async def run(self) -> None:
        """Read until the stream ends, or cannot be understood; then every question still open fails."""
        try:
            while True:
                for event in self._parser.feed(await self._stream.receive()):
                    self._take(event)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        except ProtocolError as error:
            self._failed = str(error)
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
            Disconnected: it ended without an answer.
        """
        await self._answers(self._first)

    async def ask(self, *commands: str) -> list[tuple[bytes, ...]]:
        """Give tmux commands, each a whole line, and return the lines each answers; `show` is for what programs wrote.

        A caller cancelled while it waits loses its answers only; the commands are carried out.

        Raises:
            CommandFailed: tmux refused one; those behind it were carried out nevertheless.
            Disconnected: the client has ended.
            PlaceUnavailable: no answer within `ANSWER_DEADLINE`, or one that is not of tmux.
        """
        if not commands:
            return []
        return await self._ask(commands)

    async def show(self, command: str, facts: str, *, pane: str) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Give a command that shows a pane's rows; return them, and what the format `facts` tells right behind.

        Rows are as the program wrote them, and may look like the end of the answer: the facts seal it.

        Raises:
            CommandFailed, Disconnected, PlaceUnavailable: as of `ask`.
        """
        seal = secrets.token_hex(SEAL_BYTES)
        rows, told = await self._ask((command, f'display-message -p -t {pane} "{seal}\\n{facts}"'), seal.encode())
        return rows, told[1:]

    async def _ask(self, commands: Sequence[str], seal: bytes = b"") -> list[tuple[bytes, ...]]:
        question = _Question(len(commands))
        async with self._sending:
            if self.ended.is_set():
                raise self._end()
            self._asked.append(question)
            self._parser.expect(len(commands), seal)
            await self._send("".join(f"{command}\n" for command in commands).encode())
        return await self._answers(question)

    async def close(self) -> None:
        """Leave the server; its sessions stay."""
        await self._stream.aclose()

    async def _send(self, data: bytes) -> None:
        # Shielded: half a command line would spoil the next.
        with anyio.move_on_after(ANSWER_DEADLINE, shield=True) as sending:
            try:
                await self._stream.send(data)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
                raise Disconnected(ENDED) from error
        if sending.cancelled_caught:
            raise _mute()

    async def _answers(self, question: _Question) -> list[tuple[bytes, ...]]:
        with anyio.move_on_after(ANSWER_DEADLINE) as waiting:
            await question.answered.wait()
        if waiting.cancelled_caught:
            raise _mute()
        if len(question.replies) < question.commands:
            raise self._end()
        for reply in question.replies:
            if not reply.ok:
                raise CommandFailed(b" ".join(reply.lines).decode("utf-8", "replace"))
        return [reply.lines for reply in question.replies]

    def _end(self) -> TremauxError:
        if self._failed:
            return PlaceUnavailable(f"the terminal's tmux cannot be understood: {self._failed}", OPEN_ANOTHER)
        return Disconnected(ENDED)

    def _take(self, event: object) -> None:
        match event:
            case Output(pane, data):
                self._on_output(pane, data)
            case Reply(asked=False, ok=False) as reply if not self._first.answered.is_set():
                self._first.take(reply)
            case Reply(asked=True) as reply if self._asked:
                if self._asked[0].take(reply):
                    self._asked.popleft()
            case Notice(name="session-changed") if not self._first.answered.is_set():
                self._first.take(Reply(asked=False, ok=True, lines=()))
            case Notice() as notice:
                self._on_notice(notice)
            case Ended():
                raise anyio.EndOfStream


def _mute() -> PlaceUnavailable:
    return PlaceUnavailable(
        f"tmux did not answer for {ANSWER_DEADLINE:.0f} s", "Is its container paused, or the machine stopped?"
    )
