"""What is asked of a ticket's context, and what comes back."""

from dataclasses import dataclass
from typing import Literal

from tremaux_tools.core.counted import counted
from tremaux_tools.errors import BadArgument

MAX_FILES = 200  # of one request; more are a search, and no context
MAX_SYMBOLS = 100
MAX_NAME = 1_000  # characters of a path or a symbol
# About 100 kB: with the rest of a prompt it still fits into one argument of a program, which takes 128 KiB on Linux.
MAX_TOKENS = 24_000

How = Literal["full", "target", "skeleton", "text", "named", "missing"]
"""How much of a file an agent sees.

`full`: the whole file, as asked. `target`: the named symbols whole, the rest as a skeleton. `skeleton`: what it
declares. `text`: the whole file, as it could not be cut; the note says why. `named`: its name alone, as there was no
room for more. `missing`: its name and why it could not be read.
"""


@dataclass(frozen=True, slots=True)
class ContextRequest:
    """The files an agent should know before it begins. Paths are relative to the project; no directories, no globs.

    Raises:
        BadArgument: there are too many, or one is no name.
    """

    files: tuple[str, ...] = ()
    target_file: str | None = None  #: shown whole, or around `target_symbols`; the first of `files` by default
    target_symbols: tuple[str, ...] = ()  #: functions, methods and classes of it: `total`, `Cart.total`

    def __post_init__(self) -> None:
        for argument, names, most in (
            ("context_files", self.files, MAX_FILES),
            ("target_symbols", self.target_symbols, MAX_SYMBOLS),
            ("target_file", () if self.target_file is None else (self.target_file,), 1),
        ):
            if len(names) > most:
                raise BadArgument(f"{argument} has {len(names)} names, of at most {most}", "Name the most useful ones.")
            for name in names:
                if not _is_name(name):
                    raise BadArgument(
                        f"{argument} has {name[:40]!r}, which is no name", "Leave it out, or write it as it is."
                    )
        if self.target_symbols and not self.ordered():
            raise BadArgument(
                f"{counted(len(self.target_symbols), 'symbol')} but no file is named", "Pass target_file with them."
            )

    def ordered(self) -> tuple[str, ...]:
        """The files, each once, the target first."""
        first = () if self.target_file is None else (self.target_file,)
        return tuple(dict.fromkeys((*first, *self.files)))


def _is_name(name: str) -> bool:
    """Whether a file or a symbol can be called so, and the name stored and shown."""
    whole = name.encode("utf-8", "replace").decode("utf-8") == name  # half characters come in by JSON
    return bool(name.strip()) and len(name) <= MAX_NAME and "\0" not in name and whole


@dataclass(frozen=True, slots=True)
class ContextPart:
    """What became of one file; tokens are estimates, of the file and of what is shown of it."""

    path: str  #: relative to the project where it lies there, as asked for where not
    how: How
    tokens_before: int  #: 0 if it could not be read
    tokens_after: int
    note: str = ""  #: why it is not as asked, or what else to know; often empty


@dataclass(frozen=True, slots=True)
class Context:
    """The text for an agent's prompt, and what went into it."""

    text: str
    parts: tuple[ContextPart, ...]
    tokens_before: int  #: of all files that could be read
    tokens_after: int  #: of `text`, headings included
