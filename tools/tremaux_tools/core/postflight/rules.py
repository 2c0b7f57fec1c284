"""What a line of a log has to say to be noticed, as data: ten kinds of error, four of success."""

import re
from dataclasses import dataclass

from tremaux_tools.core.postflight.report import Severity


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One kind of error. A line belongs to the first kind that matches it."""

    type: str
    severity: Severity
    hints: tuple[str, ...]  #: lower-case literals of which every such line has one
    pattern: re.Pattern[str]  #: searched in the line


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """One kind of success."""

    type: str
    hints: tuple[str, ...]  #: lower-case literals of which every such line has one
    pattern: re.Pattern[str]  #: searched in the line


def _error(type_: str, severity: Severity, hints: tuple[str, ...], pattern: str, flags: int = 0) -> ErrorRule:
    return ErrorRule(type_, severity, hints, re.compile(pattern, flags))


def _success(type_: str, hints: tuple[str, ...], pattern: str) -> SuccessRule:
    return SuccessRule(type_, hints, re.compile(pattern))


_I = re.IGNORECASE

# From the most telling to the least; the last is a word alone, so it is listed and costs no points.
ERROR_RULES: tuple[ErrorRule, ...] = (
    _error(
        "out_of_memory",
        "high",
        ("out of memory", "oom", "memoryerror", "outofmemory", "allocate memory", "bad_alloc"),
        r"\bout of memory\b|\bOOM[- ]?Kill|\bOutOfMemoryError\b|\bMemoryError\b|cannot allocate memory|\bbad_alloc\b",
        _I,
    ),
    _error(
        "crash",
        "high",
        ("segmentation fault", "core dumped", "panic", "fatal", "aborted", "killed", "bus error", "sanitizer", "sig"),
        r"Segmentation fault|core dumped|\bpanic: |\bpanicked at\b|Fatal Python error|[Ff]atal error: |FATAL\b"
        r"|\bAborted\b|^(?:.{0,120}\bline \d{1,7}: +\d{1,9} )?Killed\b|\bBus error\b|\w{2,20}Sanitizer: "
        r"|\bSIG(?:SEGV|ABRT|KILL|BUS|ILL|FPE|SYS)\b|^fatal: ",
    ),
    _error(
        "test_failure",
        "high",
        ("fail", "not ok", "✕", "✖", "✗", "✘", "×", "error"),
        r"\bFAILED\b|^\s*FAIL\b|--- FAIL: |\(fail\) |^\s*not ok\b|^\s*[✕✖✗✘×] "
        r"|\b[1-9]\d{0,8} (?:tests? )?(?:failed|failing|failures?)\b|\b(?:Failures|Failed|failures|failed)[:=] ?[1-9]"
        r"|^ERROR: \w+ \(|^ERROR \S+\.py\b|<<< (?:FAILURE|ERROR)!",
    ),
    _error(
        "build_error",
        "high",
        ("error", "***", "undefined reference", "build fail", "build stopped", "err!", "problem"),
        r"^(?:[^\s:][^:]{0,200}:\d{1,7}:(?:\d{1,7}:)? )(?:fatal )?error\b|\berror\[E\d{4}\]|\(\d{1,7},\d{1,7}\): error\b"
        r"|\berror TS\d{4}\b|\bmake(?:\[\d{1,4}\])?: \*\*\* |undefined reference|BUILD FAIL|ninja: build stopped"
        r"|npm ERR!|npm error|^error: could not compile|\bFound [1-9]\d{0,8} errors?\b|✖ \d{1,9} problems?"
        r"|^\s*\d{1,7}:\d{1,7}\s+error\s|^\[ERROR\] \S|CMake Error|collect2: error",
    ),
    _error(
        "permission_denied",
        "medium",
        ("denied", "eacces", "not permitted"),
        r"permission denied|access denied|\bEACCES\b|operation not permitted",
        _I,
    ),
    _error(
        "not_found",
        "medium",
        ("not found", "no such file", "no module named", "cannot find", "enoent", "no rule to make"),
        r"command not found|: not found$|no such file or directory|no module named|cannot find (?:module|package)"
        r"|\bENOENT\b|\bfile not found\b|no rule to make target",
        _I,
    ),
    _error(
        "connection",
        "medium",
        (
            "connect",
            "econn",
            "unreachable",
            "resolve host",
            "eaddrinuse",
            "already in use",
            "getaddrinfo",
            "broken pipe",
        ),
        r"connection (?:refused|reset|aborted|closed|timed out)|failed to connect|could(?: not|n't) connect"
        r"|\bECONN(?:REFUSED|RESET|ABORTED)\b|(?:network|host) is unreachable|could not resolve host|\bEADDRINUSE\b"
        r"|address already in use|\bgetaddrinfo\b|broken pipe",
        _I,
    ),
    _error(
        "timeout",
        "medium",
        ("timed out", "timeout", "deadline exceeded"),
        r"\btimed out\b|\btimeout (?:of|after|expired|exceeded)\b|deadline exceeded|\bTimeout(?:Error|Expired)?: ",
        _I,
    ),
    _error(
        "exception",
        "high",
        ("traceback", "error", "exception", "unhandled", "uncaught"),
        r"^\W{0,12}Traceback \(most recent call last\):|\b(?:[A-Za-z_$][\w$]{0,80}\.){0,8}[A-Z]\w{0,80}(?:Error|Exception)(?:: |$)"
        r"|\bUn(?:handled|caught) (?:\w+ ){0,3}(?:error|exception|rejection)",
    ),
    _error(
        "error",
        "low",
        ("error", "fail", "cannot", "could not", "unable to"),
        r"\berrors?\b|\bfail(?:ed|ure|ures|s)?\b|\bcannot\b|\bcould not\b|\bunable to\b",
        _I,
    ),
)

SUCCESS_RULES: tuple[SuccessRule, ...] = (
    _success(
        "tests_passed",
        ("passed", "passing", "ok", "pass", "failures: 0"),
        r"\b[1-9]\d{0,8} (?:tests? )?(?:passed|passing)\b|^OK\b|^ok  ?\t|test result: ok\. [1-9]|^# pass [1-9]|Failures: 0, Errors: 0",
    ),
    _success(
        "build_succeeded",
        ("build", "compiled", "built", "finished"),
        r"(?i)\bbuild (?:success(?:ful)?|succeeded|ok|complete|completed)\b|compiled successfully|successfully built"
        r"|^ +Finished `|\bbuilt in \d",
    ),
    _success(
        "checks_clean",
        ("passed", "no issues", "0 errors", "0 problems", "no problems", "0 vulnerabilities"),
        r"(?i)\ball checks passed\b|\bsuccess: no issues found\b|\b0 errors\b|\b(?:0|no) problems\b|\bfound 0 vulnerabilities\b",
    ),
    _success(
        "completed",
        ("complete", "success", "deployed", "done"),
        r"(?i)^(?:\W{0,4})(?:task|job|deployment|migration|installation|all) (?:done|completed?)\b|\bcompleted successfully\b"
        r"|\bsuccessfully (?:completed|installed|deployed|finished)\b|^done\.?$",
    ),
)

ERROR_TYPES = tuple(rule.type for rule in ERROR_RULES)
LEARNING_TYPES = ("learning", "solution", "fix", "root_cause", "workaround")
