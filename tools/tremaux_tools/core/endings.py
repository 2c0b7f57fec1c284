"""Tell from how an output ends that its program failed, where no exit code is known."""

import re
from collections.abc import Sequence

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.runners import STAMP, read_tests

TAIL = 16_384  # characters; a tool says last how it ended
LAST_LINES = 40  # non-empty lines; what stands above was followed by other work
QUOTED = 160  # characters of a line that is evidence


def _table(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


# How tools tell that they failed. Each is a whole phrase of its tool at the beginning of a line, so that
# prose, test names and counts of zero do not match.
_FAILURES = _table(
    # compilers and linkers
    r"error: (?:could not compile|aborting due to|linking with|test failed, to rerun)",
    r"error: (?:subprocess-exited-with-error|metadata-generation-failed)$",  # pip
    r"error\[E\d{4}\]: ",
    r"[^\s:][^:\n]{0,200}:\d{1,7}:(?:\d{1,7}:)? (?:fatal )?error: ",
    r"[^\s(][^(\n]{0,200}\(\d{1,7},\d{1,7}\): error \w{1,8}\d+: ",
    r"[^\s:][^:\n]{0,200}\.go:\d{1,7}:\d{1,7}: ",
    r"[1-9]\d{0,6} (?:warnings? and [1-9]\d{0,6} )?errors?(?: generated\.?)?$",
    r"compilation terminated\.$",
    r"collect2: error: ",
    r"CMake Error",
    # linters
    r"Found [1-9]\d* errors?\b(?! \(\d+ fixed, 0 remaining)",
    r"✖ \d+ problems? \([1-9]\d* error",
    r"Diff in \S{1,300}:\d{1,7}:$",  # rustfmt
    r"ESLint found too many warnings",
    r"(?:\[warn\] )?Code style issues (?:were )?found in ",  # prettier
    r"[^:\n]{1,200}:\d{1,7}:\d{1,7}: (?:warning|note): [^\n]{1,400} \[SC\d{4}\]$",  # shellcheck fails for these too
    # runners that print no count for this
    r"FAIL(?:\t\S|$)",
    r"\d\d:\d\d \+\d{1,7}(?: ~\d{1,7})? -[1-9]\d{0,6}: ",  # dart, flutter
    r"FAILED \((?:failures|errors)=[1-9]",  # shunit2
    r"[^\n]{0,80}\bexiting with code [1-9]",  # jest and vitest that found no tests
    r" {2}process didn't exit successfully: ",
    # build tools and package managers
    r"g?make(?:\[\d+\])?: \*\*\* ",
    r"\S{1,200}:\d{1,7}: \*\*\* [^\n]{1,300}\bStop\.$",  # the place in a makefile
    r"ninja: build stopped",
    r"(?:\[(?:INFO|ERROR)\] )?(?:BUILD FAIL(?:URE|ED)\b|Build FAILED\.)",
    r"\[ERROR\] (?:Failed to execute goal|The build could not read |-> \[Help 1\])",
    r"rake aborted!$",
    r"FAILED: Build did NOT complete successfully",  # bazel
    r"(?:x Build failed in |error during build:$)",  # vite
    r"(?:COPY|ADD) failed: ",
    r"(?:docker: )?Error response from daemon: ",
    r"ERROR: failed to (?:solve|build): ",
    r"The command '[^\n]{1,400}' returned a non-zero code: [1-9]",
    r"npm (?:ERR!|error) ",
    r"error Command failed with exit code [1-9]",
    r" ?ELIFECYCLE ",
    r"(?:Error: )?Process completed with exit code [1-9]",
    r"exit status [1-9]\d*$",
    r"##\[error\]",
    r"::error(?: [^:\n][^\n]{0,400}?)?::",
    r"CONFLICT \(",
    r"fatal: ",
    r"'[^'\n]{1,200}' is not recognized as an internal or external command,$",  # cmd
    r" {4}\+ FullyQualifiedErrorId : ",  # PowerShell
    r"tar: Error is not recoverable: exiting now$",
    r"dd: (?:error|failed) ",
    # crashes
    r"(?:Fatal Python error|Fatal error|panic): ",
    r"thread '[^'\n]{1,200}'(?: \(\d+\))? panicked at ",
    r"Node\.js v\d",  # the farewell of a process that an exception ended
    r" {2}code: '[A-Z_]{3,40}',?$",
)
# What shells say of a command. A script may go on after it, so it counts only where no other output follows.
_COMPLAINTS = _table(
    r"\S{1,80}: (?:-c: )?line \d+: \S",
    r"\S{1,80}: (?:\d{1,7}: )?[^:\n]{1,120}: (?:command not found|No such file or directory|Permission denied|not found"
    r"|Connection refused|Connection timed out)$",
    r"\S{1,200}:\d{1,7}: syntax error[:, ]",
    r"(?:jq: )?parse error: ",
    r"E: (?!0 )\S",  # apt
    r"(?:[^\n]{0,200} )?(?:Segmentation fault|Bus error|Floating point exception)(?: +\(core dumped\))?$",
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


def failing_end(text: str) -> str:
    """Find the line with which a failing tool ended the output; empty if there is none.

    Only what follows the last command and the last green summary: what came before was mended.
    """
    lines = [_STAMP.sub("", line, count=1).rstrip() for line in strip_controls(text[-TAIL:]).split("\n")]
    lines = [line for line in lines if line][-LAST_LINES:]
    if lines and _is_farewell(lines):
        return lines[-1][:QUOTED]
    sought = _FAILURES + _COVERAGE
    is_last = True
    for line in reversed(lines):
        if any(failure.match(line) for failure in sought):
            return line[:QUOTED]
        if is_last and any(complaint.match(line) for complaint in _COMPLAINTS):
            return line[:QUOTED]
        if _COMMAND.match(line):
            break
        is_last = False
        if read_tests(line):
            sought = _COVERAGE
    return ""


def _is_farewell(lines: Sequence[str]) -> bool:
    """Tell whether the last line is one that only a failing program prints last."""
    if any(words.match(lines[-1]) for words in _LAST_WORDS):
        return True
    return _EXCEPTION.match(lines[-1]) is not None and any(_FRAME.match(line) for line in lines)
