"""Read the files that a ticket names: only text, only in the project, never waiting."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePath

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.context.tokens import estimate_tokens

MAX_FILE_BYTES = 2_000_000  # a larger file is data, or made by a program
MAX_ODD = 0.1  # share of characters that are none; a file with more of them is no text
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC  # a pipe must not make us wait


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text, or why there is none; lines end with a line feed."""

    path: str  #: relative to the project where it lies there, as asked for where not
    text: str = ""
    tokens: int = 0
    note: str = ""  #: what else to know of its text
    wrong: str = ""  #: why there is no text


def read_source(root: Path, name: str) -> Source:
    """Read the file `name`, relative to `root`, with every symlink followed; one that leads out of it is not read."""
    shown = PurePath(name).as_posix()
    try:
        top = root.resolve()
        path = (top / name).resolve()
        if not path.is_relative_to(top):
            return Source(shown, wrong="it lies outside the project")
        shown = path.relative_to(top).as_posix()
        data = _read(path)
    except _NotText as error:
        return Source(shown, wrong=str(error))
    except FileNotFoundError:
        is_glob = any(sign in name for sign in "*?[")
        return Source(shown, wrong=f"there is no such file{'; patterns are not expanded' if is_glob else ''}")
    except (OSError, RuntimeError, ValueError) as error:  # a loop of symlinks is a RuntimeError before Python 3.13
        why = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        return Source(shown, wrong=f"it cannot be read: {why}")
    return _source(shown, data)


class _NotText(Exception):
    """There is nothing to show."""


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise _NotText("it is a directory; name its files")
    with os.fdopen(os.open(path, _OPEN), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _NotText("it is no regular file")
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise _NotText(f"it has more than {MAX_FILE_BYTES / 1e6:g} MB; read the parts that matter")
    if b"\0" in data:
        raise _NotText("it is binary")
    return data


def _source(path: str, data: bytes) -> Source:
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    odd = text.count("\ufffd")
    if odd > MAX_ODD * len(text):
        return Source(path, wrong="it is binary")
    clean = strip_controls(text)
    notes = [
        *(["not all of it is UTF-8"] if odd else []),
        *(["without its control characters"] if clean != text else []),
    ]
    return Source(path, clean, estimate_tokens(clean), "; ".join(notes))
