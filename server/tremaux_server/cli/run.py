"""`tremaux run -- COMMAND`: a gate whose result nobody needs to claim."""

import shlex
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

import anyio
import anyio.to_thread

from tremaux_server.app import App
from tremaux_server.cli.session import project, with_app
from tremaux_server.replies.journal import RecordReply
from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.entry import Entry


def run(options: Namespace) -> int:
    """Run a gate, pass its output through unchanged, record it, and exit with its code.

    The verdict goes to standard error, so pipes see the gate's output alone. With `--json` the tool's object goes to
    standard output and the gate's output to standard error.
    """

    async def work(app: App) -> tuple[RecordReply, int]:
        async with anyio.TemporaryDirectory(prefix="tremaux-run-") as folder:
            log = Path(folder) / "output.log"
            out = _sink(sys.stderr.buffer if options.json else sys.stdout.buffer)
            code = await app.services.run_gate(options.argv, log=log, out=out, err=_sink(sys.stderr.buffer))
            command = shlex.join(options.argv)
            entry = Entry(
                action=options.action or command,
                gate=Gate.FAIL if code else Gate.PASS,
                output_path=str(log),
                exit_code=code,
                command=command,
                hypothesis=options.hypothesis,
                goal=options.goal,
                client="tremaux run",
            )
            return RecordReply.of(await app.journal.record(project(options, app), entry)), code

    reply, code = with_app(options, work)
    if options.json:
        print(reply.model_dump_json(indent=2))
    else:
        print(f"\ntremaux: {reply.text()}", file=sys.stderr)
    return code


def _sink(stream: BinaryIO) -> Callable[[bytes], Awaitable[None]]:
    def write(chunk: bytes) -> None:
        stream.write(chunk)
        stream.flush()

    async def sink(chunk: bytes) -> None:
        await anyio.to_thread.run_sync(write, chunk)

    return sink
