"""The journal tools: remember attempts, tell when they go in circles."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import BaseModel, ConfigDict, Field

from tremaux_server.app import App
from tremaux_server.replies.journal import (
    AttemptPart,
    AttemptsReply,
    ChangesReply,
    FingerprintReply,
    GoalPart,
    GoalReply,
    GoalsReply,
    RecordReply,
    ResumeReply,
)
from tremaux_server.replies.verdict import VerdictReply
from tremaux_server.tool import ADDS, READS, SETS, Offer, client_name
from tremaux_server.uris import attempts_uri
from tremaux_server.where import ProjectName, Where
from tremaux_tools.core.attempt import Gate, Metric
from tremaux_tools.core.entry import Entry

MAX_PAGE = 100
MAX_NUMBER = 2**31 - 1

GoalName = Annotated[str, Field(description="What the attempts are for")]
Repeats = Annotated[int, Field(ge=2, le=20, description="Equal failures that make a stall; 3 if not set")]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
ExitCode = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]


class MetricArgument(BaseModel):
    """A number the work should move."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=100)]
    value: Annotated[float, Field(allow_inf_nan=False)]
    better: Literal["lower", "higher"]


class JournalTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def record_attempt(
        self,
        action: Annotated[str, Field(description="What was changed or done, one line")],
        gate: Literal["pass", "fail", "blocked", "none"],
        where: Where,
        context: Context[Any, Any],
        gate_output: str = "",
        gate_output_path: str | None = None,
        exit_code: ExitCode | None = None,
        command: str | None = None,
        hypothesis: str = "",
        goal: GoalName = "default",
        iteration: Number | None = None,
        note: str = "",
        tree: str | None = None,
        reset: Annotated[bool, Field(description="A person gave new direction before this attempt")] = False,
        metric: MetricArgument | None = None,
        project: ProjectName = None,
    ) -> RecordReply:
        """Record one try at a goal with what its gate (test, build, lint) printed, and learn whether you are stuck.

        Use it after every gate run, pass or fail. gate "none" is a step that verified nothing. Give gate_output or
        gate_output_path, and exit_code when known. If the verdict is STALLED, change strategy before editing again.
        To look without recording use check_stall.
        """
        entry = Entry(
            action=action,
            gate=Gate(gate),
            output=gate_output,
            output_path=gate_output_path,
            exit_code=exit_code,
            command=command,
            hypothesis=hypothesis,
            goal=goal,
            iteration=iteration,
            note=note,
            tree=tree,
            reset=reset,
            metric=Metric(metric.name, metric.value, metric.better) if metric else None,
            client=client_name(context),
            agent=self._app.settings.agent,
        )
        recorded = await self._app.journal.record(where, entry)
        await context.notify_resource_updated(attempts_uri(recorded.goal))
        return RecordReply.of(recorded)

    async def check_stall(
        self,
        where: Where,
        goal: GoalName = "default",
        k: Repeats | None = None,
        project: ProjectName = None,
    ) -> VerdictReply:
        """Tell whether the attempts at a goal go in circles, by which rule, with evidence and dead ends.

        Records nothing. record_attempt answers the same verdict, so call this only to look again.
        """
        return VerdictReply.of(await self._app.journal.check(where, goal, repeats=k))

    async def resume_goal(
        self,
        where: Where,
        goal: GoalName = "default",
        limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 12,
        project: ProjectName = None,
    ) -> ResumeReply:
        """Tell what was tried for a goal, what failed, what to avoid and what changed since.

        Start each turn with it, and every restart. For single attempts use list_attempts.
        """
        return ResumeReply.of(await self._app.journal.resume(where, goal), limit=limit)

    async def changes_since(
        self, where: Where, goal: GoalName = "default", project: ProjectName = None
    ) -> ChangesReply:
        """List the files that changed since the goal's last recorded attempt, committed or not.

        Use it to learn what the last attempts really touched. The user's index and HEAD stay untouched.
        """
        return ChangesReply.of(await self._app.journal.changes_since(where, goal))

    async def list_attempts(
        self,
        where: Where,
        goal: GoalName = "default",
        limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 10,
        offset: Number = 0,
        project: ProjectName = None,
    ) -> AttemptsReply:
        """List single attempts at a goal, newest first. For the summary that a turn starts with use resume_goal."""
        records, total = await self._app.journal.list_attempts(where, goal, limit=limit, offset=offset)
        return AttemptsReply(
            goal=goal, total=total, offset=offset, attempts=[AttemptPart.of(record) for record in records]
        )

    async def list_goals(self, where: Where, project: ProjectName = None) -> GoalsReply:
        """List the goals of this project, the latest worked on first. To go on with one use resume_goal."""
        return GoalsReply(goals=[GoalPart.of(goal) for goal in await self._app.journal.list_goals(where)])

    async def close_goal(
        self,
        goal: GoalName,
        outcome: Annotated[str, Field(min_length=1, max_length=200, description="achieved, abandoned, ...")],
        where: Where,
        note: str = "",
        project: ProjectName = None,
    ) -> GoalReply:
        """Mark a goal as done with. Its attempts stay; recording a new one opens it again."""
        return GoalReply.of(await self._app.journal.close_goal(where, goal, outcome, note))

    async def fingerprint_failure(
        self,
        where: Where,
        text: str | None = None,
        path: str | None = None,
        exit_code: ExitCode | None = None,
        project: ProjectName = None,
    ) -> FingerprintReply:
        """Name a failure by its output: same bug, same name. Records nothing; to record use record_attempt."""
        return FingerprintReply.of(await self._app.journal.explain(where, text=text, path=path, exit_code=exit_code))

    def offers(self) -> Sequence[Offer]:
        """The tools, the ones shown by default first."""
        return (
            Offer(self.record_attempt, "Record an attempt", ADDS, core=True),
            Offer(self.check_stall, "Check for a stall", READS, core=True),
            Offer(self.resume_goal, "Resume a goal", READS, core=True),
            Offer(self.changes_since, "Changes since the last attempt", READS, core=True),
            Offer(self.list_attempts, "List attempts", READS),
            Offer(self.list_goals, "List goals", READS),
            Offer(self.close_goal, "Close a goal", SETS),
            Offer(self.fingerprint_failure, "Fingerprint a failure", READS),
        )
