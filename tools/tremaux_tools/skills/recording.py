"""Take in a finished task as an agent tells of it."""

import math
from collections.abc import Mapping
from typing import Any

from tremaux_tools.core.redact import Redactor
from tremaux_tools.core.skills.extraction import extract
from tremaux_tools.core.skills.learning import graph_of
from tremaux_tools.core.skills.new_task import NewTask
from tremaux_tools.core.skills.pitfall import told_pitfall_of
from tremaux_tools.core.skills.qa import errors_from_qa, learnings_from_qa, verdict_from_qa
from tremaux_tools.core.skills.recommendation import Recorded
from tremaux_tools.core.skills.task import FinishedTask, Verdict, storable_task
from tremaux_tools.core.skills.traits import traits_of
from tremaux_tools.core.words import storable
from tremaux_tools.errors import BadArgument
from tremaux_tools.store import goals
from tremaux_tools.store.database import Database
from tremaux_tools.teaching import teach

MAX_NAME = 200  # characters of a task's id
MAX_TOOLS = 50
LATEST = 253_402_300_799.0  # Unix seconds: the end of the year 9999, the last that ISO 8601 writes with four digits


async def record(
    database: Database,
    project: str,
    new: NewTask,
    qa_results: Mapping[str, Any],
    *,
    at: float,
    redactor: Redactor,
) -> Recorded:
    """Keep a task of the project of that name, and what it teaches.

    Raises:
        BadArgument: a field makes no sense; nothing was recorded.
    """
    _check(new)
    task = storable_task(_task(new, project, qa_results, at=at), redactor)
    learnings = learnings_from_qa(qa_results, redactor)
    if task.verdict == "failed":
        graph = told_pitfall_of(task, errors_from_qa(qa_results, redactor))
    else:
        graph = graph_of(task, learnings)
    async with database.transaction() as connection:
        project_id = await goals.put_project(connection, project, at=at)
        learned = await teach(
            connection, task, graph, traits=traits_of(task, ()), report_id=None, project_id=project_id, at=at
        )
    taught = next(iter(learned.learnings), None)
    skills = tuple((skill.category, skill.name) for skill in extract(task, learnings))
    return Recorded(skills, taught, is_new=learned.learnings_stored + learned.pitfalls_stored > 0)


def _task(new: NewTask, project: str, qa_results: Mapping[str, Any], *, at: float) -> FinishedTask:
    return FinishedTask(
        name=new.task_id.strip(),
        project=project,
        prompt=new.prompt,
        verdict=_verdict(new, qa_results),
        tools=tuple(new.tools_used),
        duration=new.duration,
        summary=new.result_summary,
        status=new.status,
        finished_at=at if new.timestamp is None else new.timestamp,
    )


def _verdict(new: NewTask, qa_results: Mapping[str, Any]) -> Verdict:
    """What is known of the task; evidence beats a claim."""
    if (seen := verdict_from_qa(qa_results)) is not None:
        return seen
    if new.qa_passed is None:
        return "uncertain"
    return "passed" if new.qa_passed else "failed"


def _check(new: NewTask) -> None:
    if not storable(new.task_id).strip() or len(new.task_id) > MAX_NAME:
        raise BadArgument(
            f"task_id {new.task_id[:MAX_NAME]!r} names no task", f"Use 1 to {MAX_NAME} characters, its own for each."
        )
    if not storable(new.prompt).strip():
        raise BadArgument("the task's prompt is empty", "Say what was to be done.")
    if len(new.tools_used) > MAX_TOOLS:
        raise BadArgument(f"tools_used names {len(new.tools_used)} tools", f"Name at most {MAX_TOOLS} that mattered.")
    if new.duration is not None and not (math.isfinite(new.duration) and new.duration >= 0):
        raise BadArgument(f"duration is {new.duration}", "Give seconds, 0 or more.")
    if new.timestamp is not None and not 0 <= new.timestamp <= LATEST:
        raise BadArgument(f"timestamp {new.timestamp} is no time", "Give ISO 8601 or Unix seconds.")
