"""`tremaux run -- COMMAND`: a gate whose result nobody needs to claim."""

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

import anyio
import anyio.to_thread

from tremaux_server.app import App
from tremaux_server.cli.session import project, show, with_app
from tremaux_server.replies.journal import RecordReply
from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.entry import Entry
from tremaux_tools.errors import TremauxError


def run(options: Namespace) -> int:
    """Run a gate, pass its output through unchanged, record it, and exit with its code.

    The verdict goes to standard error, so pipes see the gate's output alone. With `--json` the tool's object goes to
    standard output and the gate's output to standard error.
    """

    async def work(app: App) -> int:
        where = project(options, app)
        await app.journal.check(where, options.goal)  # what cannot be recorded is told before a long gate runs
        async with anyio.TemporaryDirectory(prefix="tremaux-run-") as folder:
            log = Path(folder) / "output.log"
            out = _sink(sys.stderr.buffer if options.json else sys.stdout.buffer)
            code = await app.services.run_gate(options.argv, log=log, out=out, err=_sink(sys.stderr.buffer))
            try:
                reply = RecordReply.of(await app.journal.record(where, _entry(options, code, log)))
            except TremauxError as error:
                print(f"tremaux: not recorded: {error}. {error.hint}", file=sys.stderr)
                return code
        if options.json:
            show(reply, options)
        else:
            print(f"\ntremaux: {reply.text()}", file=sys.stderr)
        return code

    return with_app(options, work)


def _entry(options: Namespace, code: int, log: Path) -> Entry:
    command = shlex.join(options.argv)
    return Entry(
        action=options.action or command,
        gate=Gate.FAIL if code else Gate.PASS,
        output_path=str(log),
        path_anywhere=True,
        exit_code=code,
        command=command,
        hypothesis=options.hypothesis,
        goal=options.goal,
        client="tremaux run",
    )


def _sink(stream: BinaryIO) -> Callable[[bytes], Awaitable[None]]:
    def write(chunk: bytes) -> None:
        try:
            stream.write(chunk)
            stream.flush()
        except BrokenPipeError:  # the reader left, as `| head` does; the gate runs on and is recorded
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

    async def sink(chunk: bytes) -> None:
        await anyio.to_thread.run_sync(write, chunk)

    return sink
