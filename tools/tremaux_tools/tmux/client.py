"""The pipes of a `tmux -C` child process."""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Self

import anyio
import anyio.to_thread
from anyio.abc import Process

from tremaux_tools.errors import PlaceUnavailable

LEAVE_DEADLINE = 2.0  # seconds a client may take to leave before it is killed
_IF_OURS = '[ "$PPID" = "$0" ] && exec "$@"'


class ClientPipes:
    """Bytes to and from a control-mode client on this host."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str]) -> Self:
        """Start the client. Where the kernel can see to it, it dies with the thread that starts it.

        Raises:
            PlaceUnavailable: tmux cannot be started.
        """
        try:
            words = await anyio.to_thread.run_sync(tied, command, environment.get("PATH"))
            process = await anyio.open_process(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C on our terminal is not meant for it, nor for the server it starts
            )
        except OSError as error:
            raise PlaceUnavailable(f"tmux cannot be started: {error.strerror or error}") from error
        return cls(process)

    async def send(self, data: bytes) -> None:
        """Write all of `data` to the client."""
        assert self._process.stdin is not None
        await self._process.stdin.send(data)

    async def receive(self) -> bytes:
        """The next bytes; raises `anyio.EndOfStream` when the client has ended."""
        assert self._process.stdout is not None
        return await self._process.stdout.receive()

    async def aclose(self) -> None:
        """Let the client leave; its sessions stay."""
        with anyio.CancelScope(shield=True):
            assert self._process.stdin is not None
            with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._process.stdin.aclose()  # the end of its input makes a client leave
            with anyio.move_on_after(LEAVE_DEADLINE):
                await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
            await self._process.aclose()


def tied(command: Sequence[str], path: str | None) -> list[str]:
    """The command on a leash: it dies with this process, and does not begin where this one is no more. Blocks.

    `path` is where its program is looked for. A program that is missing is told here: behind a leash it would be told
    by its end alone, like a lost session.
    """
    program = shutil.which(command[0], path=path)
    if program is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
    words = [program, *command[1:]]
    leash = _leash()
    # Whoever is killed between fork and prctl leaves a child that no signal comes to: that one looks for its parent.
    return [*leash, "/bin/sh", "-c", _IF_OURS, str(os.getpid()), *words] if leash else words


@cache
def _leash() -> tuple[str, ...]:
    """The words before a command that tie its life to ours; none where this machine has no such thing. Blocks.

    A client that has something to tell and nobody to read it never ends (seen on tmux 3.3a), and the server neither.
    """
    program = shutil.which("setpriv") if sys.platform == "linux" else None
    if program is None:
        return ()
    words = (program, "--pdeathsig", "KILL")
    nothing = subprocess.DEVNULL
    tried = subprocess.run([*words, "true"], check=False, stdin=nothing, stdout=nothing, stderr=nothing)  # noqa: S603
    return () if tried.returncode else words  # busybox has one that cannot
