"""Read the output files that callers name: only regular files, only where a gate would write them."""

import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tremaux_tools.errors import BadArgument

CHUNK_CHARS = 1 << 20  # characters read at a time, so a log of any size needs little memory
MAX_SHOWN = 200  # characters of a path in a message
MAX_FILE_BYTES = 2 * 1024**3  # a larger file is no gate's output


def readable_roots(project: Path, *, is_repository: bool, session: Path) -> tuple[Path, ...]:
    """Where a caller's log may lie: the project, as of `project_roots`, and the directory for temporary files."""
    own = project_roots(project, is_repository=is_repository, session=session)
    return (*own, Path(tempfile.gettempdir()).resolve())


def project_roots(project: Path, *, is_repository: bool, session: Path) -> tuple[Path, ...]:
    """The project, where it is one that an agent may use; else nothing.

    A caller chooses its project freely, so a plain directory counts only within `session`, where the client works; and
    the root of the file system is no project.
    """
    project, session = project.resolve(), session.resolve()
    trusted = is_repository or (session != Path(session.anchor) and project.is_relative_to(session))
    return (project,) if trusted else ()


def locate(name: str, *, base: Path, roots: Sequence[Path] | None, argument: str) -> Path:
    """Resolve the file a caller named, relative to `base`, with every symlink followed.

    An agent may read logs through us, not the rest of the disk, so it must lie under one of `roots`; None lets a
    person name any file on the command line.

    Raises:
        BadArgument: it is missing, no regular file, too large, or lies elsewhere.
    """
    if "\0" in name:
        raise BadArgument(f"{argument} contains a NUL character", "Pass the plain path of the log file.")
    shown = f"{argument} {name[:MAX_SHOWN]!r}"
    try:
        path = (base / name).resolve()
        if roots is not None and not any(path.is_relative_to(root) for root in roots):
            raise BadArgument(
                f"{shown} lies outside the project and the directory for temporary files",
                "Write the log inside the project, or pass the text itself.",
            )
        status = path.stat()
    except (OSError, RuntimeError, ValueError) as error:
        raise BadArgument(
            f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}",
            "Check the path, or pass the text itself.",
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise BadArgument(f"{shown} is no regular file", "Name the log file itself.")
    if status.st_size > MAX_FILE_BYTES:
        raise BadArgument(f"{shown} is larger than {MAX_FILE_BYTES // 1024**3} GiB", "Pass its last part.")
    return path


def read_chunks(path: Path) -> Iterator[str]:
    """The text of a file piece by piece; bytes that are no UTF-8 become U+FFFD.

    Raises:
        BadArgument: it cannot be opened or read.
    """
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            while chunk := file.read(CHUNK_CHARS):
                yield chunk
    except OSError as error:
        raise BadArgument(
            f"{path} cannot be read: {error.strerror or error}",
            "Check its permissions, or pass the text itself.",
        ) from error


def read_text_lines(path: Path) -> Iterator[str]:
    """The lines of a text file without their ends.

    Raises:
        BadArgument: it cannot be opened or read.
    """
    rest = ""
    for chunk in read_chunks(path):
        *lines, rest = (rest + chunk).split("\n")
        yield from lines
    if rest:
        yield rest
