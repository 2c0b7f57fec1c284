"""Run a command as a child process before a person's eyes: its output passes through unchanged and is kept."""

import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import anyio
import anyio.to_thread
from anyio.abc import ByteReceiveStream, Process

from tremaux_tools.errors import BadArgument
from tremaux_tools.places import family, files, watch

FORWARDED = (signal.SIGTERM, signal.SIGHUP)  # sent to us alone; a terminal sends SIGINT to the child itself
DRAIN = 1.0  # seconds; a child left behind in the background may hold the pipes open for ever

Sink = Callable[[bytes], Awaitable[None]]


async def run_through(
    command: Sequence[str],
    *,
    log: Path,
    out: Sink,
    err: Sink,
    cwd: Path,
    environment: Mapping[str, str],
    mark: str,
    timeout: float | None,
) -> int | None:
    """Run `command`, hand its output to `out` and `err` as it comes, and keep both in the file `log`.

    Returns the exit code, 128 + n for a child ended by signal n; None when `timeout` seconds were not enough, after
    which the child and all its descendants are ended. Cancelling kills the child. What the log has no room for is not
    kept; the child never notices.

    Raises:
        BadArgument: the command cannot be started.
    """
    process = await _open(command, cwd, dict(environment) | {family.MARK: mark})
    assert process.stdout is not None
    assert process.stderr is not None
    async with process, await anyio.open_file(log, "ab") as file, anyio.create_task_group() as tasks:
        tasks.start_soon(_forward_signals, process)
        async with anyio.create_task_group() as streams:
            keeper = _Keeper(file, log)
            streams.start_soon(_pump, process.stdout, out, keeper)
            streams.start_soon(_pump, process.stderr, err, keeper)
            with anyio.move_on_after(timeout) as waiting:
                await process.wait()
            if waiting.cancelled_caught:
                await _end(process, mark)
            streams.cancel_scope.deadline = anyio.current_time() + DRAIN
        tasks.cancel_scope.cancel()
    code = process.returncode
    assert code is not None
    return None if waiting.cancelled_caught else code if code >= 0 else 128 - code


async def _open(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> Process:
    pipe = subprocess.PIPE
    try:
        return await anyio.open_process(list(command), stdin=None, stdout=pipe, stderr=pipe, cwd=cwd, env=environment)
    except OSError as error:
        raise BadArgument(
            f"{command[0]!r} cannot be started: {error.strerror or error}", "Check the command and its directory."
        ) from error


async def _end(process: Process, mark: str) -> None:
    """End a child with its family: ask, then force."""
    await anyio.to_thread.run_sync(_signal, mark, signal.SIGTERM)
    with anyio.move_on_after(watch.GRACE):
        await process.wait()
    await anyio.to_thread.run_sync(_signal, mark, signal.SIGKILL)
    await process.wait()


def _signal(mark: str, number: signal.Signals) -> None:
    family.kill(family.family(0, mark), number)


class _Keeper:
    """Writes to a log of bounded size, for as long as its disk has room."""

    def __init__(self, file: anyio.AsyncFile[bytes], path: Path) -> None:
        self._file = file
        self._path = path
        self._left = files.MAX_LOG_BYTES

    async def keep(self, chunk: bytes) -> None:
        """Keep the next piece of the output."""
        if self._left > 0:
            self._left -= len(chunk)
            try:
                await self._file.write(chunk)
            except OSError:  # a full disk: the run matters more than its log, and so does the record of it
                self._left = 0
                await anyio.to_thread.run_sync(files.give_way, str(self._path))


async def _pump(stream: ByteReceiveStream, sink: Sink, keeper: _Keeper) -> None:
    async for chunk in stream:
        await keeper.keep(chunk)
        await sink(chunk)


async def _forward_signals(process: Process) -> None:
    with anyio.open_signal_receiver(*FORWARDED, signal.SIGINT) as signals:
        async for received in signals:
            if received is not signal.SIGINT:  # the terminal gave that one to the child as well
                process.send_signal(received)
