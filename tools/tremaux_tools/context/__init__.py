"""Build what an agent should know of a project's files before it begins; the only user of tree-sitter."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tremaux_tools.context.builder import build_context

__all__ = ["build_context"]


def __getattr__(name: str) -> Any:
    """Load the builder when it is asked for: the child that parses has no use for it, and starts for each context."""
    if name != "build_context":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tremaux_tools.context.builder import build_context  # noqa: PLC0415

    return build_context
