"""CTRF of a report: JSON in the Common Test Report Format of ctrf.io, which many CI actions show and compare."""

import json
from typing import Any

from tremaux_tools.core.postflight.formats.blame import (
    EXIT_CODE,
    failing_with_cause,
    needs_exit_code,
    outcome_text,
    why,
)
from tremaux_tools.core.postflight.report import Report, RootCause
from tremaux_tools.core.runners import TestRun
from tremaux_tools.core.words import storable

SPEC_VERSION = "0.0.0"  # ctrf.io calls its specification 0.0 still
_STATUS = {"passed": "passed", "failed": "failed", "uncertain": "other"}


def as_ctrf(report: Report, *, name: str) -> str:
    """Write a report as CTRF; `name` is what ran.

    The summary is exact; the tests are those that failed, which a log names. It tells no time of day: a run that took
    3 s starts at 0 and stops at 3000 milliseconds.
    """
    tests = [_failed_test(*told) for told in failing_with_cause(report)] if report.tests else []
    counts = report.tests or TestRun("tremaux", 0, 0, 0, 0)
    summary = _summary(counts)
    if needs_exit_code(report):
        status = _STATUS[report.verdict]
        tests.append({"name": EXIT_CODE, "status": status, "duration": 0, "message": outcome_text(report)})
        if not counts.is_red:
            summary["tests"] += 1
            summary[status] += 1
    document = {
        "reportFormat": "CTRF",
        "specVersion": SPEC_VERSION,
        "generatedBy": "tremaux",
        "results": {
            "tool": {"name": counts.runner},
            "summary": summary,
            "tests": tests,
            "environment": {"testEnvironment": storable(name)},
            "extra": {
                "verdict": report.verdict,
                "exitCode": report.exit_code,
                "qualityScore": report.quality_score,
                "reasons": list(report.reasons),
            },
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _summary(counts: TestRun) -> dict[str, Any]:
    return {
        "tests": counts.passed + counts.failed + counts.errors + counts.skipped + counts.xfailed,
        "passed": counts.passed,
        "failed": counts.failed + counts.errors,
        "skipped": counts.skipped,
        "pending": 0,
        "other": counts.xfailed,
        "start": 0,
        "stop": round((counts.duration_s or 0.0) * 1000),
        "extra": {"errors": counts.errors, "xfailed": counts.xfailed},
    }


def _failed_test(test: str, cause: RootCause | None) -> dict[str, Any]:
    told: dict[str, Any] = {"name": test or "(unnamed)", "status": "failed", "duration": 0, "message": why(cause)}
    if cause and cause.file:
        told["filePath"] = cause.file
        if cause.file_line:
            told["line"] = cause.file_line
    return told
