"""The bytes of one program in a container: what it reads and what it says.

The SDK starts the program with a plain HTTP request that the engine then turns into a two-way pipe, and hands over the
socket below it. Reading that socket in a thread could not be cancelled, so it is given to the event loop.
"""

import socket
import struct
from typing import Any, Protocol

import anyio
from anyio.abc import ByteStream, SocketStream, UNIXSocketStream

CHUNK = 65536  # bytes taken from the socket at once
MAX_ERRORS = 16 * 1024  # bytes of what a program said on stderr; older ones are dropped
_HEADER = struct.Struct(">BxxxI")  # stream, size: before each piece of output of a program without a terminal
_STDERR = 2


class Program(Protocol):
    """What the engine is asked about a program that it runs."""

    async def resize(self, width: int, height: int) -> None:
        """Set the size of its terminal, in columns and rows."""

    async def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""


class ExecStream:
    """The standard input and output of a program in a container; its terminal, where it was given one.

    One task may send while another receives.
    """

    def __init__(self, stream: ByteStream, early: bytes, program: Program, *, tty: bool) -> None:
        self.errors = bytearray()  #: the newest `MAX_ERRORS` bytes of stderr; a terminal has none of its own
        self._stream = stream
        self._buffer = bytearray(early)
        self._program = program
        self._framed = not tty
        self._left = 0  # bytes to come of the current frame
        self._kind = 0

    async def send(self, data: bytes) -> None:
        """Write to the program's standard input.

        Raises:
            anyio.BrokenResourceError: the engine has closed the stream; it may take a while to after the end.
        """
        await self._stream.send(data)

    async def receive(self) -> bytes:
        """The next bytes of its standard output, as they come; never empty.

        Raises:
            anyio.EndOfStream: the program or its container has ended.
        """
        while not (data := self._next_piece()):
            try:
                self._buffer += await self._stream.receive(CHUNK)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
                raise anyio.EndOfStream from error
        return data

    def _next_piece(self) -> bytes:
        """Take from the buffer what is standard output up to the end of a frame; empty when more must come."""
        if not self._framed:
            data = bytes(self._buffer)
            self._buffer.clear()
            return data
        out = bytearray()
        while self._buffer:
            if self._left == 0:
                if len(self._buffer) < _HEADER.size:
                    break
                self._kind, self._left = _HEADER.unpack_from(self._buffer)
                del self._buffer[: _HEADER.size]
            piece = self._buffer[: self._left]
            del self._buffer[: self._left]
            self._left -= len(piece)
            if self._kind == _STDERR:
                self.errors += piece
                del self.errors[:-MAX_ERRORS]
            else:
                out += piece
        return bytes(out)

    async def resize(self, width: int, height: int) -> None:
        """Set the size of the program's terminal, in columns and rows; no error when the program has ended."""
        await self._program.resize(width, height)

    async def exit_code(self) -> int | None:
        """The program's exit code, 128 + n for signal n; None while it runs or when its container is gone."""
        return await self._program.exit_code()

    async def aclose(self) -> None:
        """Let go of the stream. The program is not killed: the engine leaves it running."""
        await self._stream.aclose()


def take_socket(handle: Any) -> tuple[socket.socket, bytes]:
    """Take the socket out of what `exec_start(socket=True)` gave, with the bytes that the SDK has read ahead.

    The engine's first bytes often come in one packet with the HTTP header; the SDK leaves them in a buffer that
    nobody reads.
    """
    response, original = handle._response, handle._sock  # noqa: SLF001
    try:
        original.setblocking(False)
        early = response.raw._fp.fp.peek()  # noqa: SLF001
        taken: socket.socket = original.dup()
    finally:
        response.close()
    taken.setblocking(False)
    return taken, early


async def wrap(taken: socket.socket, early: bytes, program: Program, *, tty: bool) -> ExecStream:
    """Hand a socket to the event loop; it is closed if that fails."""
    kind = UNIXSocketStream if taken.family == socket.AF_UNIX else SocketStream
    try:
        stream = await kind.from_socket(taken)
    except BaseException:
        taken.close()
        raise
    return ExecStream(stream, early, program, tty=tty)
