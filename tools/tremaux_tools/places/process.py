"""Run a command as a plain child process: its output passes through unchanged and is kept."""

import signal
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process

from tremaux_tools.errors import BadArgument

FORWARDED = (signal.SIGTERM, signal.SIGHUP)  # sent to us alone; a terminal sends SIGINT to the child itself
DRAIN = 1.0  # seconds; a child left behind in the background may hold the pipes open for ever

Sink = Callable[[bytes], Awaitable[None]]


async def run_through(command: Sequence[str], *, log: Path, out: Sink, err: Sink) -> int:
    """Run `command`, hand its output to `out` and `err` as it comes, and keep both in the file `log`.

    Returns the exit code, 128 + n for a child ended by signal n. Cancelling kills the child.

    Raises:
        BadArgument: the command cannot be started.
    """
    try:
        process = await anyio.open_process(list(command), stdin=None, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise BadArgument(
            f"{command[0]!r} cannot be started: {error.strerror or error}", "Check the command after `--`."
        ) from error
    assert process.stdout is not None
    assert process.stderr is not None
    async with process, await anyio.open_file(log, "ab") as file, anyio.create_task_group() as tasks:
        tasks.start_soon(_forward_signals, process)
        async with anyio.create_task_group() as streams:
            streams.start_soon(_pump, process.stdout, out, file.write)
            streams.start_soon(_pump, process.stderr, err, file.write)
            code = await process.wait()
            streams.cancel_scope.deadline = anyio.current_time() + DRAIN
        tasks.cancel_scope.cancel()
    return code if code >= 0 else 128 - code


async def _pump(stream: ByteReceiveStream, sink: Sink, keep: Callable[[bytes], Awaitable[int]]) -> None:
    async for chunk in stream:
        await keep(chunk)
        await sink(chunk)


async def _forward_signals(process: Process) -> None:
    with anyio.open_signal_receiver(*FORWARDED, signal.SIGINT) as signals:
        async for received in signals:
            if received is not signal.SIGINT:  # the terminal gave that one to the child as well
                process.send_signal(received)
