"""`tremaux run -- COMMAND` and `tremaux gate NAME`: gates whose result nobody needs to claim."""

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from select import select
from typing import TextIO

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
    return _sink(sys.stderr if options.json else sys.stdout), _sink(sys.stderr)


def _sink(stream: TextIO | None) -> Callable[[bytes], Awaitable[None]]:
    """Passes output on to where it is wanted; the gate runs on and is recorded whatever becomes of that."""
    is_open = stream is not None  # Python has none for a descriptor that was closed before it began

    def write(chunk: bytes) -> None:
        nonlocal is_open
        assert stream is not None
        try:
            _write_all(stream.fileno(), chunk)
        except OSError:  # the reader left, as `| head` does, or the disk is full
            is_open = False

    async def sink(chunk: bytes) -> None:
        if is_open:
            await anyio.to_thread.run_sync(write, chunk)

    return sink


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:  # who shares our terminal made it non-blocking, as Node.js does
            select([], [descriptor], [])
