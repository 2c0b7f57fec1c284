"""The command line: `main` turns arguments into one function call, its answer into text or JSON, and an exit code."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from tremaux_server.cli.parser import build_parser
from tremaux_tools.errors import BadArgument, TremauxError

FAILED = 1  # the thing asked about failed
WRONG_USAGE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong usage, 10 stalled."""
    options = build_parser().parse_args(arguments)
    # A command is loaded when it is asked for: the server must not wait for what only others need.
    module = import_module(f"tremaux_server.cli.{options.module}")
    try:
        return int(getattr(module, options.function)(options))
    except TremauxError as error:
        print(f"tremaux: {error}. {error.hint}".rstrip(), file=sys.stderr)
        return WRONG_USAGE if isinstance(error, BadArgument) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left, as `| head` does
        return FAILED
