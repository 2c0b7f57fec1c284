"""A server of the bare SDK with one tool that does nothing: what ours is measured against."""

from mcp.server import MCPServer

server = MCPServer("bare", version="1")


@server.tool()
async def nothing() -> str:
    """Do nothing."""
    return ""


if __name__ == "__main__":
    server.run("stdio")
