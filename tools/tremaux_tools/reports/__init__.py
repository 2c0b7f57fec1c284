"""Read the report files that test runners write for machines: JUnit XML, TAP, and all JSON forms of the core.

A report is known by what it holds, not by its name. A file is a stranger's: whatever it holds, reading it ends, in
bounded memory, with results or a sentence.
"""

import codecs
import json
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tremaux_tools.core.postflight.machine import is_report_begun, merged, results_in
from tremaux_tools.core.postflight.results import Results
from tremaux_tools.reports.junit import is_junit, read_junit
from tremaux_tools.reports.refusal import Unreadable
from tremaux_tools.reports.tap import is_tap, read_tap

__all__ = ["Reports", "read_report", "read_reports"]

MAX_REPORT_BYTES = 16 * 1024**2  # a larger report stays unread; the output still tells what happened
MAX_TOTAL_CHARS = 128 * 1024**2  # read of all reports of one job: parsing takes about a second for each 4 MiB
MAX_REPORTS = 2_000  # files read for one job: surefire writes one for each test class
MAX_SHOWN = 200  # characters of a path in a sentence

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Reports:
    """What the reports of one job told."""

    results: Results  #: of all that could be read
    problems: tuple[str, ...]  #: a sentence for each report that could not
    strangers: tuple[Path, ...] = ()  #: files that are no reports of a kind known here


def read_report(path: Path) -> Results | None:
    """Read one report; None if the file is none, or cannot be read. Never raises; blocks on the disk."""
    try:
        return _results_of(_text_of(path))
    except Unreadable:
        return None


def read_reports(paths: Sequence[Path]) -> Reports:
    """Read the reports of one job, in order, and put them together: one run for each runner.

    Files that are no reports are passed over, and named. Never raises; blocks on the disk.
    """
    found: list[Results] = []
    problems: list[str] = []
    strangers: list[Path] = []
    room = MAX_TOTAL_CHARS
    for number, path in enumerate(paths[:MAX_REPORTS]):
        if room <= 0:
            problems.append(f"only the first {number} of {len(paths)} reports were read: they are large.")
            break
        try:
            text = _text_of(path)
            room -= len(text)
            if results := _results_of(text):
                found.append(results)
            else:
                strangers.append(path)
        except Unreadable as error:
            problems.append(f"the report {str(path)[-MAX_SHOWN:]!r} was not read: {error}.")
    if len(paths) > MAX_REPORTS and room > 0:
        problems.append(f"only the first {MAX_REPORTS} of {len(paths)} reports were read.")
    return Reports(merged(found), tuple(problems), tuple(strangers))


def _results_of(text: str) -> Results | None:
    if is_junit(text):
        return read_junit(text)
    if is_tap(text):
        return read_tap(text)
    results = results_in(text)
    if results is None and is_report_begun(text):
        try:
            json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"it is cut off or damaged ({error})") from error
    return results


def _text_of(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for its writer
            raise Unreadable("it is no regular file")
        with path.open("rb") as file:
            raw = file.read(MAX_REPORT_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from error
    if len(raw) > MAX_REPORT_BYTES:
        raise Unreadable(f"it is larger than {MAX_REPORT_BYTES // 1024**2} MiB")
    mark, encoding = next(((m, e) for m, e in _MARKS if raw.startswith(m)), (b"", "utf-8"))
    return raw[len(mark) :].decode(encoding, "replace")
