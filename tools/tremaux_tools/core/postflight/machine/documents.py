"""Reports that are one JSON document: jest, vitest, mocha, pytest-json-report, CTRF, eslint, ruff.

Each function reads a decoded document of its form and raises `Malformed` where it is none.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from tremaux_tools.core.postflight.machine.values import (
    Malformed,
    count,
    failed,
    first,
    last_line,
    line_number,
    seconds,
    table,
    tables,
    texts,
    words,
)
from tremaux_tools.core.postflight.results import Failed, Results
from tremaux_tools.core.runners import TestRun

ESLINT_ERROR = 2  # severity; 1 is a warning

Form = Callable[[Any], Results]


def read_document(document: object) -> Results | None:
    """Read a decoded JSON document that is a report; None if it is of no form known here."""
    for form in FORMS:
        try:
            return form(document)
        except Malformed:
            continue
    return None


def _jest(document: object) -> Results:
    """`jest --json`, and `vitest --reporter=json`, which leaves out some of its fields."""
    report = table(document)
    suites = tables(report.get("testResults"))
    broken = [suite for suite in suites if suite.get("status") == "failed" and not _has_failed_test(suite)]
    is_jest = "numRuntimeErrorTestSuites" in report
    run = TestRun(
        "jest" if is_jest else "vitest",
        passed=count(report, "numPassedTests"),
        failed=count(report, "numFailedTests"),
        errors=count(report, "numRuntimeErrorTestSuites") if is_jest else len(broken),
        skipped=count(report, "numPendingTests") + count(report, "numTodoTests", 0),
    )
    return Results((run,), first(failure for suite in suites for failure in _jest_failures(suite)))


def _jest_failures(suite: Mapping[str, Any]) -> Iterator[Failed]:
    file = words(suite.get("name"))
    if suite.get("status") == "failed" and not _has_failed_test(suite):
        yield failed(file, words(suite.get("message")), file=file)
    for test in tables(suite.get("assertionResults")):
        if test.get("status") == "failed":
            trace = "\n".join(texts(test.get("failureMessages")))
            yield failed(words(test.get("fullName")), trace, trace=trace, file=file)


def _has_failed_test(suite: Mapping[str, Any]) -> bool:
    return any(test.get("status") == "failed" for test in tables(suite.get("assertionResults")))


def _mocha(document: object) -> Results:
    """`mocha --reporter json`."""
    report = table(document)
    stats = table(report.get("stats"))
    milliseconds = seconds(stats.get("duration"))
    run = TestRun(
        "mocha",
        passed=count(stats, "passes"),
        failed=count(stats, "failures"),
        errors=0,
        skipped=count(stats, "pending"),
        duration_s=None if milliseconds is None else milliseconds / 1000,
    )
    return Results((run,), first(map(_mocha_failure, tables(report.get("failures")))))


def _mocha_failure(test: Mapping[str, Any]) -> Failed:
    error = table(test.get("err", {}))
    trace, message = words(error.get("stack")), words(error.get("message"))
    return failed(words(test.get("fullTitle")), message or trace, trace=trace, file=words(test.get("file")))


def _pytest(document: object) -> Results:
    """`pytest --json-report`: it calls a test an error that passed and broke while it was torn down."""
    report = table(document)
    summary = table(report.get("summary"))
    count(summary, "total")
    count(report, "exitcode")
    broken = [part for part in tables(report.get("collectors", [])) if part.get("outcome") == "failed"]
    if "tests" in report:
        summary = Counter(outcome for test in tables(report["tests"]) for outcome in _pytest_outcomes(test))
    run = TestRun(
        "pytest",
        passed=count(summary, "passed", 0) + count(summary, "xpassed", 0),
        failed=count(summary, "failed", 0),
        errors=count(summary, "error", 0) + len(broken),
        skipped=count(summary, "skipped", 0),
        xfailed=count(summary, "xfailed", 0),
        duration_s=seconds(report.get("duration")),
    )
    tests = tables(report.get("tests", []))
    failures = (failure for test in tests for failure in _pytest_failures(test))
    return Results((run,), first(chain(map(_pytest_collector, broken), failures)))


def _pytest_collector(part: Mapping[str, Any]) -> Failed:
    trace = words(part.get("longrepr"))
    return failed(words(part.get("nodeid")), last_line(trace), trace=trace)


def _pytest_outcomes(test: Mapping[str, Any]) -> list[str]:
    """What pytest itself counts for one test: its call, and an error for each phase around it that failed."""
    outcome, call = words(test.get("outcome")), table(test.get("call", {}))
    around = ["error" for phase in ("setup", "teardown") if table(test.get(phase, {})).get("outcome") == "failed"]
    if outcome in ("passed", "failed", "error"):
        return ([words(call.get("outcome"))] if call else []) + around
    return [outcome, *around]


def _pytest_failures(test: Mapping[str, Any]) -> Iterator[Failed]:
    for name in ("setup", "call", "teardown"):
        phase = table(test.get(name, {}))
        if phase.get("outcome") != "failed":
            continue
        crash, trace = table(phase.get("crash", {})), words(phase.get("longrepr"))
        yield failed(
            words(test.get("nodeid")),
            words(crash.get("message")) or last_line(trace),
            trace=trace,
            file=words(crash.get("path")),
            line=line_number(crash.get("lineno")),
        )


def _ctrf(document: object) -> Results:
    """CTRF, the Common Test Report Format of ctrf.io; `rawStatus` is how the runner itself calls an outcome."""
    results = table(table(document).get("results"))
    summary, tests = table(results.get("summary")), tables(results.get("tests", []))
    beside = table(summary.get("extra", {}))  # what our own reports add, since CTRF has no word for it
    errors, xfailed = count(beside, "errors", 0), count(beside, "xfailed", 0)
    skipped = sum(count(summary, status, 0) for status in ("skipped", "pending", "other"))
    started, stopped = seconds(summary.get("start")), seconds(summary.get("stop"))
    run = TestRun(
        words(table(results.get("tool")).get("name")).lower() or "ctrf",
        passed=count(summary, "passed"),
        failed=max(0, count(summary, "failed") - errors),
        errors=errors,
        skipped=max(0, skipped - xfailed),
        xfailed=xfailed,
        duration_s=(stopped - started) / 1000 if started and stopped and stopped > started else None,
    )
    return Results((run,), first(_ctrf_failure(test) for test in tests if test.get("status") == "failed"))


def _ctrf_failure(test: Mapping[str, Any]) -> Failed:
    message, trace = words(test.get("message")), words(test.get("trace"))
    line = line_number(test.get("line"))
    return failed(words(test.get("name")), message or trace, trace=trace, file=words(test.get("filePath")), line=line)


def _eslint(document: object) -> Results:
    """`eslint --format json`: its errors, not its warnings."""
    files = _some(document)
    if not all("filePath" in file and "messages" in file for file in files):
        raise Malformed
    return Results((), first(failure for file in files for failure in _eslint_failures(file)))


def _eslint_failures(file: Mapping[str, Any]) -> Iterator[Failed]:
    for message in tables(file["messages"]):
        if message.get("severity") == ESLINT_ERROR:
            name = f"eslint {words(message.get('ruleId'))}".rstrip()
            line = line_number(message.get("line"))
            yield failed(name, words(message.get("message")), file=words(file["filePath"]), line=line)


def _ruff(document: object) -> Results:
    """`ruff check --output-format json`."""
    rows = _some(document)
    if not all("filename" in row and "code" in row for row in rows):
        raise Malformed
    return Results((), first(map(_ruff_failure, rows)))


def _ruff_failure(row: Mapping[str, Any]) -> Failed:
    line = line_number(table(row.get("location", {})).get("row"))
    name = f"ruff {words(row['code'])}".rstrip()
    return failed(name, words(row.get("message")), file=words(row["filename"]), line=line)


def _some(document: object) -> list[dict[str, Any]]:
    """The rows of a linter's report; an empty list could be anybody's."""
    rows = tables(document)
    if not rows:
        raise Malformed
    return rows


FORMS: tuple[Form, ...] = (_jest, _mocha, _pytest, _ctrf, _eslint, _ruff)
# A document of one of these forms says one of these words near its beginning.
HINTS = (
    *('"numTotalTests"', '"numFailedTests"', '"stats"', '"exitcode"', '"results"', '"reportFormat"'),
    *('"filePath"', '"filename"'),
)
