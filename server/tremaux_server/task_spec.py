"""A finished task as a caller tells of it: its fields by name, of the right types. The rest the service checks."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tremaux_server.fields import read_fields
from tremaux_tools.core.skills.new_task import NewTask
from tremaux_tools.errors import BadArgument

MAX_SHOWN = 60  # characters of a wrong time


class TaskSpec(BaseModel):
    """The fields of a finished task by the names that agents know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task_id: str
    prompt: str
    project: Annotated[str, Field(description="A directory or a name, if not the current project")] | None = None
    status: str = ""
    tools_used: list[str] = []
    duration: Annotated[float, Field(description="Seconds")] | None = None
    result_summary: str = ""
    qa_passed: Annotated[bool, Field(description="Null if nobody checked")] | None = None
    timestamp: Annotated[str | float, Field(description="ISO 8601 or Unix seconds")] | None = None

    def task(self, within: str) -> NewTask:
        """The task that the service takes.

        Raises:
            BadArgument: the timestamp is none.
        """
        return NewTask(
            task_id=self.task_id,
            prompt=self.prompt,
            project=self.project,
            status=self.status,
            tools_used=tuple(self.tools_used),
            duration=self.duration,
            result_summary=self.result_summary,
            qa_passed=self.qa_passed,
            timestamp=None if self.timestamp is None else _seconds(self.timestamp, f"{within}timestamp"),
        )


def new_task(fields: Mapping[str, Any], within: str = "task.") -> NewTask:
    """A finished task of its fields; null means what leaving a field out means. `within` names it in an error.

    Raises:
        BadArgument: a field is unknown, missing or makes no sense.
    """
    return read_fields(TaskSpec, fields, within, packed=("tools_used",)).task(within)


def _seconds(told: str | float, name: str) -> float:
    """Unix seconds of a time; one without a zone is UTC."""
    if not isinstance(told, str):
        return told
    try:
        return float(told)
    except ValueError:
        pass
    try:
        read = datetime.fromisoformat(told.strip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except ValueError as error:
        raise BadArgument(
            f"Argument {name!r} is {told!r:.{MAX_SHOWN}}, which is no time",
            "Write it as 2026-01-31T12:00:00Z, or in Unix seconds.",
        ) from error
