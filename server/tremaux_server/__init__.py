"""Tremaux speaks: MCP over stdio and the command line."""
