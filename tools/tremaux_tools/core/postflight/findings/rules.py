"""What a line has to say to be noticed, as data: ten kinds of error, four of success.

A keyword is not enough: each pattern wants the shape in which tools tell of such an event. What looks like
one and is none is the subject of `dismissals`.
"""

from dataclasses import dataclass

from tremaux_tools.core.postflight.findings.shape import Shape
from tremaux_tools.core.postflight.report import Severity


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One kind of error. A line belongs to the first kind that is found in it."""

    type: str
    severity: Severity
    hints: tuple[str, ...]  #: in lower case; each line of this kind has one of them, after a line end
    shape: Shape


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """One kind of success."""

    type: str
    hints: tuple[str, ...]  #: in lower case; each line of this kind has one of them, after a line end
    shape: Shape


MARKS = ("✕", "✖", "✗", "✘", "×")  # of a failed test or a linter's findings

_N = r"[1-9]\d{0,8}"  # a count of one or more
_PLACE = r"^(?:\[\w{1,8}\] +)?[^\s:][^:]{0,200}:\d{1,7}:(?:\d{1,7}:)?"  # file.c:12:5:
_RAISED = r"(?: \[\w{1,40}\])?(?::? ?$|: )"  # what stands behind the type of an exception
# Words that count only by themselves, as no part of a file's name, an option or an identifier.
_WORDS = (
    "errors?",
    "fail(?:ed|ure|ures|s|ing)?",
    "cannot",
    "could not",
    "unable to",
    "unbound variable",
    "does not meet",
)
_APART = r"[\w./\\-]"
_ALONE = "|".join(rf"{word[0]}(?<!{_APART}{word[0]}){word[1:]}(?![\w/\\-]|\.\w|\()" for word in _WORDS)


def _counted(*words: str) -> str:
    """Words with a number before them that is not zero; written from the word's first letter on, see `shape`."""
    digits = ("", r"\d", r"\d\d", r"\d\d\d", r"\d\d\d\d")
    return "|".join(rf"{word}\b(?:{'|'.join(rf'(?<=[1-9]{more} {word})' for more in digits)})" for word in words)


# From the most telling to the least. The last knows a word alone, which is weak evidence: it costs no points.
ERROR_RULES: tuple[ErrorRule, ...] = (
    ErrorRule(
        "out_of_memory",
        "high",
        ("memory", "alloc", "kill"),
        Shape(
            r"\bout of memory\b|\boom-?kill|\boutofmemoryerror\b|\bmemoryerror\b|cannot allocate memory|\bbad_alloc\b",
            folded=True,
        ),
    ),
    ErrorRule(
        "crash",
        "high",
        ("segm", "panic", "fatal", "abort", "kill", "signal", "dumped", "rror", "exceeded"),
        Shape(
            r"\bSegmentation fault\b|\bcore dumped\b|^\s*panic: |\bpanicked at\b|\bFatal Python error\b"
            r"|fatal error: |Fatal error: "
            r"|\bFATAL\b(?! ?=)|^fatal: |\bBus error\b|Sanitizer: |\blimit exceeded\b"
            r"|^(?:.{0,120}\bline \d{1,7}: +\d{1,9} )?(?:Killed|Aborted)\b|\bsignal: (?:killed|aborted)"
            r"|\bSIG(?:SEGV|ABRT|KILL|BUS|ILL|FPE|SYS)\b"
        ),
    ),
    ErrorRule(
        "test_failure",
        "high",
        ("fail", "not ok", "rror", *MARKS),
        Shape(
            r"\bFAILED\b|\bFAILURES\b|^\s*FAIL\b|^\s*--- FAIL: |^\(fail\) |^\s*not ok\b|^\s*[✕✖✗✘×] |\bFAIL$"
            rf"|{_counted('failed', 'failing', 'failures', 'failure', 'tests failed', 'test failed')}"
            rf"|failures[:=]? {_N}|Failures[:=]? {_N}|failed[:=]? {_N}|Failed[:=]? {_N}|fail {_N}|FAIL[:=] {_N}"
            rf"|\bTests run: .{{0,80}}\bErrors: {_N}\b"
            r"|^ERROR: \w{1,200} \(|^ERROR \S{1,300}\.py\b|<<< (?:FAILURE|ERROR)!"
        ),
    ),
    ErrorRule(
        "build_error",
        "high",
        ("rror", "***", "undefined", "fail", "stopped", "err!", "problem"),
        Shape(
            rf"{_PLACE} (?:fatal )?error\b|^error\[E\d{{4}}\]|\(\d{{1,7}},\d{{1,7}}\): error\b|\berror TS\d{{4}}\b"
            r"|^\s*\d{1,7}:\d{1,7}\s{1,8}error\s|^g?make(?:\[\d{1,4}\])?: \*\*\* "
            r"|\bundefined reference to\b|^error: could not compile"
            r"|^npm (?:ERR!|error)|\bBUILD FAIL(?:ED|URE)\b|^ninja: build stopped|^CMake Error|^collect2: error"
            rf"|\bFound {_N} errors?\b|^✖ \d{{1,9}} problems?|^\[ERROR\] (?:COMPILATION|Failed to execute)"
            r"|^SyntaxError: "
        ),
    ),
    ErrorRule(
        "permission_denied",
        "medium",
        ("denied", "permitted"),
        Shape(r"\bpermission denied\b|\baccess denied\b|\beacces\b|\boperation not permitted\b", folded=True),
    ),
    ErrorRule(
        "not_found",
        "medium",
        ("not found", "no such", "no rule", "cannot", "rror"),
        Shape(
            r"\bcommand not found\b|: not found$|\bno such file or directory\b|\bno module named\b|\benoent\b"
            r"|\bcannot find (?:module|package)\b|\bfile not found\b|\bno rule to make target\b",
            folded=True,
        ),
    ),
    ErrorRule(
        "connection",
        "medium",
        ("connect", "reachable", "could not", "already in use", "addrinfo", "broken"),
        Shape(
            r"\bconnection (?:refused|reset|aborted|timed out)\b|\bfailed to connect\b"
            r"|\bcould(?: not|n't) connect\b|\bcannot connect\b"
            r"|\beconn(?:refused|reset|aborted)\b|\bnetwork is unreachable\b"
            r"|\bhost is unreachable\b|\bcould not resolve host\b"
            r"|\beaddrinuse\b|\baddress already in use\b|\bgetaddrinfo\b|\bbroken pipe\b",
            folded=True,
        ),
    ),
    ErrorRule(
        "timeout",
        "medium",
        ("timed out", "timeout", "exceeded"),
        Shape(
            r"\btimed out\b|\btimeout (?:of|after|expired|exceeded)\b|\bdeadline exceeded\b"
            r"|\btimeout(?:error|expired)?: |\(timeout\)|\btimeout$",
            folded=True,
        ),
    ),
    ErrorRule(
        "exception",
        "high",
        ("traceback", "rror", "exception", "rejection"),
        Shape(
            rf"^\W{{0,12}}Traceback \(most recent call last\):$"
            rf"|Error(?<=\wError){_RAISED}|Exception(?<=\wException){_RAISED}"
            r"|\bUn(?:handled|caught) (?:\w{1,20} ){0,3}(?:[Ee]rror|[Ee]xception|[Rr]ejection)\b"
        ),
    ),
    ErrorRule(
        "error",
        "low",
        ("rror", "fail", "cannot", "could not", "unable to", "unbound", "does not meet"),
        Shape(_ALONE, folded=True),
    ),
)

SUCCESS_RULES: tuple[SuccessRule, ...] = (
    SuccessRule(
        "tests_passed",
        ("pass", "\nok", "fail"),
        Shape(
            rf"{_counted('passed', 'passing', 'tests passed', 'test passed')}|^OK(?: \(|$)"
            rf"|^ok {{1,2}}\t\S|^test result: ok\. [1-9]"
            r"|^[#ℹ] pass [1-9]|\bTests run: [1-9].{0,20}Failures: 0, Errors: 0\b|^\d{1,9} examples?, 0 failures"
        ),
    ),
    SuccessRule(
        "build_succeeded",
        ("succe", "complete", "built", "finished"),
        Shape(
            r"\bbuild (?:success(?:ful)?|succeeded|completed?|finished)\b|\bcompiled successfully\b"
            r"|\bsuccessfully (?:built|compiled)\b|^ +finished `|\bbuilt in \d|^\[100%\] built target ",
            folded=True,
        ),
    ),
    SuccessRule(
        "checks_clean",
        ("pass", "no issues", "rror", "problem", "vuln", "unchanged"),
        Shape(
            r"\ball checks passed\b|\bno issues found\b|0 errors(?<![\w.]0 errors)"
            r"|0 problems(?<![\w.]0 problems)|\bno problems\b"
            r"|\bfound 0 vulnerabilities\b|^\d{1,9} files? would be left unchanged",
            folded=True,
        ),
    ),
    SuccessRule(
        "completed",
        ("succe", "complete", "\ndone"),
        Shape(
            r"^\W{0,4}(?:task|job|deployment|deploy|migration|installation)s? (?:is |was )?(?:done|completed?)\b"
            r"|\bcompleted successfully\b|\bsuccessfully (?:completed|installed|deployed|finished)\b|^done[.!]?$",
            folded=True,
        ),
    ),
)

# Who looks for words alone calls each line with one of these an error, of this type if no pattern fits.
KEYWORDS = ("error", "fail", "exception", "fatal", "panic", "timeout", "timed out", "denied", "traceback", "not found")
WORD_ALONE = "error"
