"""`tremaux postflight` and `report`: proof for a person's shell and for CI."""

import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import anyio

from tremaux_server.app import App
from tremaux_server.cli.session import project, show, standard_input, with_app
from tremaux_server.replies.postflight import PostflightReply, ReportPart, ReportsReply
from tremaux_tools.core.job import JOB_PREFIX, JobRecord
from tremaux_tools.core.postflight.filed import Filed
from tremaux_tools.core.postflight.formats import as_ctrf, as_junit, as_markdown
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.errors import BadArgument

FAILED = 1  # exit code
MAX_SHOWN = 200  # characters of a wrong argument
FORMATS = {"junit": as_junit, "ctrf": as_ctrf, "md": as_markdown}
STDIN = "-"


def postflight(options: Namespace) -> int:
    """Judge a job, a job's directory, a log, or standard input; by default the newest ended job of the goal, if named.

    With `--exit-code` exit with 1 unless it is proven to have passed.
    """
    if options.recent is not None:
        return _recent(options)

    async def work(app: App) -> Filed:
        return await app.postflight.run(project(options, app), await _request(options, app))

    filed = with_app(options, work)
    _print(filed, options)
    return _code(options, filed)


def list_reports(options: Namespace) -> int:
    """List the reports of the project."""

    async def work(app: App) -> ReportsReply:
        found, total = await app.postflight.list_reports(
            project(options, app), limit=options.n, verdict=options.verdict
        )
        return ReportsReply(total=total, reports=[ReportPart.of(filed) for filed in found])

    show(with_app(options, work), options)
    return 0


def show_report(options: Namespace) -> int:
    """Show a report again, in any format."""

    async def work(app: App) -> Filed:
        return await app.postflight.get_report(options.report_id)

    filed = with_app(options, work)
    _print(filed, options)
    return _code(options, filed)


def _recent(options: Namespace) -> int:
    """Judge the newest jobs that have ended, in the order they ran; tell one line each, newest first."""
    if options.what is not None:
        raise BadArgument("--recent is given beside WHAT", "Give one of the two.")
    if options.exited is not None:
        raise BadArgument("--exited is given beside --recent", "Leave it out: jobs know how they ended.")
    if options.format in FORMATS:
        raise BadArgument(f"--recent has no --format {options.format}", "Judge one job, or use --json.")
    options.json = options.json or options.format == "json"

    async def work(app: App) -> list[Filed]:
        where = project(options, app)
        jobs = await _ended(options, app, limit=options.recent)
        judged = [await app.postflight.run(where, replace(_asked(options), job=job)) for job in reversed(jobs)]
        return judged[::-1]

    filed = with_app(options, work)
    show(ReportsReply(total=len(filed), reports=[ReportPart.of(one) for one in filed]), options)
    return _code(options, *filed)


async def _request(options: Namespace, app: App) -> Request:
    """What WHAT names: standard input, a directory, a file, or else a job."""
    asked, what = replace(_asked(options), exit_code=options.exited), options.what
    if what is None:
        newest = await _ended(options, app, limit=1)
        return replace(asked, job=newest[0])
    if what == STDIN:
        return replace(asked, output=standard_input())
    path = anyio.Path(Path.cwd() / what)
    if await path.is_dir():
        imported = await app.services.import_job(project(options, app), Path(path))
        for warning in imported.warnings:
            print(f"tremaux: {warning}", file=sys.stderr)
        return replace(asked, job=imported.record)
    if await path.exists():
        return replace(asked, output_path=str(path))
    if not what.removeprefix(JOB_PREFIX).isdigit():
        raise BadArgument(f"there is no file, directory or job {what[:MAX_SHOWN]!r}", "Check the path.")
    return replace(asked, job=await app.services.ended_job(what))


async def _ended(options: Namespace, app: App, *, limit: int) -> list[JobRecord]:
    """The newest jobs that have ended, of the goal that is asked about, newest first; one at least."""
    found = await app.services.recent_jobs(project(options, app), goal=options.goal, limit=limit)
    if not found:
        of_goal = f" of goal {options.goal[:MAX_SHOWN]!r}" if options.goal else ""
        raise BadArgument(f"no job{of_goal} has ended in this project", "Run one with tremaux run, or name a log.")
    return found


def _asked(options: Namespace) -> Request:
    """What the options say, but for the source."""
    return Request(
        task=options.task,
        goal=options.goal,
        notes=options.notes,
        tools_used=options.tool,
        recommendation_ids=options.recommendation,
        report_paths=[str(Path(name).absolute()) for name in options.report],
        notify=options.notify,
        path_anywhere=True,
        client="tremaux postflight",
    )


def _print(filed: Filed, options: Namespace) -> None:
    """Print a report in the format asked for; what a file format has is written as it is."""
    if options.json or options.format in ("json", "text"):
        options.json = options.json or options.format == "json"
        show(PostflightReply.of(filed), options)
    else:
        sys.stdout.write(FORMATS[options.format](filed.report, name=filed.task or filed.goal or f"report {filed.id}"))


def _code(options: Namespace, *filed: Filed) -> int:
    """With `--exit-code`: an exit code or counted tests must prove each pass, words alone do not."""
    proven = all(one.report.verdict == "passed" and one.report.validated for one in filed)
    return FAILED if options.exit_code and not proven else 0
