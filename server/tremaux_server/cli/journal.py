"""The journal tools for a person's shell: record, stall, resume, status, since, fingerprint, journal."""

import sys
from argparse import Namespace
from math import isfinite
from pathlib import Path

from tremaux_server.app import App
from tremaux_server.cli.session import project, show, standard_input, with_app
from tremaux_server.replies.base import Reply
from tremaux_server.replies.journal import (
    AttemptPart,
    AttemptsReply,
    ChangesReply,
    FingerprintReply,
    GoalPart,
    GoalsReply,
    RecordReply,
    ResumeReply,
)
from tremaux_server.replies.transfer import ImportReply
from tremaux_server.replies.verdict import VerdictReply
from tremaux_tools.core.attempt import Gate, Metric
from tremaux_tools.core.entry import Entry
from tremaux_tools.errors import BadArgument

STALLED = 10  # exit code
STDIN = "-"


def record(options: Namespace) -> int:
    """Record an attempt."""
    from_stdin = options.output == STDIN
    entry = Entry(
        action=options.action,
        gate=Gate(options.gate),
        output=standard_input() if from_stdin else "",
        output_path=str(Path(options.output).absolute()) if options.output and not from_stdin else None,
        path_anywhere=True,
        exit_code=options.exit_code,
        command=options.gate_command,
        hypothesis=options.hypothesis,
        goal=options.goal,
        iteration=options.iteration,
        note=options.note,
        tree=options.tree,
        reset=options.reset,
        metric=_metric(options.metric) if options.metric else None,
        client="tremaux record",
    )

    async def work(app: App) -> Reply:
        return RecordReply.of(await app.journal.record(project(options, app), entry))

    show(with_app(options, work), options)
    return 0


def stall(options: Namespace) -> int:
    """Judge a goal; with `--exit-code` exit with 10 when it is stalled."""

    async def work(app: App) -> VerdictReply:
        return VerdictReply.of(await app.journal.check(project(options, app), options.goal, repeats=options.k))

    reply = with_app(options, work)
    show(reply, options)
    return STALLED if options.exit_code and reply.verdict == "STALLED" else 0


def resume(options: Namespace) -> int:
    """Tell where a goal stands."""

    async def work(app: App) -> Reply:
        return ResumeReply.of(await app.journal.resume(project(options, app), options.goal), limit=options.n)

    show(with_app(options, work), options)
    return 0


def status(options: Namespace) -> int:
    """List the goals, or the newest attempts at one."""

    async def work(app: App) -> Reply:
        where = project(options, app)
        if options.goal is None:
            return GoalsReply(goals=[GoalPart.of(goal) for goal in (await app.journal.list_goals(where))[: options.n]])
        records, total = await app.journal.list_attempts(where, options.goal, limit=options.n)
        parts = [AttemptPart.of(record) for record in records]
        return AttemptsReply(goal=options.goal, total=total, offset=0, attempts=parts)

    show(with_app(options, work), options)
    return 0


def since(options: Namespace) -> int:
    """List what changed since the last recorded attempt."""

    async def work(app: App) -> Reply:
        return ChangesReply.of(await app.journal.changes_since(project(options, app), options.goal))

    show(with_app(options, work), options)
    return 0


def fingerprint(options: Namespace) -> int:
    """Name the failure in a log."""
    text = standard_input() if options.file == STDIN else None
    path = None if options.file == STDIN else str(Path(options.file).absolute())

    async def work(app: App) -> Reply:
        failure = await app.journal.explain(
            project(options, app), text=text, path=path, exit_code=options.exit_code, anywhere=True
        )
        return FingerprintReply.of(failure)

    show(with_app(options, work), options)
    return 0


def import_journal(options: Namespace) -> int:
    """Add the attempts of a journal file; a corrupt line is told and passed over."""

    async def work(app: App) -> ImportReply:
        return ImportReply.of(await app.services.transfer.load(project(options, app), options.file, goal=options.goal))

    reply = with_app(options, work)
    show(reply, options)
    return 1 if reply.skipped else 0


def export_journal(options: Namespace) -> int:
    """Write a goal's attempts as JSON lines, oldest first."""

    async def work(app: App) -> list[str]:
        lines = app.services.transfer.dump(project(options, app), options.goal, with_outputs=options.outputs)
        return [line async for line in lines]

    text = "".join(f"{line}\n" for line in with_app(options, work))
    if options.file is None:
        sys.stdout.write(text)
    else:
        try:
            options.file.write_text(text, "utf-8")
        except OSError as error:
            raise BadArgument(
                f"FILE {str(options.file)!r} cannot be written: {error.strerror}", "Check the path."
            ) from error
    return 0


def _metric(text: str) -> Metric:
    name, _, rest = text.rpartition("=")
    value, _, better = rest.partition(":")
    try:
        if name and better in ("lower", "higher") and isfinite(float(value)):
            return Metric(name, float(value), "lower" if better == "lower" else "higher")
    except ValueError:
        pass
    raise BadArgument(f"--metric {text!r} does not fit", "Write it as NAME=VALUE:lower or NAME=VALUE:higher.")
