"""Weigh what an agent says of a gate against what the gate printed and how it ended.

A failed test or a non-zero exit code is believed before any claim; a phrase such as `make: *** Error 1`
only where no exit code is known. A claim is only ever changed from `pass` to `fail`: an agent may have its
own reasons to reject what its tests accept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.runners import STAMP, TestRun, read_tests, total

TAIL = 16_384  # characters; a tool says last how it ended
LAST_LINES = 40  # non-empty lines; what stands above was followed by other work
QUOTED = 160  # characters of evidence in a warning
PYTEST_COLLECTED_NOTHING = 5  # docs.pytest.org/en/stable/reference/exit-codes.html


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a gate is to be judged by."""

    gate: str  #: "pass", "fail", "blocked" or "none"
    warnings: tuple[str, ...]  #: sentences for the agent, each with its evidence
    tests: TestRun | None  #: summed over the runners in the output; None if none counted


def _table(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


# How tools tell that they failed. Each is a whole phrase of its tool at the beginning of a line, so that
# prose, test names and counts of zero do not match.
_FAILURES = _table(
    # compilers and linkers
    r"error: (?:could not compile|aborting due to|linking with|test failed, to rerun)",
    r"error\[E\d{4}\]: ",
    r"[^\s:][^:\n]{0,200}:\d{1,7}:(?:\d{1,7}:)? (?:fatal )?error: ",
    r"[^\s(][^(\n]{0,200}\(\d{1,7},\d{1,7}\): error \w{1,8}\d+: ",
    r"[^\s:][^:\n]{0,200}\.go:\d{1,7}:\d{1,7}: ",
    r"[1-9]\d{0,6} (?:warnings? and [1-9]\d{0,6} )?errors?(?: generated\.?)?$",
    r"compilation terminated\.$",
    r"collect2: error: ",
    r"CMake Error",
    # linters
    r"Found [1-9]\d* errors?\b",
    r"✖ \d+ problems? \([1-9]\d* error",
    # runners that print no count for this
    r"FAIL(?:\t\S|$)",
    r" {2}process didn't exit successfully: ",
    # build tools and package managers
    r"g?make(?:\[\d+\])?: \*\*\* ",
    r"ninja: build stopped",
    r"(?:\[(?:INFO|ERROR)\] )?BUILD FAIL(?:URE|ED)\b",
    r"\[ERROR\] (?:Failed to execute goal|-> \[Help 1\])",
    r"npm (?:ERR!|error) ",
    r"error Command failed with exit code [1-9]",
    r" ?ELIFECYCLE ",
    r"(?:Error: )?Process completed with exit code [1-9]",
    r"exit status [1-9]\d*$",
    r"##\[error\]",
    r"CONFLICT \(",
    r"fatal: ",
    # shells, signals, crashes
    r"\S{1,80}: line \d+: \S",
    r"\S{1,80}: [^:\n]{1,120}: (?:command not found|No such file or directory|Permission denied|not found)$",
    r"(?:[^\n]{0,200} )?(?:Segmentation fault|Bus error|Floating point exception)(?: +\(core dumped\))?$",
    r"(?:Fatal Python error|Fatal error|panic): ",
    r"thread '[^'\n]{1,200}'(?: \(\d+\))? panicked at ",
    r"Node\.js v\d",  # the farewell of a process that an exception ended
    r" {2}code: '[A-Z_]{3,40}',?$",
)
# Coverage that is too low is told before the runner's green summary.
_COVERAGE = _table(
    r"(?:Jest: |ERROR: )?Coverage for [^\n]{1,200} does not meet ",
    r"(?:FAIL|ERROR:? )[^\n]{0,40}Required test coverage of ",
)
# Too common in passing logs to be believed but on the last line.
_LAST_WORDS = _table(
    r"(?:error|Error|ERROR|fatal error): (?!0\b|none\b|no )\S",
    r"[a-z][\w.-]{0,40}: (?:\([1-9]\d*\) |error: )\S",  # curl, mv, gcc
    r"(?:Killed|Aborted|Terminated|Segmentation fault)\b",
    r" {4}at \S",
    r'  File "[^"\n]{1,300}", line \d+ in ',
)
_EXCEPTION = re.compile(
    r"(?:Uncaught |Unhandled |E +)?(?:[A-Za-z_$][\w$]{0,80}\.){0,8}[A-Z]\w{0,80}"
    r"(?:Error|Exception|Exit|Interrupt)(?: \[\w{1,40}\])?(?::|$)"
)
_FRAME = re.compile(r'(?:E +)?  File "[^"\n]{1,300}", line \d| {4}at \S')
_COMMAND = re.compile(r"(?:\S{1,60}[:~] ?)?[$+] \S")  # `$ make` of a prompt, `+ make` of set -x
_STAMP = re.compile(STAMP)


def weigh(claimed: str, text: str, exit_code: int | None) -> Evidence:
    """Decide which gate to judge by: the one claimed, or the one the evidence shows.

    A claimed `pass` turns to `fail` when the exit code is not 0, a test failed, or, with `exit_code`
    None (not known), the output ends as failing tools do. Any other claim stays. Whatever contradicts
    the claim is told in `warnings`.
    """
    runs = read_tests(text)
    tests = total(runs)
    if claimed == "pass":
        return _weigh_pass(text, exit_code, runs)
    warnings: tuple[str, ...] = ()
    red = [run for run in runs if run.is_red]
    if red and claimed != "fail":
        warnings = (f"claimed {claimed}, but {_said(red)}.",)
    elif claimed == "fail" and exit_code == 0 and tests is not None and not red and not tests.is_empty:
        warnings = (f"claimed fail, but the exit code is 0 and {_said(runs)}: kept as fail.",)
    return Evidence(claimed, warnings, tests)


def _weigh_pass(text: str, exit_code: int | None, runs: tuple[TestRun, ...]) -> Evidence:
    tests = total(runs)
    proof = _proof_of_failure(text, exit_code, runs)
    if proof:
        return Evidence("fail", (f"claimed pass, but {proof}: judged as fail.",), tests)
    if tests is not None and tests.is_empty:
        return Evidence("pass", (f"claimed pass, but nothing was tested: {_said(runs)}.",), tests)
    return Evidence("pass", (), tests)


def _proof_of_failure(text: str, exit_code: int | None, runs: tuple[TestRun, ...]) -> str:
    """Say what shows that the gate failed; empty if nothing does."""
    facts = []
    if red := [run for run in runs if run.is_red]:
        facts.append(_said(red))
    if exit_code:
        facts.append(f"the exit code is {exit_code}")
    if exit_code == PYTEST_COLLECTED_NOTHING and any(run.runner == "pytest" and run.is_empty for run in runs):
        facts.append("nothing was tested")
    if not facts and exit_code is None and (line := _last_failure(text)):
        facts.append(f"the output says {line!r}")
    return " and ".join(facts)


def _said(runs: Sequence[TestRun]) -> str:
    return ", ".join(f"{run.runner} says {run}" for run in runs)


def _last_failure(text: str) -> str:
    """Find the line with which a failing tool ended the output; empty if there is none.

    Only what follows the last command and the last green summary: what came before was mended.
    """
    lines = [_STAMP.sub("", line, count=1).rstrip() for line in strip_controls(text[-TAIL:]).split("\n")]
    lines = [line for line in lines if line][-LAST_LINES:]
    if lines and _is_farewell(lines):
        return lines[-1][:QUOTED]
    sought = _FAILURES + _COVERAGE
    for line in reversed(lines):
        if any(failure.match(line) for failure in sought):
            return line[:QUOTED]
        if _COMMAND.match(line):
            break
        if read_tests(line):
            sought = _COVERAGE
    return ""


def _is_farewell(lines: Sequence[str]) -> bool:
    """Tell whether the last line is one that only a failing program prints last."""
    if any(words.match(lines[-1]) for words in _LAST_WORDS):
        return True
    return _EXCEPTION.match(lines[-1]) is not None and any(_FRAME.match(line) for line in lines)
