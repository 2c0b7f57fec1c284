"""Which of the failing tests a report's root cause belongs to, and what is said where it belongs to none."""

import re

from tremaux_tools.core.postflight.report import Report, RootCause

EXIT_CODE = "exit code"  # the one test of a command that has no tests

_NAME = re.compile(r"[^\s:/\\.›>]+")
_FILE_NAME = re.compile(r"[^/\\]+$")


def needs_exit_code(report: Report) -> bool:
    """Whether the verdict would be lost without a test of its own: no test failed, or none that is known by name."""
    return report.tests is None or (report.verdict == "failed" and not report.failing_tests)


def failing_with_cause(report: Report) -> list[tuple[str, RootCause | None]]:
    """The failing tests, and with the one that the root cause belongs to, the root cause."""
    blamed = _blamed(report.failing_tests, report.root_cause) if report.root_cause else None
    return [(test, report.root_cause if number == blamed else None) for number, test in enumerate(report.failing_tests)]


def why(cause: RootCause | None) -> str:
    """Why a test failed, as far as the report knows; never empty."""
    return f"{cause.excerpt}\n{place_of(cause)}".strip() if cause else "failed; the log has the details"


def _blamed(tests: tuple[str, ...], cause: RootCause) -> int | None:
    """The number of the failing test a root cause belongs to; None if that cannot be told."""
    if len(tests) == 1:
        return 0
    for number, test in enumerate(tests):
        names = _NAME.findall(test)
        if names and re.search(rf"(?<!\w){re.escape(names[-1])}(?!\w)", cause.excerpt):
            return number
    file = _FILE_NAME.search(cause.file or "")
    there = [number for number, test in enumerate(tests) if file and file[0] in test]
    return there[0] if len(there) == 1 else None


def place_of(cause: RootCause) -> str:
    """The file and line a root cause names, or where it was read."""
    if cause.file is None:
        return cause.source
    return cause.file if cause.file_line is None else f"{cause.file}:{cause.file_line}"


def outcome_text(report: Report) -> str:
    """The verdict with its reasons and root cause, in a few lines."""
    ended = "" if report.exit_code is None else f", exit code {report.exit_code}"
    lines = [f"{report.verdict}{ended}", *report.reasons, *([report.exit_meaning] if report.exit_meaning else [])]
    if cause := report.root_cause:
        lines += [place_of(cause), cause.excerpt]
    return "\n".join(lines)
