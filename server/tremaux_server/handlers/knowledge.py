"""The knowledge tools: search the graph, add to it, look at one entity, take one out."""

from collections.abc import Sequence
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import BaseModel, ConfigDict, Field

from tremaux_server.app import App
from tremaux_server.replies.knowledge import LIMIT, EntityReply, ForgetReply, RememberReply, SearchReply
from tremaux_server.tool import ENDS, READS, SETS, Offer
from tremaux_server.uris import knowledge_uri
from tremaux_server.where import ProjectName, Where

MAX_MATCHES = 100
MAX_DEPTH = 3  # relations away
MAX_RELATIONS = 50  # of one call, as many as a note takes

EntityName = Annotated[str, Field(min_length=1, description="As search_knowledge gave it")]


class RelationTo(BaseModel):
    """A relation from the entity that is remembered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    target: Annotated[str, Field(description="Name of a known entity")]


class KnowledgeTools:
    """One method a tool."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def search_knowledge(
        self,
        query: Annotated[str, Field(description="Words or a whole prompt; no syntax")],
        kind: Annotated[str, Field(description="finding, pitfall, tool, pattern, skill, task, project, or your own")]
        | None = None,
        limit: Annotated[int, Field(ge=1, le=MAX_MATCHES)] = LIMIT,
        project: ProjectName = None,
    ) -> SearchReply:
        """Search all that was learnt or remembered, in every project, the most relevant first.

        Use it to look something up. For what to do in a new task use recommend_skills, which weighs what helped. For
        one whole entity with its relations use get_entity.
        """
        return SearchReply.of(await self._app.knowledge.search(query, kind=kind, limit=limit))

    async def remember(
        self,
        where: Where,
        context: Context[Any, Any],
        name: Annotated[str, Field(min_length=1, description="Unique; a known one gets what is new")],
        kind: Annotated[str, Field(min_length=1, description="finding, pitfall, tool, pattern, or your own")],
        content: Annotated[str, Field(description="What is to be known, in a sentence or a few")],
        relations: Annotated[list[RelationTo], Field(max_length=MAX_RELATIONS)] = [],  # noqa: B006  pydantic copies it
        project: ProjectName = None,
    ) -> RememberReply:
        """Add a fact to the knowledge graph: for what holds beyond one task and no test run shows.

        What a run taught is stored by run_postflight, with its proof; a finding told here is a candidate until tasks
        prove it.
        """
        pairs = [(relation.type, relation.target) for relation in relations]
        remembered = await self._app.knowledge.remember(where, name, kind, content, pairs)
        await context.notify_resource_updated(knowledge_uri(remembered.name))
        return RememberReply.of(remembered)

    async def get_entity(
        self,
        name: EntityName,
        depth: Annotated[int, Field(ge=0, le=MAX_DEPTH, description="How many relations away to look")] = 1,
        project: ProjectName = None,
    ) -> EntityReply:
        """Show one entity with its observations, its relations, its neighbours and the reports that prove it."""
        return EntityReply.of(await self._app.knowledge.get(name, depth=depth))

    async def forget(self, context: Context[Any, Any], name: EntityName, project: ProjectName = None) -> ForgetReply:
        """Remove an entity for good, with its observations, relations and outcomes.

        For what is wrong or private. What only stopped helping needs no forgetting: rate_skill and failed tasks lower
        it until it is shown no more.
        """
        forgotten = await self._app.knowledge.forget(name)
        await context.notify_resource_updated(knowledge_uri(forgotten.name))
        return ForgetReply.of(forgotten)

    def offers(self) -> Sequence[Offer]:
        """The tools."""
        return (
            Offer(self.search_knowledge, "Search knowledge", READS),
            Offer(self.remember, "Remember", SETS),
            Offer(self.get_entity, "Show an entity", READS),
            Offer(self.forget, "Forget", ENDS),
        )
