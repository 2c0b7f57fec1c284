"""Say what to do next, with the command where it is known."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.postflight.exits import SIGNAL_BASE, explain_exit
from tremaux_tools.core.postflight.report import Alarm, RootCause, Verdict
from tremaux_tools.core.postflight.reruns import rerun, runner_of
from tremaux_tools.core.runners import TestRun

MAX_ADVICE = 5
_MAX_SHOWN = 160  # characters of a text out of the log
SKIPPED_SHARE = 0.2  # of all tests; fewer skipped ones are no news

_MODULE = re.compile(
    r"(?:No module named|Cannot find (?:module|package)|Could not resolve|no required module provides package)"
    r" ['\"]?([\w@./-]{1,100})"
)
_PORT = re.compile(r"(?:EADDRINUSE|[Aa]ddress already in use)[^\n]{0,80}?:(\d{2,5})\b")
_PATH = re.compile(r"(?:[Pp]ermission denied|EACCES)[^\n]{0,40}?['\"]([^'\"\n]{1,160})['\"]")

# What to do where the code alone says it.
_BY_CODE: Mapping[int, str] = {
    5: "If pytest ran, it collected no test: check with `pytest --collect-only -q`.",
    124: "Run it with a higher time limit, or find what hangs.",
    126: "Make the command executable (`chmod +x FILE`) or run it through its interpreter.",
    127: "Install the command or put its directory on PATH; `command -v NAME` tells whether it is found.",
    130: "Run it again: it was interrupted, which says nothing of the code.",
    134: "Look for the failed assertion or corrupt memory above the abort.",
    137: "Run it with fewer workers or more memory: `dmesg | tail` tells whether the kernel killed it for memory.",
    139: "Get a backtrace: run it under `gdb -batch -ex run -ex bt --args COMMAND`.",
    143: "Look at what ended it: a time limit, a stopped container or a shutdown.",
}
_SEE_THE_CODE = "Run it again as `tremaux run -- COMMAND`, so that the exit code is seen."
_COLLECT: Mapping[str, str] = {
    "pytest": "pytest --collect-only -q",
    "jest": "npx jest --listTests",
    "vitest": "npx vitest list",
    "go": "go test -list . ./...",
    "cargo": "cargo test -- --list",
    "ctest": "ctest -N",
    "unittest": "python -m unittest discover -v",
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
    """Recommend at most `MAX_ADVICE` next steps, the most useful first; none where nothing is to be done.

    A command that holds a name out of the log has it quoted for a POSIX shell.
    """
    if verdict == "passed":
        return tuple(_after_success(exit_code, runs))
    text = "\n".join([*(alarm.context for alarm in errors), root_cause.excerpt if root_cause else ""])
    steps = [
        *_rerun(runs, failing_tests, root_cause),
        *_where(root_cause, exit_code),
        *_cause(strip_controls(text)),
        *_ending(exit_code),
        *_nothing_tested(runs),
    ]
    if verdict == "uncertain":
        steps.append(_SEE_THE_CODE)
        steps = [*steps[: MAX_ADVICE - 1], steps[-1]]
    return tuple(dict.fromkeys(steps))[:MAX_ADVICE]


def _after_success(exit_code: int | None, runs: Sequence[TestRun]) -> Iterator[str]:
    if exit_code is None:
        yield _SEE_THE_CODE
    skipped = sum(run.skipped for run in runs)
    tested = sum(run.passed for run in runs) + skipped
    if skipped and skipped >= SKIPPED_SHARE * tested:
        yield f"Look at why {skipped} of {tested} tests were skipped: they prove nothing."
    yield from _nothing_tested(runs)


def _rerun(runs: Sequence[TestRun], tests: Sequence[str], root_cause: RootCause | None) -> Iterator[str]:
    file = root_cause.file if root_cause else None
    red = [run.runner for run in runs if run.is_red] or [runner_of(test) for test in tests[:1]]
    for runner in red:
        if command := rerun(runner, tests, file):
            yield f"Run only what failed: `{command}`."
            return


def _where(root_cause: RootCause | None, exit_code: int | None) -> Iterator[str]:
    if root_cause and root_cause.file:
        line = f":{root_cause.file_line}" if root_cause.file_line else ""
        yield f"Look at {_shown(root_cause.file)}{line}; {root_cause.source} tells why."
    elif root_cause and root_cause.line and exit_code not in _BY_CODE:  # a code tells more than the last words
        yield f"Look at {root_cause.source} first."


def _cause(text: str) -> Iterator[str]:
    if found := _MODULE.search(text):
        name = found[1].rstrip(".,;:")
        yield f"Install what provides {name!r}, or mend the import: {_install(name, text)}."
    if found := _PORT.search(text):
        yield f"See what listens on port {found[1]}: `lsof -i :{found[1]}`."
    if found := _PATH.search(text):
        yield f"Check who may use it: `ls -ld {shlex.quote(found[1])}`."


def _install(module: str, text: str) -> str:
    if "No module named" in text:
        return f"`pip install {shlex.quote(module.partition('.')[0])}` if its package has the same name"
    if "no required module" in text:
        return f"`go get {shlex.quote(module)}`"
    if module.startswith((".", "/")):
        return "the path is one of this project"
    return f"`npm install {shlex.quote(module)}`"


def _ending(exit_code: int | None) -> Iterator[str]:
    if exit_code is None:
        return
    if step := _BY_CODE.get(SIGNAL_BASE - exit_code if exit_code < 0 else exit_code):
        yield step
    elif meaning := explain_exit(exit_code):
        yield meaning


def _nothing_tested(runs: Sequence[TestRun]) -> Iterator[str]:
    for run in runs:
        if run.is_empty:
            command = _COLLECT.get(run.runner)
            yield f"{run.runner} ran no test: check what it finds" + (f" with `{command}`." if command else ".")


def _shown(text: str) -> str:
    return " ".join(strip_controls(text).split())[:_MAX_SHOWN]
