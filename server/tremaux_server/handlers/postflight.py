"""The postflight tools: judge finished runs by evidence, and look reports up."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from tremaux_server.app import App
from tremaux_server.replies.postflight import PostflightReply, ReportPart, ReportsReply
from tremaux_server.tool import ADDS, READS, TELLS, Offer, client_name
from tremaux_server.uris import SKILLS, recommendation_uri, report_uri
from tremaux_server.where import ProjectName, Where
from tremaux_tools.core.postflight.request import Request

MAX_PAGE = 100
MAX_NUMBER = 2**31 - 1
MAX_NAMED = 50  # tools or files of one run
MAX_FOLLOWED = 20  # recommendations of one task

ExitCode = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=500)]], Field(max_length=MAX_NAMED)]
VerdictName = Literal["passed", "failed", "uncertain"]


class PostflightTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def run_postflight(
        self,
        where: Where,
        context: Context[Any, Any],
        job_id: Annotated[str, Field(min_length=1, max_length=40)] | None = None,
        output: str | None = None,
        output_path: str | None = None,
        exit_code: ExitCode | None = None,
        task: Annotated[str, Field(description="What was to be done, in a few words")] = "",
        goal: Annotated[str, Field(description="Adds what turned its failing gate green; else the job's goal")]
        | None = None,
        notes: Annotated[str, Field(description='What you learnt: lines "Root cause: ...", "Fix: ..."')] = "",
        tools_used: Names = [],  # noqa: B006  pydantic copies it
        recommendation_ids: Annotated[
            list[int], Field(max_length=MAX_FOLLOWED, description="Of recommend_skills")
        ] = [],  # noqa: B006
        report_paths: Annotated[Names, Field(description="JUnit XML, TAP or JSON reports the run wrote")] = [],  # noqa: B006
        notify: Annotated[bool, Field(description="Tell people: always or never; by the rules if not set")]
        | None = None,
        project: ProjectName = None,
    ) -> PostflightReply:
        """Judge a finished run by evidence before you call a task done: passed, failed or uncertain, with proof.

        Give job_id (a command run through Tremaux, with its exit code), or output or output_path with exit_code.
        Tells exact test counts, root cause with file and line, a score with its reasons, and what to do next; stores
        what a passed task taught. To run a gate itself use run_gate.
        """
        request = Request(
            job=await self._app.services.ended_job(job_id) if job_id is not None else None,
            output=output,
            output_path=output_path,
            exit_code=exit_code,
            task=task,
            goal=goal,
            notes=notes,
            tools_used=tools_used,
            recommendation_ids=recommendation_ids,
            report_paths=report_paths,
            notify=notify,
            client=client_name(context),
            agent=self._app.settings.agent,
        )
        filed = await self._app.postflight.run(where, request)
        await context.notify_resource_updated(report_uri(filed.id))
        for followed in recommendation_ids:
            await context.notify_resource_updated(recommendation_uri(followed))
        if recommendation_ids or filed.learned.learnings_stored or filed.learned.pitfalls_stored:
            await context.notify_resource_updated(SKILLS)
        return PostflightReply.of(filed)

    async def list_reports(
        self,
        where: Where,
        limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 10,
        verdict: VerdictName | None = None,
        project: ProjectName = None,
    ) -> ReportsReply:
        """List the reports of this project, newest first. For one in full use get_report."""
        found, total = await self._app.postflight.list_reports(where, limit=limit, verdict=verdict)
        return ReportsReply(total=total, reports=[ReportPart.of(filed) for filed in found])

    async def get_report(
        self, report_id: Annotated[int, Field(ge=1, le=2**63 - 1)], project: ProjectName = None
    ) -> PostflightReply:
        """Show a report again. To judge a run anew use run_postflight."""
        return PostflightReply.of(await self._app.postflight.get_report(report_id))

    def offers(self) -> Sequence[Offer]:
        """The tools, the one shown by default first."""
        kind = TELLS if self._app.settings.notify_urls else ADDS
        return (
            Offer(self.run_postflight, "Judge a finished run", kind, core=True),
            Offer(self.list_reports, "List reports", READS),
            Offer(self.get_report, "Show a report", READS),
        )
