"""Run a command in a live shell and learn its exact exit code.

One short line is typed; it sources files. The command is one of them and never typed, so its
quotes, here-documents and length mean to the shell what they mean in a script. The shell's state stays.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tremaux_tools.core.terminal.keys import encoded
from tremaux_tools.core.terminal.marks import begin_mark
from tremaux_tools.errors import BadArgument

Dialect = Literal["posix", "fish"]

_ERASE_LINE = b"\x15"  # C-u: what stands on the line already, as a terminal's answer to binary output

# $? is put into the text before eval runs it, so no variable of the shell's is touched; with set -e a status
# other than 0 would end the shell. A backslash keeps aliases out, and >| holds under set -C.
_POSIX_BEGIN = r"""\eval "\printf '\\033]133;C;NONCE\\007' >/dev/tty; case \$- in *e*) ;; *) \return $?;; esac"
"""
_POSIX_END = r"""\eval "\printf '%s\\n' $? >|STATUS
\printf '\\033]133;D;%s;NONCE\\007' $? >/dev/tty
case \$- in *e*) ;; *) \return $?;; esac"
"""
_FISH_BEGIN = r"""set -l before $status
builtin printf '\e]133;C;NONCE\a' >/dev/tty
return $before
"""
_FISH_END = r"""set -l ended $status
builtin echo $ended >STATUS
builtin printf '\e]133;D;%s;NONCE\a' $ended >/dev/tty
return $ended
"""


def _quote_for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quote_within_eval(text: str) -> str:
    """Quote for what stands between the double quotes of `_POSIX_END`."""
    return re.sub(r'[\\"$`]', r"\\\g<0>", shlex.quote(text))


@dataclass(frozen=True, slots=True)
class _Words:
    """How a dialect says it."""

    source: str
    begin: str
    end: str
    quote: Callable[[str], str]
    quote_status: Callable[[str], str]


_WORDS: Mapping[Dialect, _Words] = {
    "posix": _Words(".", _POSIX_BEGIN, _POSIX_END, shlex.quote, _quote_within_eval),
    "fish": _Words("source", _FISH_BEGIN, _FISH_END, _quote_for_fish, _quote_for_fish),
}


@dataclass(frozen=True, slots=True)
class RunScript:
    """A command for a shell that stands at its prompt.

    Write `files`, type `typed`. The output stands between the marks of `nonce`; `status_path` then holds
    the exit code and a line feed (128 + n for signal n), also for one who missed the mark. A shell that
    drops the rest of the line, after C-c or a syntax error, is asked again with `typed_end`.

    Raises:
        BadArgument: `command` has a NUL or is not Unicode.
        ValueError: `nonce` is not of letters and digits, or `directory` is not an absolute, printable path.
    """

    command: str
    nonce: str
    directory: str
    dialect: Dialect = "posix"

    def __post_init__(self) -> None:
        if "\0" in self.command:
            raise BadArgument("a command holds no NUL", "Write the bytes to a file and name the file.")
        if not re.fullmatch("[0-9A-Za-z]+", self.nonce):
            raise ValueError(f"a nonce has letters and digits only, not {self.nonce!r}")
        if not self.directory.startswith("/") or not self.directory.isprintable():
            raise ValueError(f"not an absolute path that can be typed: {self.directory!r}")

    @property
    def files(self) -> Mapping[str, bytes]:
        """What to write before typing: contents by full path."""
        words = _WORDS[self.dialect]
        status = words.quote_status(self.status_path)
        return {
            self._path("run"): f"{self._sourced('begin', 'command', 'end')}\n".encode(),
            self._path("begin"): words.begin.replace("NONCE", self.nonce).encode(),
            self._path("command"): encoded(self.command + "\n"),
            self._path("end"): words.end.replace("NONCE", self.nonce).replace("STATUS", status).encode(),
        }

    @property
    def typed(self) -> bytes:
        """The line to type, Enter included."""
        return self._line("run")

    @property
    def typed_end(self) -> bytes:
        """The line that asks a shell at its prompt again for the exit code, Enter included."""
        return self._line("end")

    @property
    def status_path(self) -> str:
        """The file that holds the exit code once the command ended; it may be empty for an instant."""
        return self._path("status")

    @property
    def begin_mark(self) -> bytes:
        """What stands before the output."""
        return begin_mark(self.nonce)

    def _line(self, name: str) -> bytes:
        # Histories that ignore lines with a space in front keep none of this.
        return _ERASE_LINE + f" {self._sourced(name)}\r".encode()

    def _sourced(self, *names: str) -> str:
        words = _WORDS[self.dialect]
        return "; ".join(f"{words.source} {words.quote(self._path(name))}" for name in names)

    def _path(self, name: str) -> str:
        return f"{self.directory}/{name}"
