"""Keep a finished task and what it taught: in one transaction, whoever judged it."""

import aiosqlite

from tremaux_tools import feedback
from tremaux_tools.core.job import JobRecord
from tremaux_tools.core.knowledge import Graph, Learned
from tremaux_tools.core.postflight.filed import Filed
from tremaux_tools.core.postflight.request import Request
from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.skills.learning import graph_of
from tremaux_tools.core.skills.pitfall import pitfall_of
from tremaux_tools.core.skills.task import FinishedTask, storable_task
from tremaux_tools.core.skills.traits import traits_of
from tremaux_tools.store import knowledge, tasks

UNNAMED_GOAL = "default"  # the goal of whoever names none: its name says nothing of the task


async def teach(
    connection: aiosqlite.Connection,
    task: FinishedTask,
    graph: Graph,
    *,
    traits: frozenset[str],
    report_id: int | None,
    project_id: int,
    at: float,
) -> Learned:
    """Keep the task, what it taught and what it tells of its project; the same task again replaces the former."""
    await tasks.put(connection, task, project_id=project_id)
    await tasks.put_traits(connection, project_id, traits)
    return await knowledge.add(connection, graph, project_id=project_id, report_id=report_id, at=at)


async def teach_report(
    connection: aiosqlite.Connection, filed: Filed, request: Request, redactor: Redactor, *, project_id: int
) -> Learned:
    """Keep the task that a report is about: one that passed teaches findings, one that failed a pitfall.

    How it ended counts for the learnings it was done with.
    """
    task = storable_task(_task_of(filed, request.job, request.notes), redactor)
    report = filed.report
    if task.verdict != "uncertain":  # counted first: what the task teaches now was not recommended for it
        given = await feedback.known(connection, request.recommendation_ids)
        passed = task.verdict == "passed"
        await feedback.count(connection, given, passed=passed, used=True, report_id=filed.id, at=filed.filed_at)
    graph = pitfall_of(task, report) if task.verdict == "failed" else graph_of(task, report.learnings)
    traits = traits_of(task, [run.runner for run in report.runs])
    return await teach(
        connection, task, graph, traits=traits, report_id=filed.id, project_id=project_id, at=filed.filed_at
    )


def _task_of(filed: Filed, job: JobRecord | None, notes: str) -> FinishedTask:
    """The task of a report. One that was not seen to pass or to fail, or that somebody cancelled, has no verdict."""
    report = filed.report
    is_judged = report.validated and not (job and job.cause == "cancel")
    ended_at = job.ended_at if job else None
    return FinishedTask(
        name=job.name if job else f"report-{filed.id}",
        project=filed.project,
        prompt=filed.task or ("" if filed.goal in (None, UNNAMED_GOAL) else filed.goal),
        verdict=report.verdict if is_judged else "uncertain",
        tools=filed.tools_used,
        duration=max(0.0, ended_at - job.started_at) if job and ended_at is not None else None,
        summary=notes,
        status=report.verdict,
        report_id=filed.id,
        finished_at=filed.filed_at if ended_at is None else ended_at,
    )
