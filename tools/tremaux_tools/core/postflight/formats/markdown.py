"""Markdown of a report: for a comment on a pull request, or a person."""

from collections.abc import Iterable, Iterator

from tremaux_tools.core.postflight.formats.blame import place_of
from tremaux_tools.core.postflight.inert import advice, code, fenced, prose
from tremaux_tools.core.postflight.report import Report
from tremaux_tools.core.runners import TestRun
from tremaux_tools.core.words import storable

MAX_TESTS_SHOWN = 20  # failing tests in a list a person reads
MAX_ERRORS_SHOWN = 10

_SIGNS = {"passed": "✅", "failed": "❌", "uncertain": "❔"}
_COUNTS = ("passed", "failed", "errors", "skipped", "xfailed")


def as_markdown(report: Report, *, name: str) -> str:
    """Write a report as GitHub-flavoured Markdown; `name` is what ran. No text of a log is markup in it."""
    parts = [part for section in _SECTIONS for part in section(report)]
    return "\n\n".join([*_heading(report, name), *parts]) + "\n"


def _heading(report: Report, name: str) -> Iterator[str]:
    code_said = "exit code unknown" if report.exit_code is None else f"exit code {report.exit_code}"
    yield f"### {_SIGNS[report.verdict]} {report.verdict}: {code(storable(name)) or 'a run'}"
    proof = "" if report.validated else " · not proved by an exit code or counted tests"
    yield f"{code_said} · quality {report.quality_score}/100{proof}"
    if sentences := [*report.reasons, *([report.exit_meaning] if report.exit_meaning else [])]:
        yield "\n".join(f"- {prose(sentence)}" for sentence in sentences)


def _tests(report: Report) -> Iterator[str]:
    if report.tests is None:
        return
    runs = [*report.runs, *((report.tests,) if len(report.runs) != 1 else ())]
    yield _table(("runner", *_COUNTS, "seconds"), map(_run_row, runs))
    if tests := report.failing_tests:
        more = len(tests) - MAX_TESTS_SHOWN
        lines = [f"- {code(test)}" for test in tests[:MAX_TESTS_SHOWN]] + ([f"- and {more} more"] if more > 0 else [])
        yield "**Failing tests**\n\n" + "\n".join(lines)


def _root_cause(report: Report) -> Iterator[str]:
    if cause := report.root_cause:
        yield f"**Root cause** at {code(place_of(cause))}\n\n{fenced(cause.excerpt)}"


def _errors(report: Report) -> Iterator[str]:
    if report.errors:
        rows = [(code(e.type), e.severity, str(e.count), str(e.line)) for e in report.errors[:MAX_ERRORS_SHOWN]]
        yield "**Errors**\n\n" + _table(("type", "severity", "count", "first line"), rows)
    if report.warnings:
        yield "**Warnings**\n\n" + "\n".join(f"- {prose(warning)}" for warning in report.warnings)


def _score(report: Report) -> Iterator[str]:
    rows = [(prose(part.name), f"{part.points:+d}", prose(part.why)) for part in report.score_parts]
    yield "**Score**\n\n" + _table(("part", "points", "why"), [*rows, ("sum", str(report.quality_score), "")])


def _learnings(report: Report) -> Iterator[str]:
    if report.learnings:
        lines = [f"- {prose(learning.type)}: {code(learning.content)}" for learning in report.learnings]
        yield "**Learnings**\n\n" + "\n".join(lines)


def _recommendations(report: Report) -> Iterator[str]:
    if report.recommendations:
        lines = [f"{number}. {advice(said)}" for number, said in enumerate(report.recommendations, 1)]
        yield "**Next**\n\n" + "\n".join(lines)


_SECTIONS = (_tests, _root_cause, _errors, _score, _learnings, _recommendations)


def _run_row(run: TestRun) -> tuple[str, ...]:
    seconds = "" if run.duration_s is None else f"{run.duration_s:.2f}"
    return (code(run.runner), *(str(getattr(run, field)) for field in _COUNTS), seconds)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
