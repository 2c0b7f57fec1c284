"""Settle a run that has ended: gather the evidence, keep its work, and decide where its ticket goes.

Everything but the last step may be done twice, by whoever takes the run over from a process that died half-way: a
report and an attempt belong to one job, and work that is committed is not committed again. The last step is one
transaction that only the run's owner can make.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import aiosqlite
import anyio.to_thread

from tremaux_tools import feedback, git
from tremaux_tools.core.attempt import Gate
from tremaux_tools.core.entry import Entry
from tremaux_tools.core.job import JobRecord
from tremaux_tools.core.learning.subjects import run_subject
from tremaux_tools.core.postflight.filed import Filed
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.settings.registry import FIRST_DELAY
from tremaux_tools.core.tickets.aftermath import Ended, after_run
from tremaux_tools.core.tickets.blocked import blocked_reason
from tremaux_tools.core.tickets.profile import OutputFormat, Profile
from tremaux_tools.core.tickets.result import WorkerResult, read_result
from tremaux_tools.core.tickets.ticket import VERDICTS, Run, RunOutcome, Ticket, run_name
from tremaux_tools.core.words import shorten
from tremaux_tools.dispatch import trials
from tremaux_tools.dispatch.folders import Folders, branch_of
from tremaux_tools.dispatch.leases import DISPATCHER, Claimed
from tremaux_tools.errors import BadArgument, GitConflict, GitError, NotAllowed, TremauxError, UnknownItem
from tremaux_tools.jobs import Jobs
from tremaux_tools.journal import Journal
from tremaux_tools.live_settings import LiveSettings
from tremaux_tools.postflight import Postflight
from tremaux_tools.store import moves, recommendations, reports, runs, tickets
from tremaux_tools.store.changes import Changes
from tremaux_tools.store.database import Database
from tremaux_tools.workers import Workers

_log = logging.getLogger(__name__)
_GATES: dict[RunOutcome, Gate] = {
    "completed": Gate.PASS,
    "failed": Gate.FAIL,
    "timed_out": Gate.FAIL,
    "blocked": Gate.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known of a run that has ended."""

    job: JobRecord
    output: str  #: as a reader would see it
    told: WorkerResult
    report: Filed
    is_log: bool  #: what it printed is a log; what an agent writes of test runs is none


class Settlement:
    """Settles runs. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        changes: Changes,
        jobs: Jobs,
        journal: Journal,
        postflight: Postflight,
        workers: Workers,
        folders: Folders,
        *,
        settings: LiveSettings,
        clock: Callable[[], float],
        redactor: Redactor,
    ) -> None:
        self._database = database
        self._changes = changes
        self._jobs = jobs
        self._journal = journal
        self._postflight = postflight
        self._workers = workers
        self._folders = folders
        self._settings = settings
        self._clock = clock
        self._redactor = redactor

    async def settle(self, claimed: Claimed, job: JobRecord) -> None:
        """Settle a run whose job has ended."""
        ticket, run = claimed.ticket, claimed.run
        profile = await self._workers.profile_of(ticket)
        there = await _site(ticket, run)
        evidence = await self._evidence(ticket, job, profile, there)
        run = replace(run, exit_code=job.exit_code, report_id=evidence.report.id)
        run = replace(run, result=shorten(evidence.told.result, self._redactor))
        async with self._database.snapshot() as connection:
            run = replace(run, stopping=(await runs.get(connection, run.run_id)).stopping)
        run = _judged(run, evidence)
        await self._note_usage(run, evidence.told)
        run = replace(run, fingerprint=await self._record(ticket, run, evidence, there))
        problem, has_work = await self._keep_work(ticket, run)
        if problem and run.outcome == "completed":
            run = replace(run, outcome="blocked", reason=problem)
        if not has_work:
            run = replace(run, branch="")  # it goes with the work tree
        if await self._finish(ticket, run, ladder_length=len(profile.ladder) if profile else 0):
            keeps_tree = bool(problem) or (has_work and run.outcome == "completed")  # a completed one can be merged
            await self._folders.clear(ticket, run, keep_tree=keeps_tree)

    async def give_up(self, claimed: Claimed, error: TremauxError) -> None:
        """Settle a run that could not begin: a person has to mend it, or its place may be back soon."""
        needs_person = isinstance(error, BadArgument | NotAllowed | UnknownItem | GitConflict)
        reason = f"{error}. {error.hint}" if error.hint else str(error)
        await self._never_began(claimed, "blocked" if needs_person else "lost", reason)

    async def lose(self, claimed: Claimed, reason: str) -> None:
        """Settle a run that never began."""
        await self._never_began(claimed, "lost", reason)

    async def _never_began(self, claimed: Claimed, outcome: RunOutcome, reason: str) -> None:
        async with self._database.snapshot() as connection:
            run = await runs.get(connection, claimed.run.run_id)
        ended = replace(run, owner=claimed.run.owner, outcome=outcome, reason=reason, branch="")
        if await self._finish(claimed.ticket, ended, ladder_length=0):
            await self._folders.clear(claimed.ticket, run, keep_tree=False)

    async def _evidence(self, ticket: Ticket, job: JobRecord, profile: Profile | None, there: git.Project) -> _Evidence:
        output = await self._jobs.log(job)
        format_ = profile.output if profile else "text"
        told = await anyio.to_thread.run_sync(self._read, format_, output)  # millions of short lines take a while
        # What agents print beside their events are warnings, until one crashes.
        shown = output if format_ == "text" else told.result if job.exit_code == 0 else told.words
        async with self._database.snapshot() as connection:
            known = await reports.of_job(connection, job.job_id)
        if known is not None:
            return _Evidence(job, shown, told, await self._postflight.get_report(known), is_log=format_ == "text")
        request = Request(
            job=job,
            shown=None if format_ == "text" else shown,
            task=ticket.prompt if ticket.prompt is not None else ticket.description,
            notes="" if format_ == "text" else told.result,
            client=ticket.client,
            agent=ticket.agent,
        )
        filed = await self._postflight.run(there, request)
        return _Evidence(job, shown, told, filed, is_log=format_ == "text")

    def _read(self, format_: OutputFormat, output: str) -> WorkerResult:
        """What a worker told, without secrets: put together from pieces, what was none in the log may be one."""
        told = read_result(format_, output)
        result, aside = (self._redactor.redact(text).text for text in (told.result, told.aside))
        return replace(told, result=result, aside=aside)

    async def _note_usage(self, run: Run, told: WorkerResult) -> None:
        if told.usage_by_model:
            async with self._database.transaction() as connection:
                await runs.set_usage(connection, run, told.usage_by_model, at=self._clock())

    async def _record(self, ticket: Ticket, run: Run, evidence: _Evidence, there: git.Project) -> str:
        """Record the run as an attempt at the ticket's goal; returns the fingerprint of its failure."""
        entry = Entry(
            action=f"run {run.epoch} by {ticket.runner}{f' with {run.model}' if run.model else ''}",
            gate=_GATES.get(run.outcome, Gate.NONE),
            output=evidence.output,
            exit_code=evidence.job.exit_code,
            command=evidence.job.command,
            goal=ticket.goal_name,
            note=run.reason,
            job_id=evidence.job.job_id,
            client=ticket.client,
            agent=ticket.agent,
        )
        try:
            recorded = await self._journal.record_run(there, entry)
        except BadArgument as error:  # the project's settings make no sense any more; the run is over all the same
            _log.warning("run %s of ticket %s is no attempt: %s", run.epoch, ticket.name, error)
            return ""
        return recorded.record.attempt.fingerprint or ""

    async def _keep_work(self, ticket: Ticket, run: Run) -> tuple[str, bool]:
        """Commit what the worker left in its work tree: what went wrong, empty where nothing did; whether it is any."""
        if not run.worktree:
            return "", False
        trailers = {"Tremaux-Ticket": ticket.name, "Tremaux-Report": str(run.report_id)}
        ref = f"{git.SNAPSHOTS}{git.ref_part(ticket.name)}/{run.epoch}/post"
        tree = Path(run.worktree)
        try:
            project = await git.find_project(Path(ticket.root))
            title = self._redactor.redact(ticket.title).text
            await git.commit_work(
                tree,
                message=f"{title}\n\nRun {run.epoch}.",
                trailers=trailers,
                project=project,
                branch=branch_of(ticket, run),
            )
            # Keeps what the worker did also when its branch is deleted.
            there = await git.open_worktree(project, tree)
            kept = await git.take_snapshot(there, ref=ref, message=f"After run {run.epoch} of ticket {ticket.name}")
        except (GitError, BadArgument) as error:
            return f"its work in {run.worktree} could not be committed: {error}", True
        return "", kept.commit != run.base

    async def _finish(self, ticket: Ticket, run: Run, *, ladder_length: int) -> bool:
        """Keep how a run ended and move its ticket; false where the run is another process's by now."""
        now = self._clock()
        async with self._database.transaction() as connection:
            current = await runs.get(connection, run.run_id)
            ticket = await tickets.get(connection, ticket.ticket_id)
            if run.outcome != "completed" and (stopped := _stopped(current)):  # somebody decided meanwhile, and why
                run = replace(run, outcome=stopped, reason=ticket.reason)
            if not await runs.end(connection, replace(run, ended_at=now)):
                return False
            await _count(connection, run, at=now)
            await trials.count(connection, replace(current, outcome=run.outcome), at=now)
            earlier = [Ended.of(each) for each in await tickets.runs(connection, ticket.ticket_id)][: run.epoch - 1]
            next_run = run_subject(replace(run, epoch=run.epoch + 1))
            delay = await self._settings.read(connection, [FIRST_DELAY], subject=next_run)
            following = after_run(
                ticket,
                Ended.of(run),
                earlier,
                ladder_length=ladder_length,
                first_delay=delay[FIRST_DELAY.name].value,
            )
            if following.delay:  # what it was good for is seen by the run after it
                await self._settings.expose(connection, delay, next_run)
            new = replace(
                ticket,
                status=following.status,
                reason=following.reason,
                retry_count=following.retry_count,
                loss_count=following.loss_count,
                rung=following.rung,
                not_before=now + following.delay if following.delay else 0.0,
            )
            await moves.move(connection, ticket, new, by=DISPATCHER, at=now)
        self._changes.tell()
        return True


async def _count(connection: aiosqlite.Connection, run: Run, *, at: float) -> None:
    """Let how a run ended count for what was recommended in its prompt."""
    if run.outcome not in VERDICTS:
        return
    given = await feedback.known(connection, await recommendations.of_subject(connection, run_name(run)))
    passed = run.outcome == "completed"
    await feedback.count(connection, given, passed=passed, used=False, report_id=run.report_id, at=at)


async def _site(ticket: Ticket, run: Run) -> git.Project:
    """Where a run worked, by the word of the ticket's repository: what the worker left there is not believed.

    Where that is no more, or points elsewhere by now, it counts as outside git: no git runs in it.
    """
    root = Path(run.worktree or ticket.root)
    try:
        project = await git.find_project(Path(ticket.root))
        return await git.open_worktree(project, root) if run.worktree else project
    except (BadArgument, GitError):
        return git.Project(path=Path(ticket.project), root=root, git_dir=None)


def _judged(run: Run, evidence: _Evidence) -> Run:
    """How a run ended, by what was seen of it and not by what it claims."""
    outcome, reason = _judgement(run, evidence)
    return replace(run, outcome=outcome, reason=reason)


def _judgement(run: Run, evidence: _Evidence) -> tuple[RunOutcome, str]:
    job, told, report = evidence.job, evidence.told, evidence.report.report
    blocked = blocked_reason(told.result)
    cause = report.root_cause.excerpt if report.root_cause else ""
    judgement: tuple[RunOutcome, str]
    stopped = _stopped(run)
    if stopped and not (stopped == "paused" and job.status == "exited"):  # else it was done before it was stopped
        judgement = stopped, ""
    elif job.status == "lost":
        judgement = "lost", "its supervisor was killed"
    elif job.cause == "timeout":
        judgement = "timed_out", f"ended after its {job.timeout:g} s were over"
    elif job.cause == "cancel":  # by cancel_job: who ends a run does not want the next one
        judgement = "blocked", "somebody cancelled its run"
    elif blocked is not None:
        judgement = "blocked", blocked
    elif job.cause or job.exit_code != 0 or told.is_error:
        judgement = "failed", (told.result if told.is_error else "") or cause
    elif report.verdict == "failed" and evidence.is_log:
        judgement = "failed", f"exit code 0, but what it printed says failed: {cause}".removesuffix(": ")
    else:
        judgement = "completed", ""
    return judgement


def _stopped(run: Run) -> RunOutcome:
    """How a run ends that was stopped; empty for one that was not."""
    match run.stopping:
        case "cancel":
            return "cancelled"
        case "block":
            return "blocked"
        case "budget":
            return "paused"
    return ""
