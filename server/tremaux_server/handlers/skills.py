"""The skill tools beside recommend_skills: rate, record, look at the whole, share."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import Field, WithJsonSchema

from tremaux_server.app import App
from tremaux_server.replies.sharing import ExportReply, ImportReply
from tremaux_server.replies.skills import ProfileReply, RateReply, RecordedReply
from tremaux_server.task_spec import TaskSpec, new_task
from tremaux_server.tool import READS, SETS, Offer, compact
from tremaux_server.uris import SKILLS, recommendation_uri
from tremaux_server.where import ProjectName, Where

MAX_NAME = 500  # characters of a skill
MAX_NOTE = 10_000  # characters
MAX_PATH = 4_096  # characters
MAX_RESULTS = 1_000  # fields of a quality check's results

Format = Literal["skill-md", "memory-jsonl", "json"]
RecommendationId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Task = Annotated[dict[str, Any], WithJsonSchema(compact(TaskSpec.model_json_schema()))]


class SkillTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def rate_skill(
        self,
        context: Context[Any, Any],
        recommendation_id: RecommendationId,
        skill: Annotated[str, Field(min_length=1, max_length=MAX_NAME, description="As recommend_skills named it")],
        helped: Annotated[bool, Field(description="false: it misled, or the task failed because of it")],
        note: Annotated[str, Field(max_length=MAX_NOTE)] = "",
        project: ProjectName = None,
    ) -> RateReply:
        """Say that one recommended skill helped or hurt; its confidence moves, and later recommendations with it.

        Use it when you know about this very skill. How the task ended flows in by itself from
        run_postflight(recommendation_ids=...).
        """
        rated = await self._app.skills.rate(recommendation_id, skill, helped=helped, note=note)
        await context.notify_resource_updated(recommendation_uri(recommendation_id))
        await context.notify_resource_updated(SKILLS)
        return RateReply.of(recommendation_id, rated, helped=helped)

    async def record_task(
        self,
        where: Where,
        context: Context[Any, Any],
        task: Task,
        qa_results: Annotated[dict[str, Any], Field(max_length=MAX_RESULTS, description="What the check found")] = {},  # noqa: B006  pydantic copies it
        project: ProjectName = None,
    ) -> RecordedReply:
        """Record a finished task that ran outside Tremaux, so that it teaches skills; again with its id: updates it.

        Only one that passed its check teaches what to do, a failed one what to avoid. For a run whose output you have
        use run_postflight, which judges by evidence.
        """
        recorded = await self._app.skills.record(where, new_task(task), qa_results)
        await context.notify_resource_updated(SKILLS)
        return RecordedReply.of(recorded)

    async def get_skill_profile(
        self,
        where: Where,
        this_project: Annotated[bool, Field(description="Only what was learnt in it")] = False,
        project: ProjectName = None,
    ) -> ProfileReply:
        """Show what was learnt in all: skills by category as a tree, pass rate, whether recommendations help.

        For one task use recommend_skills, for one thing search_knowledge.
        """
        return ProfileReply.of(await self._app.skills.profile(where if this_project else None))

    async def export_skills(
        self,
        where: Where,
        path: Annotated[str, Field(min_length=1, max_length=MAX_PATH, description="Inside the project")],
        format: Format,  # noqa: A002  the contract's own name
        include_candidates: Annotated[bool, Field(description="Also what is not proven yet")] = False,
        project: ProjectName = None,
    ) -> ExportReply:
        """Write what was learnt to files that a team can share through git: SKILL.md folders, or one file.

        skill-md: Agent Skills, for agents to load. memory-jsonl: for the reference memory server. json: everything,
        with outcomes, for another Tremaux.
        """
        written = await self._app.sharing.export(where, path, format, include_candidates=include_candidates)
        return ExportReply.of(written)

    async def import_skills(
        self,
        where: Where,
        context: Context[Any, Any],
        path: Annotated[str, Field(min_length=1, max_length=MAX_PATH, description="Inside the project")],
        format: Format,  # noqa: A002
        project: ProjectName = None,
    ) -> ImportReply:
        """Take in what others learnt; importing it again adds nothing. Nothing in it is run.

        What comes without outcomes starts as a candidate, and has to prove itself here.
        """
        taken = await self._app.sharing.import_(where, path, format)
        await context.notify_resource_updated(SKILLS)
        return ImportReply.of(taken)

    def offers(self) -> Sequence[Offer]:
        """The tools."""
        return (
            Offer(self.rate_skill, "Rate a skill", SETS),
            Offer(self.record_task, "Record a task", SETS),
            Offer(self.get_skill_profile, "Show the skill profile", READS),
            Offer(self.export_skills, "Export skills", SETS),
            Offer(self.import_skills, "Import skills", SETS),
        )
