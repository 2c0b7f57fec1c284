"""A tool as Tremaux offers it: strict arguments, a small schema, a compact answer, errors in one sentence."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, ResourceLink, TextContent, ToolAnnotations
from mcp_types.version import is_version_at_least

from tremaux_server import answers
from tremaux_server.replies.base import Reply
from tremaux_server.uris import JSON

Handler = Callable[..., Awaitable[Reply]]

# Some clients call without asking only tools that neither destroy nor reach outside, so each says truly what it does.
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
SETS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
TELLS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
ACTS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)
REPLACES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)
ENDS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
_LINKED_SINCE = "2025-06-18"  # the revision that brought resource links; older clients refuse such an answer whole


@dataclass(frozen=True, slots=True)
class Offer:
    """A handler and how it is offered; its name and docstring are the tool's."""

    handler: Handler
    title: str
    annotations: ToolAnnotations
    core: bool = False  #: shown by default


class TremauxTool(Tool):
    """The SDK's tool with our rules for what goes in and what comes out."""

    @classmethod
    def of(cls, offer: Offer) -> "TremauxTool":
        """Build the tool from a handler's signature and docstring."""
        tool = cls.from_function(offer.handler, title=offer.title, annotations=offer.annotations)
        assert isinstance(tool, cls)
        tool.description = " ".join((offer.handler.__doc__ or "").split())
        tool.parameters = optional(compact(tool.parameters)) | {"additionalProperties": False}
        metadata = tool.fn_metadata
        metadata.output_schema = compact(metadata.output_schema or {})
        return tool

    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,
    ) -> Any:
        """Run the handler; its `Reply` becomes short text beside the structured content.

        Raises:
            ToolError: an argument is wrong or the handler refused; the text is for the agent.
            UnexpectedToolError: a fault of ours; logged with its traceback, told without it.
        """
        known = list(self.parameters["properties"])
        if unknown := sorted(arguments.keys() - known):
            raise answers.unknown_argument(unknown[0], known)
        # Some models fill every argument they do not use with null: it means what leaving it out means.
        required = self.parameters.get("required", ())
        given = {name: value for name, value in arguments.items() if value is not None or name in required}
        try:
            result = await super().run(given, context)
        except ToolError as error:
            raise answers.refusal(error) from error.__cause__
        if not convert_result or not isinstance(result, Reply):
            return result
        return as_result(result, linked=is_version_at_least(context.protocol_version or "", _LINKED_SINCE))


def as_result(reply: Reply, *, linked: bool = False) -> CallToolResult:
    """Text for models that read text, structure for those that read structure; each stands alone.

    Links to what the answer rests on come last, where the client knows such; the other two name the same resources.
    """
    links = (
        ResourceLink(type="resource_link", uri=link.uri, name=link.title, mime_type=JSON)
        for link in (reply.links() if linked else ())
    )
    return CallToolResult(
        content=[TextContent(type="text", text=reply.text()), *links], structured_content=reply.structured()
    )


def client_name(context: Context[Any, Any]) -> str:
    """How the client calls itself, with its version; empty where it does not tell."""
    parameters = context.session.client_params
    return f"{parameters.client_info.name}/{parameters.client_info.version}" if parameters else ""


def progress(context: Context[Any, Any]) -> Callable[[float, float], Awaitable[None]]:
    """Tell a client that asked for it how long a wait has lasted."""

    async def told(waited: float, at_most: float) -> None:
        await context.report_progress(waited, at_most)

    return told


def compact(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out what costs an agent tokens and tells it nothing: titles, which pydantic repeats from the names."""
    small: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "title" and isinstance(value, str):
            continue
        if key in ("properties", "$defs"):
            small[key] = {name: compact(part) for name, part in value.items()}
        elif isinstance(value, dict):
            small[key] = compact(value)
        elif isinstance(value, list):
            small[key] = [compact(part) if isinstance(part, dict) else part for part in value]
        else:
            small[key] = value
    return small


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    """Write an optional argument as its type alone: leaving it out says null already."""
    properties = {}
    for name, part in schema["properties"].items():
        types = [kind for kind in part.get("anyOf", ()) if kind != {"type": "null"}]
        if len(types) == 1 and part.get("default", ...) is None:
            rest = {key: value for key, value in part.items() if key not in ("anyOf", "default")}
            properties[name] = rest | types[0]
        else:
            properties[name] = part
    return schema | {"properties": properties}
