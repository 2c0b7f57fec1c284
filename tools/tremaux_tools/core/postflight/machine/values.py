"""Take what a report claims for what it is: a stranger's words, of any type and any length."""

import math
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from tremaux_tools.core.postflight.report import MAX_EXCERPT, MAX_LINE, MAX_TESTS
from tremaux_tools.core.postflight.results import Failed, Results
from tremaux_tools.core.redact import redact
from tremaux_tools.core.runners import TestRun, total
from tremaux_tools.core.words import storable

MAX_COUNT = 10**9  # tests; a larger number is no count
MAX_TRACE = 16_384  # characters of a stack trace that are searched for its place

# Python tells the failing line last, everybody else first.
_PYTHON = re.compile(
    r'(?:E {1,12})? {0,12}File "([^"\n]{1,300})", line (\d{1,7})|([^\s:][^:\n]{0,300}\.py):(\d{1,7}): '
)
_PATH = r"[\w./\\@+-]"
_OTHER = re.compile(rf"(?<!{_PATH})((?:[A-Za-z]:)?{_PATH}{{1,300}}\.[A-Za-z]{{1,6}}):(\d{{1,7}})(?!\d)")
_FRAME = re.compile(r"\s{1,40}(?:at |/)|\s{0,40}File \"")
_LIBRARY = re.compile(
    r"node_modules|site-packages|dist-packages|[/\\]lib[/\\]python|<frozen|node:|/rustc/|\.cargo/registry|/usr/"
    r"|\bat (?:java\.base/|(?:java|javax|jdk|sun|junit|org\.(?:junit|gradle|apache\.maven|opentest4j|assertj))\.)"
    r"|/src/(?:testing|runtime)/"  # Go's own
)


class Malformed(ValueError):
    """A field that a report of this form always has is missing or of another type."""


def count(row: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """A number of tests; `default` where the key is missing.

    Raises:
        Malformed: it is no such number, or missing without a default.
    """
    value = row.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise Malformed(key)
    return value


def table(value: object) -> dict[str, Any]:
    """A JSON object.

    Raises:
        Malformed: it is something else.
    """
    if not isinstance(value, dict):
        raise Malformed
    return value


def tables(value: object) -> list[dict[str, Any]]:
    """The JSON objects of a list.

    Raises:
        Malformed: it is no list.
    """
    if not isinstance(value, list):
        raise Malformed
    return [item for item in value if isinstance(item, dict)]


def words(value: object) -> str:
    """A text as it is; empty for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: object) -> list[str]:
    """The texts of a list; empty for anything else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def seconds(value: object) -> float | None:
    """A duration; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(float(value), 6) if math.isfinite(value) and 0 <= value <= MAX_COUNT else None


def line_number(value: object) -> int | None:
    """A line of a file, from 1; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_COUNT else None


def failed(test: str, message: str, *, trace: str = "", file: str = "", line: int | None = None) -> Failed:
    """A failure, clean and bounded; its place is looked for in `trace` where `file` and `line` do not tell it."""
    if line is None and (place := place_in(trace or message)):
        file, line = place
    return Failed(
        test=clean(test, MAX_LINE).replace("\n", " "),
        message=clean(_without_library_frames(message), MAX_EXCERPT),
        file=clean(file, MAX_EXCERPT).replace("\n", " ") or None,
        line=line,
    )


def first(failures: Iterable[Failed]) -> tuple[Failed, ...]:
    """The failures that a report may name. The others are not even made: a hostile report has a million."""
    return tuple(islice(failures, MAX_TESTS))


def clean(text: str, limit: int) -> str:
    """At most `limit` characters without control sequences and secrets."""
    # Redacted before it is cut, so that no half of a secret is left at the end.
    return redact(storable(text[: 4 * limit]).strip("\n")).text[:limit].rstrip()


def last_line(trace: str) -> str:
    """The last line of one of pytest's tracebacks: the exception."""
    return trace.rstrip().rpartition("\n")[2].removeprefix("E ").strip()


def place_in(trace: str) -> tuple[str, int] | None:
    """Find the file and line of a project's own code that a stack trace blames; None where it names none."""
    found: tuple[str, int] | None = None
    for line in trace[-MAX_TRACE:].split("\n"):
        if (match := _PYTHON.match(line)) and not _LIBRARY.search(line):
            found = (match[1] or match[3], int(match[2] or match[4]))
    if found:
        return found
    for line in trace[:MAX_TRACE].split("\n"):
        if not _LIBRARY.search(line) and (match := _OTHER.search(line)):
            return match[1].removeprefix("//"), int(match[2])  # of file:///
    return None


def _without_library_frames(trace: str) -> str:
    lines = trace[:MAX_TRACE].split("\n")
    return "\n".join(line for line in lines if not (_FRAME.match(line) and _LIBRARY.search(line)))


def merged(parts: Iterable[Results]) -> Results:
    """Put the reports of one job together: one run for each runner, its counts summed."""
    runs: dict[str, list[TestRun]] = {}
    failures: list[Failed] = []
    for part in parts:
        failures += part.failures
        for run in part.runs:
            runs.setdefault(run.runner, []).append(run)
    return Results(tuple(map(_sum, runs.values())), first(failures))


def _sum(runs: list[TestRun]) -> TestRun:
    whole = total(runs)
    assert whole is not None
    return TestRun(
        runs[0].runner, whole.passed, whole.failed, whole.errors, whole.skipped, whole.xfailed, whole.duration_s
    )
