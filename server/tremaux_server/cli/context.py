"""`tremaux context`: print what a ticket's worker is shown of some files."""

import dataclasses
import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import anyio

from tremaux_server.config import Settings
from tremaux_tools.context import build_context
from tremaux_tools.core.context import MAX_TOKENS, Context, ContextRequest
from tremaux_tools.errors import BadArgument

FAILED = 1  # exit code


def context(options: Namespace) -> int:
    """Print the text on standard output, and what became of each file on standard error.

    Exits with 1 where not one of the files is there to be shown.
    """
    settings = Settings.read(os.environ, database=options.db)
    root = (options.project or settings.project or Path()).absolute()
    request = ContextRequest(tuple(options.files), options.target, tuple(options.symbol))

    if not request.ordered():
        raise BadArgument("no file is named", "Name some, relative to the project.")

    async def work() -> Context:
        return await build_context(root, request, max_tokens=options.max_tokens or MAX_TOKENS)

    built = anyio.run(work)
    if options.json:
        print(json.dumps(dataclasses.asdict(built), ensure_ascii=False, indent=2))
    else:
        print(built.text, end="")
        print("\n".join(_figures(built)), file=sys.stderr)
    return FAILED if all(part.how == "missing" for part in built.parts) else 0


def _figures(built: Context) -> Iterator[str]:
    """What became of each file, and of all of them."""
    for part in built.parts:
        note = f" ({part.note})" if part.note else ""
        yield f"{part.path}: {part.how}, {part.tokens_before} -> {part.tokens_after} tokens{note}"
    yield f"tremaux: {built.tokens_before} -> {built.tokens_after} tokens with headings, estimated"
