"""Say what to do next, with the command where it is known."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.postflight.exits import explain_exit
from tremaux_tools.core.postflight.report import Alarm, RootCause, Verdict
from tremaux_tools.core.runners import TestRun

MAX_ADVICE = 5
MAX_QUOTED = 200  # characters of a test's or file's name; a longer one is not put into a command
RERUN_TESTS = 3  # failing tests named in one command


def _each(command: str) -> Callable[[Sequence[str]], str]:
    return lambda tests: f"{command} {' '.join(map(shlex.quote, tests))}"


def _one(command: str, pattern: Callable[[str], str]) -> Callable[[Sequence[str]], str]:
    return lambda tests: f"{command} {shlex.quote(pattern(tests[0]))}"


_RERUN: Mapping[str, Callable[[Sequence[str]], str]] = {
    "pytest": _each("pytest"),
    "go": lambda tests: f"go test -run {shlex.quote('^(' + '|'.join(map(re.escape, tests)) + ')$')} ./...",
    "cargo": _one("cargo test", str),
    "ctest": lambda tests: f"ctest --output-on-failure -R {shlex.quote('^(' + '|'.join(map(re.escape, tests)) + ')$')}",
}


def advise(
    *,
    verdict: Verdict,
    exit_code: int | None,
    runs: Sequence[TestRun],
    failing_tests: Sequence[str],
    root_cause: RootCause | None,
    errors: Sequence[Alarm],
) -> tuple[str, ...]:
    """Recommend at most `MAX_ADVICE` next steps, the most useful first; none where nothing is to be done."""
    if verdict == "passed":
        skipped = sum(run.skipped for run in runs)
        return (f"Look at the {skipped} skipped tests.",) if skipped else ()
    advice = []
    red = next((run for run in runs if run.is_red), None)
    tests = [test for test in map(_plain, failing_tests) if test][:RERUN_TESTS]
    if red and tests and (rerun := _RERUN.get(red.runner)):
        advice.append(f"Run just what failed: `{rerun(tests)}`.")
    if root_cause and root_cause.file:
        place = f"{root_cause.file}:{root_cause.file_line}" if root_cause.file_line else root_cause.file
        advice.append(f"Look at {place[:MAX_QUOTED]}.")
    if exit_code and (meaning := explain_exit(exit_code)):
        advice.append(meaning)
    if verdict == "uncertain":
        advice.append("Run it again as `tremaux run -- COMMAND`, so that the exit code is seen.")
    return tuple(advice[:MAX_ADVICE])


def _plain(name: str) -> str:
    plain = " ".join(strip_controls(name).split())
    return plain if len(plain) <= MAX_QUOTED else ""
