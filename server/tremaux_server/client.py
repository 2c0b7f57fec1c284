"""Who is calling: the name a client gave itself."""

from typing import Any

from mcp.server.mcpserver import Context


def client_name(context: Context[Any, Any]) -> str:
    """The client's name and version, as rows keep it; empty for one that told none."""
    parameters = context.session.client_params
    return f"{parameters.client_info.name}/{parameters.client_info.version}" if parameters else ""
