"""`tremaux run -- COMMAND` and `tremaux gate NAME`: gates whose result nobody needs to claim."""

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread

from tremaux_server.app import App
from tremaux_server.cli.session import project, show, with_app
from tremaux_server.replies.gates import GateReply, GatesReply
from tremaux_tools.core.gate import Purpose
from tremaux_tools.core.job import JobRecord
from tremaux_tools.errors import NotAllowed, TremauxError


def run(options: Namespace) -> int:
    """Run a gate, pass its output through unchanged, record it, and exit with its code.

    The verdict goes to standard error, so pipes see the gate's output alone. With `--json` the tool's object goes to
    standard output and the gate's output to standard error.
    """

    async def work(app: App) -> int:
        purpose = _purpose(options, app, "tremaux run")
        command = shlex.join(options.argv)
        out, err = _sinks(options)
        record = await app.gates.run_command(
            project(options, app), tuple(options.argv), purpose, command=command, cwd=Path.cwd(), out=out, err=err
        )
        await _told(app, record, options)
        return record.exit_code or 0

    return with_app(options, work)


def gate(options: Namespace) -> int:
    """Run a gate of the project's `tremaux.toml` as `tremaux run` does; without a name list them."""

    async def work(app: App) -> int:
        where = project(options, app)
        if options.name is None:
            settings, path, is_trusted = await app.gates.known(where)
            show(GatesReply.of(settings, path, trusted=is_trusted), options)
            return 0
        plan = await app.gates.plan(where, name=options.name)
        if plan.consent:
            state = "has changed since you trusted it" if plan.has_changed else "is not trusted"
            raise NotAllowed(f"{plan.path} {state}", "Read it, then run `tremaux trust`.")
        out, err = _sinks(options)
        record = await app.gates.run_here(plan, _purpose(options, app, "tremaux gate"), out=out, err=err)
        return await _told(app, record, options)

    return with_app(options, work)


def _purpose(options: Namespace, app: App, client: str) -> Purpose:
    return Purpose(options.goal, options.action, options.hypothesis, client=client, agent=app.settings.agent)


async def _told(app: App, record: JobRecord, options: Namespace) -> int:
    """Record a run and print what came of it; returns its exit code, or 1 where it failed in spite of that."""
    code = record.exit_code or 0
    try:
        reply = GateReply.of(await app.gates.look(record, wait=0.0, tail=0))
    except TremauxError as error:
        print(f"tremaux: not recorded: {error}. {error.hint}", file=sys.stderr)
        return code
    if options.json:
        show(reply, options)
    else:
        print(f"\ntremaux: {reply.text()}", file=sys.stderr)
    return code or int(reply.gate == "fail")


def _sinks(options: Namespace) -> tuple[Callable[[bytes], Awaitable[None]], Callable[[bytes], Awaitable[None]]]:
    return _sink(sys.stderr.buffer if options.json else sys.stdout.buffer), _sink(sys.stderr.buffer)


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
