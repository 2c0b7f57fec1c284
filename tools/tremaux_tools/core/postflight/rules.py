"""What a line has to say to be noticed, as data: ten kinds of error, four of success.

A keyword is not enough: each pattern wants the shape in which tools tell of such an event. What looks like
one and is none is the subject of `dismissals`.
"""

import re
from dataclasses import dataclass

from tremaux_tools.core.postflight.report import Severity


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One kind of error. A line belongs to the first kind that is found in it."""

    type: str
    severity: Severity
    hints: tuple[str, ...]  #: in lower case; each line of this kind has one of them, after a line end
    pattern: re.Pattern[str]  #: searched in the line


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """One kind of success."""

    type: str
    hints: tuple[str, ...]  #: in lower case; each line of this kind has one of them, after a line end
    pattern: re.Pattern[str]  #: searched in the line


MARKS = ("✕", "✖", "✗", "✘", "×")  # of a failed test or a linter's findings

_I = re.IGNORECASE
_N = r"[1-9]\d{0,8}"  # a count of one or more
_PLACE = r"^(?:\[\w{1,8}\] +)?[^\s:][^:]{0,200}:\d{1,7}:(?:\d{1,7}:)?"  # file.c:12:5:
_TYPE = r"\b(?:[A-Za-z_$][\w$]{0,80}(?:\.|::|\\)){0,8}[A-Z]\w{0,80}(?:Error|Exception)"
# A word by itself, no part of a file's name, an option or an identifier.
_WORD = (
    r"(?<![\w./\\-])(?:errors?|fail(?:ed|ure|ures|s|ing)?|cannot|could not|unable to|unbound variable|does not meet)"
    r"(?![\w/\\-]|\.\w|\()"
)

# From the most telling to the least. The last knows a word alone, which is weak evidence: it costs no points.
ERROR_RULES: tuple[ErrorRule, ...] = (
    ErrorRule(
        "out_of_memory",
        "high",
        ("memory", "alloc", "kill"),
        re.compile(
            r"\bout of memory\b|\boom-?kill|\boutofmemoryerror\b|\bmemoryerror\b|cannot allocate memory|\bbad_alloc\b",
            _I,
        ),
    ),
    ErrorRule(
        "crash",
        "high",
        ("segm", "panic", "fatal", "abort", "kill", "signal", "dumped", "rror", "exceeded"),
        re.compile(
            r"\bSegmentation fault\b|\bcore dumped\b|^\s*panic: |\bpanicked at\b|\bFatal Python error\b"
            r"|\b[Ff]atal error: |\bFATAL\b(?! ?=)|^fatal: |\bBus error\b|\b[A-Z]\w{1,20}Sanitizer: |\blimit exceeded\b"
            r"|^(?:.{0,120}\bline \d{1,7}: +\d{1,9} )?(?:Killed|Aborted)\b|\b(?:signal: (?:killed|aborted)|core dumped)"
            r"|\bSIG(?:SEGV|ABRT|KILL|BUS|ILL|FPE|SYS)\b"
        ),
    ),
    ErrorRule(
        "test_failure",
        "high",
        ("fail", "not ok", "rror", *MARKS),
        re.compile(
            r"\bFAILED\b|\bFAILURES\b|^\s*FAIL\b|^\s*--- FAIL: |^\(fail\) |^\s*not ok\b|^\s*[✕✖✗✘×] |\bFAIL$"
            rf"|\b{_N} (?:tests? |specs? |examples?, )?(?:failed|failing|failures?)\b"
            rf"|\b(?i:failures|failed|fail)[:=]? {_N}\b|\bTests run: .{{0,80}}\bErrors: {_N}\b"
            r"|^ERROR: \w{1,200} \(|^ERROR \S{1,300}\.py\b|<<< (?:FAILURE|ERROR)!"
        ),
    ),
    ErrorRule(
        "build_error",
        "high",
        ("rror", "***", "undefined", "fail", "stopped", "err!", "problem"),
        re.compile(
            rf"{_PLACE} (?:fatal )?error\b|^error\[E\d{{4}}\]|\(\d{{1,7}},\d{{1,7}}\): error\b|\berror TS\d{{4}}\b"
            r"|^\s*\d{1,7}:\d{1,7}\s{1,8}error\s|^g?make(?:\[\d{1,4}\])?: \*\*\* "
            r"|\bundefined reference to\b|^error: could not compile"
            r"|^npm (?:ERR!|error)|\bBUILD FAIL(?:ED|URE)\b|^ninja: build stopped|^CMake Error|^collect2: error"
            rf"|\bFound {_N} errors?\b|^✖ \d{{1,9}} problems?|^\[ERROR\] (?:COMPILATION|Failed to execute)"
            r"|^SyntaxError: |^\s*(?:E +)?(?:Syntax|Indentation)Error: "
        ),
    ),
    ErrorRule(
        "permission_denied",
        "medium",
        ("denied", "permitted"),
        re.compile(r"\b(?:permission|access) denied\b|\beacces\b|\boperation not permitted\b", _I),
    ),
    ErrorRule(
        "not_found",
        "medium",
        ("not found", "no such", "no rule", "cannot", "rror"),
        re.compile(
            r"\bcommand not found\b|: not found$|\bno such file or directory\b|\bno module named\b|\benoent\b"
            r"|\bcannot find (?:module|package)\b|\bfile not found\b|\bno rule to make target\b",
            _I,
        ),
    ),
    ErrorRule(
        "connection",
        "medium",
        ("connect", "reachable", "could not", "already in use", "addrinfo", "broken"),
        re.compile(
            r"\bconnection (?:refused|reset|aborted|timed out)\b|\b(?:failed to|could(?: not|n't)|cannot) connect\b"
            r"|\beconn(?:refused|reset|aborted)\b|\b(?:network|host) is unreachable\b|\bcould not resolve host\b"
            r"|\beaddrinuse\b|\baddress already in use\b|\bgetaddrinfo\b|\bbroken pipe\b",
            _I,
        ),
    ),
    ErrorRule(
        "timeout",
        "medium",
        ("timed out", "timeout", "exceeded"),
        re.compile(
            r"\btimed out\b|\btimeout (?:of|after|expired|exceeded)\b|\bdeadline exceeded\b"
            r"|\btimeout(?:error|expired)?: |\(timeout\)|\btimeout$",
            _I,
        ),
    ),
    ErrorRule(
        "exception",
        "high",
        ("traceback", "rror", "exception", "rejection"),
        re.compile(
            rf"^\W{{0,12}}Traceback \(most recent call last\):$|{_TYPE}(?: \[\w{{1,40}}\])?(?::? ?$|: )"
            r"|\bUn(?:handled|caught) (?:\w{1,20} ){0,3}(?:[Ee]rror|[Ee]xception|[Rr]ejection)\b"
        ),
    ),
    ErrorRule(
        "error",
        "low",
        ("rror", "fail", "cannot", "could not", "unable to", "unbound", "does not meet"),
        re.compile(_WORD, _I),
    ),
)

SUCCESS_RULES: tuple[SuccessRule, ...] = (
    SuccessRule(
        "tests_passed",
        ("pass", "\nok", "fail"),
        re.compile(
            rf"\b{_N} (?:tests? )?(?:passed|passing)\b|^OK(?: \(|$)|^ok {{1,2}}\t\S|^test result: ok\. [1-9]"
            r"|^[#ℹ] pass [1-9]|\bTests run: [1-9].{0,20}Failures: 0, Errors: 0\b|^\d{1,9} examples?, 0 failures"
        ),
    ),
    SuccessRule(
        "build_succeeded",
        ("succe", "complete", "built", "finished"),
        re.compile(
            r"\bbuild (?:success(?:ful)?|succeeded|completed?|finished)\b|\bcompiled successfully\b"
            r"|\bsuccessfully (?:built|compiled)\b|^ +finished `|\bbuilt in \d|^\[100%\] built target ",
            _I,
        ),
    ),
    SuccessRule(
        "checks_clean",
        ("pass", "no issues", "rror", "problem", "vuln", "unchanged"),
        re.compile(
            r"\ball checks passed\b|\bno issues found\b|(?<![\w.])0 errors\b|(?<![\w.])(?:0|no) problems\b"
            r"|\bfound 0 vulnerabilities\b|^\d{1,9} files? would be left unchanged",
            _I,
        ),
    ),
    SuccessRule(
        "completed",
        ("succe", "complete", "\ndone"),
        re.compile(
            r"^\W{0,4}(?:task|job|deployment|deploy|migration|installation)s? (?:is |was )?(?:done|completed?)\b"
            r"|\bcompleted successfully\b|\bsuccessfully (?:completed|installed|deployed|finished)\b|^done[.!]?$",
            _I,
        ),
    ),
)

# Who looks for words alone calls each line with one of these an error, of this type if no pattern fits.
KEYWORDS = ("error", "fail", "exception", "fatal", "panic", "timeout", "timed out", "denied", "traceback", "not found")
WORD_ALONE = "error"
