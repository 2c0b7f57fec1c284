"""A child process that answers requests in JSON and may be killed: for work that could take the interpreter for ever.

Such a child limits its own processor time for a request, and dies of SIGPROF when it is over.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.abc import ByteSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

ENDING = 5.0  # seconds an idle or dying child gets to end by itself; it takes milliseconds
ENDED = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, anyio.IncompleteRead)
"""What is raised when the child has died."""
OUT_OF_TIME = -signal.SIGPROF
"""The exit code of a child that used up its time."""


@dataclass(frozen=True, slots=True)
class _Child:
    process: Process
    requests: ByteSendStream
    answers: BufferedByteReceiveStream


class Answerer:
    """One child at a time, running Python with the arguments `program`, started when it is first asked."""

    def __init__(self, program: Sequence[str], *, max_answer: int) -> None:
        """An answer has at most `max_answer` bytes."""
        self._program = program
        self._max_answer = max_answer
        self._child: _Child | None = None

    async def send(self, request: bytes) -> None:
        """Pass a request on to the child. Raises one of `ENDED` when it has died."""
        child = self._child or await self._start()
        await child.requests.send(request)

    async def answer(self) -> dict[str, Any]:
        """The child's next answer. Raises one of `ENDED` when it has died."""
        assert self._child is not None, "nothing was asked"
        answer: dict[str, Any] = json.loads(await self._child.answers.receive_until(b"\n", self._max_answer))
        return answer

    async def stop(self, *, kill: bool) -> int | None:
        """Let the child end, or `kill` one that works; its exit code, negative for a signal, None without a child."""
        child, self._child = self._child, None
        if child is None:
            return None
        with anyio.CancelScope(shield=True):
            # A dying child must not be killed: Popen.kill() would reap it before asyncio does, and lose its code.
            with anyio.move_on_after(0 if kill else ENDING):
                await child.requests.aclose()
                await child.process.wait()
            with suppress(ProcessLookupError):
                child.process.kill()
            await child.process.aclose()
        return child.process.returncode

    async def _start(self) -> _Child:
        with anyio.CancelScope(shield=True):  # a child that nobody knows could not be ended
            process = await anyio.open_process(
                [sys.executable, *self._program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # C-c in the person's terminal is not for it
            )
        assert process.stdin is not None
        assert process.stdout is not None
        self._child = _Child(process, process.stdin, BufferedByteReceiveStream(process.stdout))
        return self._child
