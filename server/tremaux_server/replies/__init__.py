"""What the tools answer, as pydantic models: the wire contract."""
