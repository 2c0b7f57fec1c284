"""The MCP tools: translate a call, ask a service, translate the answer."""
