"""Make skeletons where a parser can do no harm: in a child process that may be killed."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import anyio
from anyio.abc import ByteSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

FILE_SECONDS = 3.0  # of processor time for one file; the largest one that is read takes half a second
TOTAL_SECONDS = 30.0  # of waiting for all files together
MAX_ANSWER = 32 * 1024 * 1024  # bytes; the largest file in JSON, every character escaped
ENDING = 5.0  # seconds a dying child gets to end by itself; it takes milliseconds
_PROGRAM = ("-P", "-W", "ignore", "-X", "utf8", "-m", "tremaux_tools.context.child")
_ENDED = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, anyio.IncompleteRead)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What came of a file: its skeleton, or in `wrong` why there is none."""

    text: str = ""
    gaps: int = 0  #: how many pieces were left out
    unknown: tuple[str, ...] = ()  #: symbols to keep that it does not define
    is_broken: bool = False  #: the parser met what it did not understand
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class _Child:
    process: Process
    requests: ByteSendStream
    answers: BufferedByteReceiveStream


class Pruner:
    """Makes one skeleton after another in one child process, started at the first need of it; a context manager.

    A grammar is a C program made for editors: 38 characters of nonsense keep that of TSX busy for minutes, a hundred
    that of Rust, and as they hold the interpreter meanwhile, nothing else in their process goes on.
    """

    def __init__(self, *, grammars: bool) -> None:
        self._grammars = grammars
        self._child: _Child | None = None
        self._deadline = 0.0

    async def __aenter__(self) -> Self:
        self._deadline = anyio.current_time() + TOTAL_SECONDS
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop(kill=True)

    async def prune(self, language: str, text: str, keep: Sequence[str] = ()) -> Pruned:
        """The skeleton of a file with the definitions named in `keep` whole."""
        request = {
            "language": language,
            "text": text,
            "keep": list(keep),
            "grammars": self._grammars,
            "seconds": FILE_SECONDS,
        }
        try:
            with anyio.fail_at(self._deadline):
                answer = await self._ask(json.dumps(request).encode() + b"\n")
        except TimeoutError:
            await self._stop(kill=True)
            return Pruned(wrong="there was no time left to parse it")
        except _ENDED:
            slow = await self._stop(kill=False) == -signal.SIGPROF
            return Pruned(wrong=f"its parser {'took too long' if slow else 'broke off'}")
        if why := answer.get("wrong"):
            return Pruned(wrong=why)
        return Pruned(answer["text"], answer["gaps"], tuple(answer["unknown"]), answer["broken"])

    async def _ask(self, request: bytes) -> dict[str, Any]:
        child = self._child or await self._start()
        await child.requests.send(request)
        answer: dict[str, Any] = json.loads(await child.answers.receive_until(b"\n", MAX_ANSWER))
        return answer

    async def _start(self) -> _Child:
        with anyio.CancelScope(shield=True):  # a child that nobody knows could not be ended
            process = await anyio.open_process(
                [sys.executable, *_PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # C-c in the person's terminal is not for it
            )
        assert process.stdin is not None
        assert process.stdout is not None
        self._child = _Child(process, process.stdin, BufferedByteReceiveStream(process.stdout))
        return self._child

    async def _stop(self, *, kill: bool) -> int | None:
        """Let a dying child end, or `kill` one; its exit code, negative for a signal, None without a child."""
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
