"""Read the directory of a job that something else has run: `output.log`, `meta.json`, and what reports lie beside them.

The directory may be a stranger's: no link out of it is followed, nothing in it is believed to be well-formed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

from tremaux_tools.core.job import JobRecord
from tremaux_tools.errors import BadArgument
from tremaux_tools.outputs import locate

LOG = "output.log"
META = "meta.json"
MAX_META_BYTES = 1024 * 1024
MAX_REPORT_BYTES = 32 * 1024 * 1024  # a larger one is left unread
MAX_REPORTS = 200
MAX_DEPTH = 4  # directories below the job's own
MAX_LOOKED_AT = 10_000  # entries, so a deep tree does not hold us up
MAX_SHOWN = 100  # characters of a wrong value
REPORT_SUFFIXES = frozenset({".xml", ".tap", ".json", ".jsonl"})
_CHUNK = 1 << 20  # bytes
_LATEST = 253_402_300_800.0  # the year 10000, in Unix seconds
_MILLISECONDS = 1e11  # a larger time is no time in seconds for the next 3,000 years

# The names under which runners of jobs tell the same.
_COMMAND = ("command", "cmd", "argv", "prompt")
_EXIT = ("exit_code", "exitCode", "exitcode", "returncode", "return_code", "code", "exit", "status")
_STARTED = ("started_at", "start_time", "started", "startedAt", "created_at", "timestamp")
_ENDED = ("ended_at", "end_time", "finished_at", "completed_at", "endedAt", "finishedAt")
_DURATION = ("duration_s", "duration", "elapsed", "duration_seconds")
_EXIT_FORM = re.compile(r"\s*(?:exit(?:ed)?[:= ]\s*)?(-?\d{1,9})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meta:
    """What `meta.json` tells; None where it does not. Times are Unix seconds."""

    command: str
    exit_code: int | None
    started_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class JobDirectory:
    """What was found in a directory."""

    directory: Path
    log: Path
    meta: Meta
    digest: bytes  #: SHA-256 of path, log and meta: two runs may print the same, or nothing
    warnings: tuple[str, ...]
    reports: tuple[Path, ...]  #: files that may be machine-readable reports, in the order of their names


@dataclass(frozen=True, slots=True)
class Imported:
    """A directory that was taken in as a job."""

    record: JobRecord
    warnings: tuple[str, ...]
    is_new: bool  #: not imported before


def read_directory(directory: Path) -> JobDirectory:
    """Read a job's directory; what is wrong with its `meta.json` is a warning.

    Raises:
        BadArgument: there is no such directory, or no readable `output.log` in it.
    """
    try:
        real = directory.resolve()
        is_there = real.is_dir()
        has_log = is_there and (real / LOG).exists()
    except (OSError, RuntimeError, ValueError):
        is_there = has_log = False
    if not is_there:
        raise BadArgument(
            f"{str(directory)[:MAX_SHOWN]!r} is no directory", f"Name one that holds {LOG}, and {META} if there is one."
        )
    if not has_log:
        raise BadArgument(f"{str(directory)[-MAX_SHOWN:]!r} holds no {LOG}", "Name the directory of a job, or its log.")
    log = locate(LOG, base=real, roots=(real,), argument=str(directory)[-MAX_SHOWN:])
    raw, warnings = _meta_bytes(real)
    meta, told = _meta(raw) if raw else (Meta("", None, None, None), ())
    digest = sha256(_digest(log) + sha256(raw).digest() + str(real).encode("utf-8", "surrogateescape")).digest()
    return JobDirectory(real, log, meta, digest, (*warnings, *told), tuple(report_files(real)))


def reports_beside(directory: Path, digest: bytes) -> tuple[tuple[Path, ...], str]:
    """The files beside the log of an imported job that may be its reports, and a sentence where they cannot be read.

    They are its own only as long as log and meta have the `digest` they were imported with.
    """
    try:
        found = read_directory(directory)
    except BadArgument:
        found = None
    if found is None or found.digest != digest:
        return (
            (),
            f"{str(directory)[-MAX_SHOWN:]!r} was changed or removed since: reports beside the log were not read.",
        )
    return found.reports, ""


def report_files(directory: Path) -> list[Path]:
    """The regular files in a directory that may be machine-readable reports: bounded in number, size and depth."""
    found = [path for path in _files(directory) if path.suffix.lower() in REPORT_SUFFIXES and path.name != META]
    return sorted(found)[:MAX_REPORTS]


def _files(directory: Path) -> Iterator[Path]:
    looked_at = 0
    pending = [(directory, 0)]
    while pending:
        folder, depth = pending.pop(0)
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for entry in entries:
            looked_at += 1
            if looked_at > MAX_LOOKED_AT:
                return
            if entry.is_symlink():
                continue
            if entry.is_dir() and depth < MAX_DEPTH:
                pending.append((entry, depth + 1))
            elif entry.is_file() and 0 < entry.stat().st_size <= MAX_REPORT_BYTES:
                yield entry


def _digest(path: Path) -> bytes:
    digest = sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise BadArgument(f"{path} cannot be read: {error.strerror or error}", "Check its permissions.") from error
    return digest.digest()


def _meta_bytes(directory: Path) -> tuple[bytes, tuple[str, ...]]:
    if not (directory / META).exists():
        return b"", (f"there is no {META}: command, exit code and times are not known",)
    try:
        path = locate(META, base=directory, roots=(directory,), argument=META)
        if path.stat().st_size > MAX_META_BYTES:
            return b"", (f"{META} is larger than {MAX_META_BYTES // 1024} KiB and was not read",)
        return path.read_bytes(), ()
    except BadArgument as error:
        return b"", (str(error),)
    except OSError as error:
        return b"", (f"{META} cannot be read: {error.strerror or error}",)


def _meta(raw: bytes) -> tuple[Meta, tuple[str, ...]]:
    """Read what can be understood; a value that cannot is told and left out."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return Meta("", None, None, None), (f"{META} is no JSON: {str(error)[:MAX_SHOWN]}",)
    if not isinstance(told, dict):
        return Meta("", None, None, None), (f"{META} holds no object",)
    warnings: list[str] = []
    started = _first(told, _STARTED, _seconds, warnings)
    ended = _first(told, _ENDED, _seconds, warnings)
    duration = _first(told, _DURATION, _amount, warnings)
    if ended is None and started is not None and duration is not None and started + duration < _LATEST:
        ended = started + duration
    if started is not None and ended is not None and ended < started:
        warnings.append(f"{META} tells an end before the start")
        ended = started
    exit_code = _first(told, _EXIT, _exit_code, warnings)
    return Meta(_first(told, _COMMAND, _words, warnings) or "", exit_code, started, ended), tuple(warnings)


def _first(told: Mapping[str, Any], names: tuple[str, ...], read: Any, warnings: list[str]) -> Any:
    """The first of these keys whose value can be read."""
    problems = []
    for name in names:
        if told.get(name) is not None:
            try:
                return read(told[name])
            except (ValueError, OverflowError, TypeError):
                problems.append(f"{META} has {name} {repr(told[name])[:MAX_SHOWN]}, which does not fit")
    warnings.extend(problem for problem in problems if " status " not in problem)  # mostly a word of the runner's own
    return None


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _exit_code(value: object) -> int:
    """A number, or the form `exit:N`."""
    if isinstance(value, bool):
        raise TypeError
    found = _EXIT_FORM.fullmatch(str(value))
    if found is None:
        raise ValueError
    return int(found[1])


def _seconds(value: object) -> float:
    """Unix seconds of a time in ISO 8601, in seconds or in milliseconds; without a zone it is UTC."""
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            value = float(value)
        else:
            return _known((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    number = _amount(value)
    return _known(number / 1000 if number > _MILLISECONDS else number)


def _known(time: float) -> float:
    if not 0 <= time < _LATEST:
        raise ValueError
    return time


def _amount(value: object) -> float:
    """A finite number from 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if not isfinite(number) or number < 0:
        raise ValueError
    return number
