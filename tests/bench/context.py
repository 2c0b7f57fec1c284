"""How much smaller and how fast a ticket's context of real packages is."""

import resource
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import anyio

from tremaux_tools.context import build_context
from tremaux_tools.core.context import Context, ContextRequest

# A package and the file of it that a ticket would be about; the others are as many of the largest as fit.
PACKAGES = {"pydantic": "main.py", "mcp": "server/session.py", "docker": "models/containers.py"}
FILES = 60
ROOM = 10_000_000  # tokens; the cut is measured, not the bound
MAX_SECONDS = 10


def measure(_folder: Path) -> Iterator[str]:
    """One file whole, all others as skeletons, with the grammars and with Python's own parser."""
    for name, target in PACKAGES.items():
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        root = Path(spec.origin).parent
        by_size = sorted(root.rglob("*.py"), key=lambda path: path.stat().st_size, reverse=True)
        files = tuple(path.relative_to(root).as_posix() for path in by_size[:FILES])
        for parser, grammars in (("tree-sitter", True), ("ast", False)):
            begun, used = time.perf_counter(), _processor_time()
            context = _build(root, ContextRequest(files, target), grammars=grammars)
            wall, cpu = time.perf_counter() - begun, _processor_time() - used
            yield (
                f"context of {name}, {len(context.parts)} files, {parser}: "
                f"{context.tokens_before:,} -> {context.tokens_after:,} tokens "
                f"({context.tokens_after / context.tokens_before - 1:+.0%})"
            )
            yield f"  {cpu:.2f} s CPU, {wall:.2f} s wall, to be at most {MAX_SECONDS}"
            cut = [part for part in context.parts if part.how == "skeleton"]
            before, after = sum(part.tokens_before for part in cut), sum(part.tokens_after for part in cut)
            yield f"  its skeletons alone: {before:,} -> {after:,} tokens ({after / before - 1:+.0%})"


def _processor_time() -> float:
    """Of this process and of its children that have ended."""
    own, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime


def _build(root: Path, request: ContextRequest, *, grammars: bool) -> Context:
    async def work() -> Context:
        return await build_context(root, request, max_tokens=ROOM, grammars=grammars)

    return anyio.run(work)
