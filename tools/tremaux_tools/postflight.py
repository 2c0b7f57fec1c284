"""The postflight service: say what really happened in a finished run, file it, and keep what it taught."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread

from tremaux_tools import feedback, git
from tremaux_tools.core.job import Cause, JobRecord
from tremaux_tools.core.knowledge import Learned
from tremaux_tools.core.postflight.alerts import alert_of
from tremaux_tools.core.postflight.assessor import Assessor
from tremaux_tools.core.postflight.filed import Filed
from tremaux_tools.core.postflight.learnings import learnings_in
from tremaux_tools.core.postflight.report import Learning, Report, Verdict
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.core.postflight.score import with_learnings
from tremaux_tools.core.postflight.turning import lesson, newest_turning
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.words import goal_name, safe, shorten
from tremaux_tools.errors import BadArgument, GitError, UnknownItem
from tremaux_tools.git import Project
from tremaux_tools.intake import Intake, while_wanted
from tremaux_tools.job_directory import MAX_SHOWN, reports_beside
from tremaux_tools.notify import Notifier
from tremaux_tools.reports import MAX_REPORTS, read_reports
from tremaux_tools.store import attempts, blobs, goals, reports
from tremaux_tools.store.blobs import Blob
from tremaux_tools.store.database import Database
from tremaux_tools.teaching import teach_report

MAX_TURNING = 200  # newest attempts in which a goal's last failure is looked for
MAX_TOOLS = 50  # tools of one task
_SOURCES = "job_id, output or output_path"
_ENDED_BY_US: Mapping[Cause, str] = {
    "timeout": "Tremaux ended the job, as its time was over.",
    "cancel": "Tremaux ended the job, as somebody cancelled it.",
    "size": "Tremaux ended the job, as it printed too much.",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """An output, understood."""

    report: Report
    output: Blob | None
    full_bytes: int


@dataclass(frozen=True, slots=True)
class _Files:
    """Where machine-readable reports of the run may be."""

    named: Sequence[Path]  #: by the caller: each must be one
    beside: Sequence[Path] = ()  #: the log of an imported job
    problem: str = ""  #: why there are none beside it


class Postflight:
    """Files reports of finished runs. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        notifier: Notifier,
        *,
        clock: Callable[[], float],
        redactor: Redactor = PUBLISHED,
    ) -> None:
        self._database = database
        self._intake = intake
        self._notifier = notifier
        self._clock = clock
        self._redactor = redactor

    async def run(self, directory: Path | Project, request: Request) -> Filed:
        """Judge a finished run, file the report, keep what a run that passed taught, and tell who is to be told.

        The project that `directory` belongs to is looked for there; name the project itself where it is known.

        Filed is all or nothing. A receiver that cannot be reached is told in `notice`, after the report is filed.

        Raises:
            BadArgument: an argument makes no sense; nothing was filed.
            UnknownItem: the output of the job was pruned, or there is no such recommendation.
            StateError: the database cannot be used.
        """
        _check(request)
        project = directory if isinstance(directory, Project) else await git.find_project(directory)
        async with self._database.snapshot() as connection:
            await feedback.known(connection, request.recommendation_ids)  # refuses what is none
        read = await self._read(project, request)
        learnings = [*read.report.learnings, *learnings_in(self._redactor.redact(request.notes).text, is_prose=True)]
        if read.report.verdict == "passed" and (goal := _goal_of(request)):
            learnings += await self._turned_green(project, goal, request.job)
        filed = self._filed(request, project, with_learnings(read.report, learnings), read)
        return await self._tell(await self._store(request, filed, read.output), request.notify)

    async def list_reports(
        self, directory: Path, *, limit: int, verdict: Verdict | None = None
    ) -> tuple[list[Filed], int]:
        """The newest reports of the project, newest first, and how many there are in all."""
        project = await git.find_project(directory)
        async with self._database.snapshot() as connection:
            return await reports.newest(connection, project.name, verdict=verdict, limit=limit)

    async def get_report(self, report_id: int) -> Filed:
        """One report.

        Raises:
            UnknownItem: there is none of that number.
        """
        async with self._database.snapshot() as connection:
            found = await reports.get(connection, report_id)
        if found is None:
            raise UnknownItem(f"there is no report {report_id}", "List the reports with list_reports.")
        return found

    async def output(self, report_id: int) -> str:
        """What is kept of the output a report is about, without secrets.

        Raises:
            UnknownItem: there is no such report, or its output was pruned.
        """
        filed = await self.get_report(report_id)
        async with self._database.snapshot() as connection:
            text = await reports.output(connection, report_id)
        if text is None and filed.output_bytes:
            raise UnknownItem(f"the output of report {report_id} was pruned", "Run the gate again.")
        return text or ""

    async def _read(self, project: Project, request: Request) -> _Read:
        """Read the output wherever it is, in a worker thread, until the call is cancelled."""
        chunks: Iterable[str] = (request.output or "",)
        exit_code = request.exit_code
        if request.job is not None:
            chunks = (await self._job_output(request.job) if request.shown is None else request.shown,)
            exit_code = exit_code if request.job.exit_code is None else request.job.exit_code
        elif request.output_path is not None:
            chunks = await self._intake.open(
                request.output_path, project, "output_path", anywhere=request.path_anywhere
            )
        files = await self._files(project, request)
        read = await anyio.to_thread.run_sync(_assessed, while_wanted(chunks), exit_code, files, self._redactor)
        if request.job is None or request.job.cause not in _ENDED_BY_US:
            return read
        warnings = (_ENDED_BY_US[request.job.cause], *read.report.warnings)
        return replace(read, report=replace(read.report, warnings=warnings))

    async def _files(self, project: Project, request: Request) -> _Files:
        named = [
            await self._intake.find(name, project, "report_paths", anywhere=request.path_anywhere)
            for name in request.report_paths
        ]
        if request.job is None or request.job.digest is None:
            return _Files(named)
        found = await anyio.to_thread.run_sync(reports_beside, Path(request.job.directory), request.job.digest)
        return _Files(named, *found)

    async def _job_output(self, job: JobRecord) -> str:
        if job.blob_id is None:
            if job.output_bytes:
                raise UnknownItem(f"the output of job-{job.job_id} was pruned", "Run the command again.")
            return ""
        async with self._database.snapshot() as connection:
            return await blobs.get(connection, job.blob_id)

    async def _turned_green(self, project: Project, goal: str, job: JobRecord | None) -> list[Learning]:
        """What ended the goal's last failure before the job passed; git trouble only leaves the changed files out."""
        owner = job.project if job else project.name
        async with self._database.snapshot() as connection:
            goal_id = await goals.find_goal(connection, owner, goal)
            newest = await attempts.newest(connection, goal_id, limit=MAX_TURNING) if goal_id else []
        own = next((at for at, record in enumerate(newest) if job and record.job_id == job.job_id), 0)
        turning = newest_turning([record.attempt for record in reversed(newest[own:])])
        if turning is None:
            return []
        try:
            is_here = owner == project.name
            files = await git.changed_between(project, turning.failing.tree, turning.passing.tree) if is_here else []
        except GitError:
            files = []
        found = lesson(turning, files)
        return [found] if found else []

    def _filed(self, request: Request, project: Project, report: Report, read: _Read) -> Filed:
        def words(text: str) -> str:
            return shorten(text, self._redactor)

        return Filed(
            id=0,  # given by the store
            project=request.job.project if request.job else project.name,
            goal=_goal_of(request),
            job_id=request.job.job_id if request.job else None,
            task=words(request.task),
            tools_used=tuple(dict.fromkeys(filter(None, map(words, request.tools_used)))),
            report=report,
            learned=Learned(),
            notice="",
            notified=False,
            output_bytes=read.full_bytes,
            has_output=read.output is not None,
            client=words(request.client),
            agent=words(request.agent),
            filed_at=self._clock(),
        )

    async def _store(self, request: Request, filed: Filed, output: Blob | None) -> Filed:
        async with self._database.transaction() as connection:
            project_id = await goals.put_project(connection, filed.project, at=filed.filed_at)
            goal_id = (
                await goals.put_goal(connection, filed.project, filed.goal, at=filed.filed_at) if filed.goal else None
            )
            report_id = await reports.insert(connection, filed, output, project_id=project_id, goal_id=goal_id)
            filed = replace(filed, id=report_id)
            learned = await teach_report(connection, filed, request, self._redactor, project_id=project_id)
            await reports.set_learned(connection, report_id, learned)
        return replace(filed, learned=learned)

    async def _tell(self, filed: Filed, notify: bool | None) -> Filed:
        """Notify whoever is configured, where the rules or the caller want it; never fails the report."""
        if notify is False:
            return filed
        name = filed.task or filed.goal or f"report {filed.id}"
        alert = alert_of(filed.report, name=self._redactor.redact(name).text, always=notify is True)
        if alert is None or not (self._notifier.is_configured or notify):
            return filed
        sent = await self._notifier.send(alert)
        notice = f"told: {alert.title}" if sent.ok else f"nobody was told: {sent.problem}"
        async with self._database.transaction() as connection:
            await reports.set_notice(connection, filed.id, notified=sent.ok, notice=notice)
        return replace(filed, notified=sent.ok, notice=notice)


def _check(request: Request) -> None:
    given = [source for source in (request.job, request.output, request.output_path) if source is not None]
    if len(given) != 1:
        fact = "several sources are given" if given else "there is nothing to look at"
        raise BadArgument(fact, f"Pass exactly one of {_SOURCES}.")
    if request.job is not None:
        if request.job.status == "running":
            raise BadArgument(f"job-{request.job.job_id} still runs", "Wait for its end with get_job and wait_s.")
        if request.exit_code is not None and request.job.exit_code is not None:
            raise BadArgument("exit_code is given beside job_id", "Leave it out: the job knows how it ended.")
    _goal_of(request)  # refuses what is no name
    if len(request.report_paths) > MAX_REPORTS:
        raise BadArgument(f"report_paths names more than {MAX_REPORTS} files", "Name those of one run.")
    if len(request.recommendation_ids) > feedback.MAX_RECOMMENDATIONS:
        most = feedback.MAX_RECOMMENDATIONS
        raise BadArgument(f"recommendation_ids names more than {most}", "Name those the task was done with.")
    if len(request.tools_used) > MAX_TOOLS:
        raise BadArgument(f"tools_used names more than {MAX_TOOLS} tools", "Name those that mattered.")


def _goal_of(request: Request) -> str | None:
    """The goal that a run was for: the one named, else that of its job."""
    name = request.job.goal if request.job and request.goal is None else request.goal
    return None if name is None else goal_name(name)


def _assessed(chunks: Iterable[str], exit_code: int | None, files: _Files, redactor: Redactor) -> _Read:
    assessor = Assessor(redactor)
    for chunk in chunks:
        assessor.feed(chunk)
    told = read_reports([*files.named, *files.beside])
    report = assessor.finish(exit_code, results=told.results)
    strangers = [path.name for path in files.named if path in told.strangers]
    problems = [
        *told.problems,
        *(f"{name[:MAX_SHOWN]!r} is no report that can be read here." for name in strangers),
        *([files.problem] if files.problem else []),
    ]
    warnings = (safe(problem, redactor) for problem in problems)
    report = replace(report, warnings=(*report.warnings, *warnings))
    return _Read(report, blobs.pack(assessor.text) if assessor.text else None, assessor.full_bytes)
