"""Drive the server with the 1.x line of the Python SDK: record one attempt, read it back, print what came."""

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main() -> None:
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        opened = await session.initialize()
        tools = await session.list_tools()
        arguments = {"action": "edit", "gate": "fail", "gate_output": "1 failed in 0.1s", "goal": "g"}
        recorded = await session.call_tool("record_attempt", arguments)
        refused = await session.call_tool("record_attempt", {"action": "edit", "gate": "maybe"})
        output = await session.read_resource("tremaux://attempts/1/output")
    seen = {
        "server": opened.serverInfo.name,
        "tools": sorted(tool.name for tool in tools.tools),
        "attempt": recorded.structuredContent["attempt_id"],
        "refused": refused.isError,
        "output": output.contents[0].text,
    }
    print(json.dumps(seen))


asyncio.run(main())
