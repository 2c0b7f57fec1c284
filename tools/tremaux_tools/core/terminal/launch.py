"""Write the one line that `/bin/sh -c` runs in a new terminal."""

import re
import shlex

from tremaux_tools.errors import BadArgument

_PROGRAM = re.compile(r"[\w./+][\w./+-]*")  # a name that needs no quotes and holds no assignment
_OPERATORS = frozenset("();<>|&")

# What sh does itself; `exec` would find a program of that name, or none. Some are bash's, which may be sh.
_SHELL_WORDS = """
if then else elif fi do done case esac while until for in function select time
. : alias bg break cd command continue echo eval exec exit export false fc fg getopts hash jobs kill let local printf
pwd read readonly return set shift source test times trap true type ulimit umask unalias unset wait
"""
_OWN = frozenset(_SHELL_WORDS.split())


def program_line(command: str | None, *, cwd: str | None, shell: str) -> str:
    """Write the line that runs `command`, or `shell` as an interactive one, in the directory `cwd`.

    A single program is started in place of sh, so that it is the terminal's own process: its signals,
    its name and its death are the terminal's. Anything else is run by sh as it is given.

    Raises:
        BadArgument: `command` is blank, or one of them has a NUL.
    """
    if "\0" in f"{command}{cwd}":
        raise BadArgument("a command and a directory hold no NUL", "Leave it out.")
    if command is None:
        line = f"exec {shlex.quote(shell)} -i"
    elif not command.strip():
        raise BadArgument("the command is blank", "Leave it out to get an interactive shell.")
    else:
        line = f"exec {command.strip()}" if _is_simple(command.strip()) else command
    return line if cwd is None else f"cd -- {shlex.quote(_place(cwd))} || exit 1; {line}"


def _place(cwd: str) -> str:
    """A path that `cd` takes as one: it goes back for `-`, and looks up a bare name in CDPATH."""
    return cwd if cwd.startswith("/") else f"./{cwd}"


def _is_simple(command: str) -> bool:
    """Whether a command is one program with its arguments, and nothing for sh to do but expand them."""
    name = command.split(maxsplit=1)[0]
    if "\n" in command or not _PROGRAM.fullmatch(name) or name in _OWN:
        return False
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.commenters = ""
    try:
        return not any(_OPERATORS.issuperset(token) for token in lexer if token)
    except ValueError:  # a quote that is never closed
        return False
