"""Turn every failure of a tool into words for the agent: the one place where errors meet MCP."""

from difflib import get_close_matches
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from pydantic import ValidationError

from tremaux_server.fields import MAX_SHOWN, wrong_argument
from tremaux_tools.errors import TremauxError

NO_ANSWER = "The person's answer fits none of the choices, so nothing was done. Ask them before you call again."
UNEXPECTED = (
    "Tremaux itself failed here; this is a fault in Tremaux, not in your call. "
    "Its log file has the details (`tremaux doctor` names it)."
)


def explain(error: TremauxError) -> str:
    """What went wrong and how to mend it, one sentence each."""
    fact = str(error)
    if fact.split(" ", 1)[0].isalpha():  # the name of an argument or a file keeps its case
        fact = fact[:1].upper() + fact[1:]
    return f"{fact}. {error.hint}".rstrip()


def refusal(error: ToolError) -> ToolError:
    """Put what the SDK caught into our words; a fault of ours stays one, and stays out of the answer."""
    if str(error).startswith("Resolver ") or str(error.__cause__).startswith("Resolver "):
        return ToolError(NO_ANSWER)  # the SDK would name a function of ours to the agent
    match error.__cause__:
        case TremauxError() as cause:
            return ToolError(explain(cause))
        case ValidationError() as cause if not isinstance(error, UnexpectedToolError):
            return ToolError(explain(wrong_argument(cause)))
        case None:
            return error
        case _ if isinstance(error, UnexpectedToolError):
            return UnexpectedToolError(UNEXPECTED)
        case cause:
            return ToolError(str(cause))


async def told_as_invalid(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: answer an unknown prompt or a wrong argument of one as the protocol wants it (-32602).

    The SDK (2.3) answers code 0 or -32603.
    """
    try:
        return await call_next(ctx)
    except ValueError as error:
        if ctx.method != "prompts/get" or isinstance(error, ValidationError):
            raise
        raise MCPError(INVALID_PARAMS, str(error)) from error


def unknown_argument(name: str, known: list[str]) -> ToolError:
    """The answer to an argument the tool does not have."""
    close = get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known arguments are {', '.join(known)}."
    return ToolError(f"Unknown argument {name[:MAX_SHOWN]!r}. {hint}")
