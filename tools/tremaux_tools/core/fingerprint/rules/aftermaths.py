"""Lines that say that something failed and not what, and lines that only look like a failure."""

from tremaux_tools.core.fingerprint.kinds import AFTERMATH, NOISE
from tremaux_tools.core.fingerprint.rule import Rule, rule

_CARGO_AND_OTHERS = (
    "could not compile",
    "aborting due to",
    "test failed, to rerun",
    r"\d+ targets? failed",
    "process didn't exit",
    'script ".+" exited',
    "Recipe `.+` failed",
    "doctest failed",
)
_NPM = (
    "code ELIFECYCLE",
    "errno",
    "path",
    "command",
    "workspace",
    "location",
    "Lifecycle",
    "Test failed",
    "A complete log",
    r"\d",
    "Exit status",
    "This is probably",
    "There is likely",
    "To see a list",
    " +npm",
    "Failed at the",
    "signal",
)
_MAVEN = (
    "$",
    "COMPILATION ERROR",
    "Failed to execute goal",
    "There (?:are|were) test",
    "Failures:",
    "Errors:",
    "Tests run:(?!.* in )",
    r"-> \[Help",
    "To see the full",
    "Re-run Maven",
    "For more info",
    r"\[Help",
    "Please refer",
    "See dump",
    "After correcting",
    "  mvn ",
)
_COUNTS = (
    r"Found [1-9]\d* errors?\b",
    r"=* ?[1-9]\d* (?:failed|errors?)\b",
    r"\s*✖ \d+ problems?",
    r"[1-9]\d* errors? generated",
    r"(?:##\[error\]|::error::)?Process completed with exit code [1-9]",
    "(?:error )?Command failed with",
    "ERROR: (?:script returned|Job failed|InvocationError)",
    "Errors while running CTest",
    "collect2: error",
    r"cc1\w*: (?:all|some) warnings",
)
_VERDICTS = (
    r"FAILED \((?:failures|errors|skipped|expected)",
    "FAILED$",
    "Result: FAIL",
    "test result: FAILED",
    "BUILD FAIL",
    "FAIL$",
    r"FAIL\s+[1-9]",
    r"# FAIL:? +[1-9]",
    r"FAILED:? +[1-9]\d*$",
    r"> Task \S+ FAILED$",
)
_MAKE = (r"\[.*\] (?:Error \d+|Terminated|Interrupt)", "Waiting for unfinished", "wait: No child")

AFTERMATHS: tuple[Rule, ...] = (
    rule(AFTERMATH, "***", rf"\w*make(?:\[\d+\])?: \*\*\* (?:{'|'.join(_MAKE)})"),
    rule(AFTERMATH, "error: ", rf"error: (?:{'|'.join(_CARGO_AND_OTHERS)})"),
    rule(AFTERMATH, "npm ", rf"npm (?:error|ERR!)(?:$| {{0,4}}(?:{'|'.join(_NPM)}))"),
    rule(AFTERMATH, ("rror", "ailed", "exit code"), "|".join(_COUNTS)),
    rule(AFTERMATH, " tests failed out of", ".*[1-9] tests failed out of"),
    rule(AFTERMATH, "ERROR", rf"\[ERROR\] *(?:{'|'.join(_MAVEN)})"),
    rule(AFTERMATH, "FAIL", "|".join(_VERDICTS)),
    rule(AFTERMATH, "exit status ", r"\[?exit status [1-9]"),
    rule(
        NOISE,  # ctest
        ("Start ", "tests passed", " Test ", "***Skipped", 'Use "--rerun-failed'),
        r"\s+Start +\d+: |\d+% tests passed|Total Test time|\s*\d+/\d+ Test +#\d+: .*(?: Passed |\*\*\*Skipped )"
        r"|Use \"--rerun-failed",
    ),
    rule(NOISE, ("FAIL", "ailed"), r"(?:# )?FAIL(?:ED)?:? +0$|\s*0 failed"),
    rule(NOISE, "[INFO]", r"\[INFO\]"),
    rule(
        NOISE,
        ("warning", "Warning"),
        r"warning(?:\[\S+\])?: |(?:\S+: )?\(node:\d+\) |\S+:\d+:(?:\d+:)? warning: ",
    ),
)
