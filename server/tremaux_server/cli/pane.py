"""`tremaux pane`: terminals for a person's shell and scripts."""

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence

from tremaux_server.app import App
from tremaux_server.cli.session import project, show, with_app
from tremaux_server.look import Look
from tremaux_server.replies.base import Reply
from tremaux_server.replies.terminal import (
    CaptureReply,
    ClosedReply,
    OpenedReply,
    RunReply,
    SentReply,
    SessionsReply,
)
from tremaux_server.targets import at_terminal, see
from tremaux_tools.core.terminal.values import Capture, Limits, Opening, Run, Sent

FAILED = 1  # exit code: what was waited for did not come
TIMED_OUT = 124  # exit code, as `timeout` tells it


def open_session(options: Namespace) -> int:
    """Open a terminal; it outlives this command."""

    async def work(app: App) -> Reply:
        where = project(options, app)
        on_host = options.place == "tmux"
        opening = Opening(
            name=options.name,
            command=options.program,
            cwd=str(where / (options.cwd or "")) if on_host else options.cwd,
            place=options.place,
            image=options.image,
            container=options.container,
            user=options.user,
            width=options.width,
            height=options.height,
            limits=Limits(options.memory_mb, options.cpus, options.pids, options.network),
        )
        return OpenedReply.of(await app.terminals.open_session(opening, project=str(where)))

    show(with_app(options, work), options)
    return 0


def send_keys(options: Namespace) -> int:
    """Type into a terminal."""

    async def work(app: App) -> Reply:
        async def send(name: str) -> Sent:
            return await app.terminals.send_keys(
                name, options.text, enter=options.enter, delay_enter=options.delay_enter, keys=options.key
            )

        return SentReply.of(await at_terminal(app, project(options, app), options.target, send))

    show(with_app(options, work), options)
    return 0


def capture_pane(options: Namespace) -> int:
    """Print what a terminal shows and nothing else, so that it can be piped; how a wait ended goes to stderr."""
    at = Look(
        target=options.target,
        lines=options.n,
        wait=options.wait,
        pattern=options.pattern,
        stop=options.stop,
        quiet=options.quiet,
        timeout=options.timeout,
        ansi=options.ansi,
        since=options.since,
    )

    async def work(app: App) -> Capture:
        return await see(app, project(options, app), at)

    capture = with_app(options, work)
    reply = CaptureReply.of(capture, asked=True)
    if options.json:
        show(reply, options)
    else:
        _print_bare(capture.text)
        if reply.outcome != "none":
            print(f"tremaux: {reply.decision()}", file=sys.stderr)
    return FAILED if reply.outcome in ("timed_out", "gone") else 0


def run_command(options: Namespace) -> int:
    """Run a command in a terminal's shell, print what it printed, and exit with its code; 124 when it runs on.

    One word is a command line as it is; of more words each arrives as it is.
    """
    command = options.argv[0] if len(options.argv) == 1 else shlex.join(options.argv)

    async def work(app: App) -> Run:
        async def run(name: str) -> Run:
            return await app.terminals.run_command(name, command, timeout=options.timeout)

        return await at_terminal(app, project(options, app), options.target, run)

    run = with_app(options, work)
    reply = RunReply.of(run)
    if options.json:
        show(reply, options)
    else:
        _print_bare(run.output)
    if run.exit_code is None:
        print(f"tremaux: {reply.decision()}", file=sys.stderr)
        return TIMED_OUT if reply.timed_out else FAILED
    return run.exit_code


def list_sessions(options: Namespace) -> int:
    """List the terminals."""

    async def work(app: App) -> Reply:
        return SessionsReply.of(await app.terminals.list_sessions())

    show(with_app(options, work), options)
    return 0


def close_session(options: Namespace) -> int:
    """End a terminal and what runs in it."""

    async def work(app: App) -> Reply:
        where = project(options, app)
        return ClosedReply.of(await at_terminal(app, where, options.target, app.terminals.close_session))

    show(with_app(options, work), options)
    return 0


def attach(options: Namespace) -> int:
    """Become the program that shows the terminal to the person."""

    async def work(app: App) -> Sequence[str]:
        return await at_terminal(app, project(options, app), options.target, app.terminals.attach)

    argv = with_app(options, work)
    os.execvp(argv[0], list(argv))  # noqa: S606  the words are ours, and no shell reads them


def _print_bare(text: str) -> None:
    sys.stdout.write(text if not text or text.endswith("\n") else f"{text}\n")
