"""Complete what a person begins to type: names of goals and tickets of the current project."""

from mcp.server import MCPServer
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from tremaux_server.app import App
from tremaux_server.uris import TICKET_TEMPLATE
from tremaux_tools.errors import TremauxError

MAX_COMPLETIONS = 100  # the protocol's own limit


def register(server: MCPServer[App], app: App) -> None:
    """Offer completion."""

    async def complete(
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _context: CompletionContext | None,
    ) -> Completion | None:
        try:
            names = await _names(app, reference, argument)
        except TremauxError:
            return None  # a completion is a courtesy; the call itself will say what is wrong
        return None if names is None else Completion(values=names, has_more=len(names) == MAX_COMPLETIONS)

    server.completion()(complete)  # type: ignore[no-untyped-call]


async def _names(
    app: App, reference: PromptReference | ResourceTemplateReference, argument: CompletionArgument
) -> list[str] | None:
    where = app.whereabouts.current()
    if isinstance(reference, ResourceTemplateReference) and reference.uri == TICKET_TEMPLATE:
        return list(await app.tickets.names(where, argument.value, limit=MAX_COMPLETIONS))
    if argument.name == "goal":
        return await app.journal.goal_names(where, argument.value, limit=MAX_COMPLETIONS)
    return None
