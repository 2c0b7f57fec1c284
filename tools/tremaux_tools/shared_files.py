"""The files that people and programs share what was learnt in: read whole, written whole or not at all."""

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from tremaux_tools.errors import BadArgument
from tremaux_tools.git import printable
from tremaux_tools.outputs import MAX_SHOWN

MAX_FILE_BYTES = 256 * 1024**2  # of one file; a team's whole graph has some megabytes
_GIT = ".git"


def read(path: Path, *, limit: int = MAX_FILE_BYTES) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        BadArgument: it cannot be read, is no UTF-8, or has more than `limit` bytes.
    """
    shown = printable(str(path))
    try:
        with path.open("rb") as file:
            is_large = os.fstat(file.fileno()).st_size > limit
            content = b"" if is_large else file.read(limit + 1)  # it may grow meanwhile
    except OSError as error:
        raise BadArgument(f"{shown} cannot be read: {error.strerror or error}", "Check its permissions.") from error
    if is_large or len(content) > limit:
        raise BadArgument(f"{shown} is larger than {limit // 1024} KiB", "Share it in several parts.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadArgument(f"{shown} is no UTF-8 text, from byte {error.start}", "Save it as UTF-8.") from error


def source(name: str, *, base: Path, roots: Sequence[Path] | None) -> Path:
    """Resolve the file to import, with every symlink followed.

    Raises:
        BadArgument: it is missing, no regular file, or lies where an agent may not read.
    """
    path = _resolved(name, base=base, roots=roots)
    shown = f"path {str(path)[:MAX_SHOWN]!r}"
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise BadArgument(f"{shown} cannot be read: {error.strerror or error}", "Check the path.") from error
    if not is_file:
        raise BadArgument(f"{shown} is no regular file", "Name the file itself; a folder of skills is format skill-md.")
    return path


def folder(name: str, *, base: Path, roots: Sequence[Path] | None) -> Path:
    """Resolve the folder or file to import skills from, with every symlink followed.

    Raises:
        BadArgument: it lies where an agent may not read, or is no path.
    """
    return _resolved(name, base=base, roots=roots)


def destination(name: str, *, base: Path, roots: Sequence[Path] | None) -> Path:
    """Resolve where to export to, relative to `base`, with every symlink followed.

    An agent may write under `roots` only, and not into what git keeps there; None lets a person name any place.

    Raises:
        BadArgument: it lies elsewhere, or is no path.
    """
    path = _resolved(name, base=base, roots=roots)
    if roots is not None and _GIT in (part.casefold() for part in path.parts):
        raise BadArgument(f"path {name[:MAX_SHOWN]!r} lies in what git keeps", "Name a place beside it.")
    return path


def _resolved(name: str, *, base: Path, roots: Sequence[Path] | None) -> Path:
    shown = f"path {name[:MAX_SHOWN]!r}"
    if "\0" in name or not name.strip():
        raise BadArgument(f"{shown} is no path", "Name a file or a directory of the project.")
    try:
        path = (base / Path(name).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise BadArgument(f"{shown} is no path: {error}", "Name a file or a directory of the project.") from error
    if roots is not None and not any(path.is_relative_to(root) for root in roots):
        raise BadArgument(
            f"{shown} lies outside the project",
            "Name a path inside the project; a person can name any with `tremaux skill`.",
        )
    return path


def replace(path: Path, text: str, *, is_ours: Callable[[str], bool]) -> None:
    """Write a file, as a whole or not at all, with the directories it lies in; what is there before must be ours.

    Raises:
        BadArgument: the file that is there holds something else, or cannot be written.
    """
    try:
        if path.is_dir():
            raise BadArgument(f"path {str(path)[:MAX_SHOWN]!r} is a directory", "Name a file in it.")
        if path.exists() and (head := _head(path)) and not is_ours(head):
            raise BadArgument(
                f"path {str(path)[:MAX_SHOWN]!r} holds something else, which is left as it is", "Name a new file."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text)
    except OSError as error:
        raise BadArgument(
            f"path {str(path)[:MAX_SHOWN]!r} cannot be written: {error.strerror or error}", "Check the path."
        ) from error


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name[:100]}.{os.urandom(4).hex()}")
    try:
        with draft.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _head(path: Path) -> str:
    """The first line of a regular file."""
    if not stat.S_ISREG(path.stat().st_mode):
        return "\0"
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline(MAX_FILE_BYTES)
