"""Where the program's own log goes: standard error and a file, never standard output."""

import contextlib
import logging
import logging.handlers
from io import TextIOWrapper
from pathlib import Path

MAX_LOG_BYTES = 2 * 1024 * 1024
LOG_FILES_KEPT = 3
_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def start(path: Path, level: str) -> None:
    """Send records of `level` and above to standard error and to the rotating file at `path`.

    A directory that cannot be written leaves standard error alone.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handlers.append(
            _PrivateFile(path, maxBytes=MAX_LOG_BYTES, backupCount=LOG_FILES_KEPT, delay=True, encoding="utf-8")
        )
    logging.basicConfig(level=level, format=_FORMAT, handlers=handlers)
    logging.raiseExceptions = False  # a full disk must not print tracebacks into the client's log


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotating log that only its user may read: a traceback can hold what an agent sent."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).touch(mode=0o600)
        return super()._open()
