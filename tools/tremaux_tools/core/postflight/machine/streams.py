"""Reports that are one JSON object a line: go test, libtest, Cargo, pytest-reportlog, mypy.

Such lines come mixed: Cargo's messages before those of its test binaries, Go's between what its compiler says.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from tremaux_tools.core.postflight.machine.values import (
    Malformed,
    count,
    failed,
    last_line,
    line_number,
    seconds,
    tables,
    words,
)
from tremaux_tools.core.postflight.report import MAX_TESTS
from tremaux_tools.core.postflight.results import Failed, Results
from tremaux_tools.core.runners import TestRun

KEPT_OUTPUT = 200  # lines kept of what one Go test or package printed
MAX_OUTPUTS = 10_000  # Go tests that are followed at a time


class _Stream(Protocol):
    """Reads the lines of one form."""

    def see(self, row: Mapping[str, Any]) -> bool:
        """Take in a line; false if it is of another form.

        Raises:
            Malformed: it is of this form, but not as its writer would write it.
        """

    def results(self) -> Results | None:
        """What all lines told; None if there was none."""


class _Failures:
    """Makes the failures that a report may name, and only those."""

    def __init__(self) -> None:
        self._made: list[Failed] = []

    def __bool__(self) -> bool:
        return bool(self._made)

    def add(self, test: str, message: str, *, trace: str = "", file: str = "", line: int | None = None) -> None:
        if len(self._made) < MAX_TESTS:
            self._made.append(failed(test, message, trace=trace, file=file, line=line))

    def made(self) -> tuple[Failed, ...]:
        return tuple(self._made)


class _GoTest:
    """`go test -json`: tests and their subtests alike, as Go itself counts them."""

    _ACTIONS = frozenset(  # of `go doc test2json`
        {
            "start",
            "run",
            "pause",
            "cont",
            "pass",
            "bench",
            "fail",
            "output",
            "skip",
            "attr",
            "build-output",
            "build-fail",
        }
    )
    _FIELDS: ClassVar = {"pass": "passed", "fail": "failed", "skip": "skipped"}
    _NOISE = re.compile(r"=== (?:RUN|PAUSE|CONT|NAME)|\s*--- (?:PASS|FAIL|SKIP|BENCH): |(?:PASS|FAIL)$|exit status \d")
    _BROKEN = re.compile(r"FAIL\t(\S{1,300}) \[(?:build|setup) failed\]")

    def __init__(self) -> None:
        self._is_seen = False
        self._counts: Counter[str] = Counter()
        self._duration: float | None = None
        self._outputs: dict[tuple[str, str], list[str]] = {}
        self._red: set[str] = set()  # packages with a failed test
        self._broken: set[str] = set()  # packages that were told not to build
        self._failures = _Failures()

    def see(self, row: Mapping[str, Any]) -> bool:
        action, test = words(row.get("Action")), words(row.get("Test"))
        package = words(row.get("Package")) or words(row.get("ImportPath"))
        if action not in self._ACTIONS or not package:
            return False
        if action in ("output", "build-output"):
            self._print(package, test, words(row.get("Output")))
        elif action in self._FIELDS:
            self._end(package, test, action, row)
        self._is_seen = True
        return True

    def see_text(self, line: str) -> None:
        """Take in a line that is no JSON: Go up to 1.23 tells so of a package that does not build."""
        if broken := self._BROKEN.match(line):
            self._break(broken[1], "the package does not build")

    def results(self) -> Results | None:
        if not self._is_seen:
            return None
        counts = self._counts
        run = TestRun(
            "go", counts["passed"], counts["failed"], counts["errors"], counts["skipped"], duration_s=self._duration
        )
        return Results((run,), self._failures.made())

    def _print(self, package: str, test: str, text: str) -> None:
        if len(self._outputs) < MAX_OUTPUTS or (package, test) in self._outputs:
            lines = self._outputs.setdefault((package, test), [])
            if len(lines) < KEPT_OUTPUT and not self._NOISE.match(text):
                lines.append(text)

    def _end(self, package: str, test: str, action: str, row: Mapping[str, Any]) -> None:
        said = "".join(self._outputs.pop((package, test), []))
        if test:
            self._counts[self._FIELDS[action]] += 1
            if action == "fail":
                self._red.add(package)
                self._failures.add(test, said)
            return
        elapsed = seconds(row.get("Elapsed"))
        if elapsed is not None:
            self._duration = round(elapsed + (self._duration or 0.0), 6)
        if action == "fail" and package not in self._red:
            build = words(row.get("FailedBuild"))
            self._break(package, "".join(self._outputs.pop((build, ""), [])) + said)

    def _break(self, package: str, said: str) -> None:
        """Count a package that failed beside its tests, once."""
        if package not in self._broken:
            self._broken.add(package)
            self._counts["errors"] += 1
            self._failures.add(package, said)


class _Libtest:
    """`cargo test -- --format json`: one suite for each test binary."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._duration: float | None = None
        self._is_whole = False
        self._failures = _Failures()

    def see(self, row: Mapping[str, Any]) -> bool:
        kind, event = row.get("type"), row.get("event")
        if kind not in ("suite", "test", "bench", "report") or not (event or kind == "report"):
            return False
        if kind == "suite" and event in ("ok", "failed"):
            counts = (("passed", "passed"), ("failed", "failed"), ("skipped", "ignored"))
            self._counts.update({field: count(row, word) for field, word in counts})
            self._duration = round((seconds(row.get("exec_time")) or 0.0) + (self._duration or 0.0), 6)
            self._is_whole = True
        elif kind == "test" and event in ("failed", "timeout"):
            said = words(row.get("stdout")) or words(row.get("message"))
            self._failures.add(words(row.get("name")), said)
        return True

    def results(self) -> Results | None:
        """Without the end of a suite it was cut off, and counted nothing."""
        counts = self._counts
        run = TestRun("cargo", counts["passed"], counts["failed"], 0, counts["skipped"], duration_s=self._duration)
        runs = (run,) if self._is_whole else ()
        return Results(runs, self._failures.made()) if runs or self._failures else None


class _CargoMessages:
    """`cargo build --message-format=json`: what the compiler calls an error."""

    def __init__(self) -> None:
        self._is_seen = False
        self._failures = _Failures()

    def see(self, row: Mapping[str, Any]) -> bool:
        reason = row.get("reason")
        if not isinstance(reason, str):
            return False
        message = row.get("message")
        if reason == "compiler-message" and isinstance(message, dict):
            self._add(message)
        self._is_seen = self._is_seen or reason in ("compiler-message", "compiler-artifact", "build-finished")
        return True

    def results(self) -> Results | None:
        return Results((), self._failures.made()) if self._is_seen else None

    def _add(self, message: Mapping[str, Any]) -> None:
        spans = [span for span in tables(message.get("spans", [])) if span.get("is_primary")]
        code = message.get("code")
        # `aborting due to 2 previous errors` has neither: it only sums up.
        if message.get("level") != "error" or not (spans or code):
            return
        place = spans[0] if spans else {}
        name = words(code.get("code")) if isinstance(code, dict) else ""
        self._failures.add(
            f"error[{name}]" if name else "error",
            words(message.get("rendered")) or words(message.get("message")),
            file=words(place.get("file_name")),
            line=line_number(place.get("line_start")),
        )


class _PytestReportlog:
    """`pytest --report-log`: a line for each phase of each test; counted as pytest's own summary counts."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._is_whole = False
        self._failures = _Failures()

    def see(self, row: Mapping[str, Any]) -> bool:
        kind = row.get("$report_type")
        if kind in ("TestReport", "CollectReport"):
            if field := self._field(row):
                self._counts[field] += 1
            if row.get("outcome") == "failed":
                self._fail(row)
        elif kind == "SessionFinish":
            self._is_whole = True
        return isinstance(kind, str)

    def results(self) -> Results | None:
        """Without the session's end it was cut off, and counted nothing."""
        counts = self._counts
        run = TestRun(
            "pytest", counts["passed"], counts["failed"], counts["errors"], counts["skipped"], counts["xfailed"]
        )
        runs = (run,) if self._is_whole else ()
        return Results(runs, self._failures.made()) if runs or self._failures else None

    def _field(self, row: Mapping[str, Any]) -> str:
        outcome, phase = words(row.get("outcome")), words(row.get("when"))
        if outcome == "failed":
            return "failed" if phase == "call" else "errors"
        if outcome == "skipped":
            return "xfailed" if "wasxfail" in row else "skipped"
        return "passed" if phase == "call" else ""

    def _fail(self, row: Mapping[str, Any]) -> None:
        test, shown = words(row.get("nodeid")), row.get("longrepr")
        crash = shown.get("reprcrash") if isinstance(shown, dict) else None
        if isinstance(crash, dict):
            place = line_number(crash.get("lineno"))
            self._failures.add(test, words(crash.get("message")), file=words(crash.get("path")), line=place)
        else:
            trace = words(shown)
            self._failures.add(test, last_line(trace), trace=trace)


class _Mypy:
    """`mypy --output json`: its errors, not its notes."""

    _FIELDS = frozenset({"file", "line", "message", "hint", "code", "severity"})

    def __init__(self) -> None:
        self._is_seen = False
        self._failures = _Failures()

    def see(self, row: Mapping[str, Any]) -> bool:
        if not row.keys() >= self._FIELDS:
            return False
        self._is_seen = True
        if row["severity"] == "error":
            name = f"mypy {words(row['code'])}".rstrip()
            place = line_number(row["line"])
            self._failures.add(name, words(row["message"]), file=words(row["file"]), line=place)
        return True

    def results(self) -> Results | None:
        return Results((), self._failures.made()) if self._is_seen else None


# A line of one of these forms says one of these words.
HINTS = ('"Action"', '"event"', '"type"', '"reason"', '"$report_type"', '"severity"')


class Streams:
    """Hands each line to the form it is of."""

    def __init__(self) -> None:
        self._go = _GoTest()
        self._all: tuple[_Stream, ...] = (self._go, _Libtest(), _CargoMessages(), _PytestReportlog(), _Mypy())

    def see(self, row: Mapping[str, Any]) -> None:
        """Take in one line; one that is of no form, or wrong, tells nothing."""
        for stream in self._all:
            try:
                if stream.see(row):
                    return
            except Malformed:
                return

    def see_text(self, line: str) -> None:
        """Take in a line that is no JSON object."""
        self._go.see_text(line)

    def results(self) -> list[Results]:
        """What each form told that was there."""
        return [results for stream in self._all if (results := stream.results())]
