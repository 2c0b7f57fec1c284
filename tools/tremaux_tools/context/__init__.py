"""Build what an agent should know of a project's files before it begins; the only user of tree-sitter."""

from tremaux_tools.context.builder import build_context

__all__ = ["build_context"]
