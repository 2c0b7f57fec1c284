"""The tool to start a task with: what helped with such a task before."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from tremaux_server.app import App
from tremaux_server.replies.recommend import RecommendReply
from tremaux_server.tool import ADDS, Offer
from tremaux_server.where import ProjectName, Where

MAX_ASKED = 100  # learnings; the service knows how many come at most


class RecommendTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def recommend_skills(
        self,
        where: Where,
        prompt: Annotated[str, Field(description="The task in full")],
        limit: Annotated[int, Field(ge=1, le=MAX_ASKED, description="At most 3 come")] = 5,
        include_other_projects: bool = True,
        project: ProjectName = None,
    ) -> RecommendReply:
        """Get the few learnings that helped with such a task before, with proof, and what to avoid; or nothing.

        Call it once before a new task, and hand recommendation_id to run_postflight when the task is over. To look
        things up use search_knowledge.
        """
        found = await self._app.skills.recommend(
            where, prompt, limit=limit, include_other_projects=include_other_projects
        )
        return RecommendReply.of(found)

    def offers(self) -> Sequence[Offer]:
        """The tools."""
        return (Offer(self.recommend_skills, "Recommend skills", ADDS, core=True),)
