"""The command line: `main` turns arguments into one function call, its answer into text or JSON, and an exit code."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from tremaux_server.cli.hints import in_shell
from tremaux_server.cli.parser import build_parser
from tremaux_tools.errors import BadArgument, TremauxError

FAILED = 1  # the thing asked about failed
WRONG_USAGE = 2
INTERRUPTED = 130
WRONG_PATH = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong usage, 10 stalled."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal of another encoding must not end a command
    options = build_parser().parse_args(arguments)
    # A command is loaded when it is asked for: the server must not wait for what only others need.
    # Importing makes a great many lasting objects; collecting among them in vain costs a tenth of the start.
    gc.disable()
    module = import_module(f"tremaux_server.cli.{options.module}")
    gc.freeze()
    gc.enable()
    try:
        return int(getattr(module, options.function)(options))
    except (TremauxError, KeyboardInterrupt, OSError, BaseExceptionGroup) as error:
        return _end(_innermost(error))


def _innermost(error: BaseException) -> BaseException:
    """What really happened, out of the groups that task groups wrap it in."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _end(error: BaseException) -> int:
    """Say what is expected to happen now and then in a line; anything else is a bug and stays loud."""
    match error:
        case TremauxError():
            print(f"tremaux: {error}. {in_shell(error.hint)}".rstrip(), file=sys.stderr)
            return WRONG_USAGE if isinstance(error, BadArgument) else FAILED
        case KeyboardInterrupt():
            return INTERRUPTED
        case BrokenPipeError():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left, as `| head` does
            return FAILED
        case OSError():
            told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            if error.filename and isinstance(error, WRONG_PATH):
                told += ". Check the path."
            print(f"tremaux: {told}", file=sys.stderr)  # a path that cannot be read or written
            return FAILED
    raise error
