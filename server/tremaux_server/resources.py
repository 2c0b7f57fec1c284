"""What a reply is too short for: resources, the resume prompt, and completion of their arguments."""

import json
import re
from collections.abc import Awaitable
from typing import TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver import ResourceSecurity
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from tremaux_server import answers
from tremaux_server.answers import MAX_SHOWN
from tremaux_server.app import App
from tremaux_server.replies.journal import AttemptPart, ResumeReply
from tremaux_server.shape import cut_middle
from tremaux_server.uris import ATTEMPTS_TEMPLATE, LOG_TEMPLATE, OUTPUT_TEMPLATE
from tremaux_tools.errors import TremauxError, UnknownItem

MAX_ATTEMPTS = 1_000  # attempts in one reading of a goal
MAX_OUTPUT_CHARS = 1_000_000  # characters of one output; clients load a resource whole
LISTED = 12  # items of each list in the prompt
MAX_COMPLETIONS = 100  # the protocol's own limit

_ID = re.compile(r"[0-9]{1,19}")  # no id of a row has more digits

_NAMES = ResourceSecurity(exempt_params={"goal"})  # a goal may be called "../x": it names a row, not a file

T = TypeVar("T")


def register(server: MCPServer[App], app: App) -> None:
    """Offer the resources, the journal's prompt and completion."""

    @server.resource(ATTEMPTS_TEMPLATE, title="Attempts at a goal", mime_type="application/json", security=_NAMES)
    async def attempts(goal: str) -> str:
        """All attempts at a goal of the current project, newest first."""
        found = app.journal.list_attempts(app.whereabouts.current(), goal, limit=MAX_ATTEMPTS)
        records, total = await _told(found)
        shown = [AttemptPart.of(record).model_dump() for record in records]
        return json.dumps({"goal": goal, "total": total, "attempts": shown}, ensure_ascii=False)

    @server.resource(OUTPUT_TEMPLATE, title="Output of an attempt")
    async def output(id: str) -> str:  # noqa: A002  the template's own word
        """What the gate of an attempt printed, without control sequences and secrets."""
        if not _ID.fullmatch(id):
            raise ResourceNotFoundError(f"There is no attempt {id[:MAX_SHOWN]!r}. Its id is a number.")
        return cut_middle(await _told(app.journal.output(int(id))), MAX_OUTPUT_CHARS)

    @server.resource(LOG_TEMPLATE, title="Log of a job")
    async def log(id: str) -> str:  # noqa: A002  the template's own word
        """What a run of a command printed, without control sequences and secrets."""
        return cut_middle(await _told(app.services.job_log(id)), MAX_OUTPUT_CHARS)

    @server.prompt(title="Resume a goal")
    async def resume(goal: str = "default") -> str:
        """Where a goal stands, to start a turn with."""
        try:
            resumed = await app.journal.resume(app.whereabouts.current(), goal)
        except TremauxError as error:
            raise MCPError(INVALID_PARAMS, answers.explain(error)) from error
        reply = ResumeReply.of(resumed, limit=LISTED)
        return f"{reply.text()}\n\nGo on with this goal. Try nothing listed as a dead end; record each gate run."

    async def complete(
        _reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _context: CompletionContext | None,
    ) -> Completion | None:
        if argument.name != "goal":
            return None
        try:
            names = await app.journal.goal_names(app.whereabouts.current(), argument.value, limit=MAX_COMPLETIONS)
        except TremauxError:
            return None  # a completion is a courtesy; the call itself will say what is wrong
        return Completion(values=names, has_more=len(names) == MAX_COMPLETIONS)

    server.completion()(complete)  # type: ignore[no-untyped-call]


async def _told(answer: Awaitable[T]) -> T:
    """Await a service's answer; what it cannot give is told in the protocol's words."""
    try:
        return await answer
    except UnknownItem as error:
        raise ResourceNotFoundError(answers.explain(error)) from error
    except TremauxError as error:
        raise ResourceError(answers.explain(error)) from error
