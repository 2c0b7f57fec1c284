"""Call a tool as a client does, and expect what comes."""

from typing import Any

from mcp import Client
from mcp_types import TextContent


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that answers; returns the structured content."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """Call a tool that refuses; returns the sentence."""
    result = await client.call_tool(tool, arguments)
    (block,) = result.content
    assert result.is_error
    assert isinstance(block, TextContent)
    return block.text
