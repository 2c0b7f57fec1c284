"""Lines that say that something failed and not what: counts, exit codes, advice."""

from tremaux_tools.core.fingerprint.kinds import AFTERMATH, NOISE
from tremaux_tools.core.fingerprint.rule import Rule, rule

AFTERMATHS: tuple[Rule, ...] = (
    rule(
        AFTERMATH,
        "***",
        r"(?:g|mingw32-)?make(?:\[\d+\])?: \*\*\* (?:\[.*\] (?:Error \d+|Terminated|Interrupt)|Waiting for unfinished|wait: No child)",
    ),
    rule(
        AFTERMATH,
        "rror",
        r"error: (?:could not compile|aborting due to|test failed, to rerun|\d+ targets? failed|process didn't exit"
        r"|script \".+\" exited|Recipe `.+` failed|failed to push some refs|doctest failed)",
    ),
    rule(
        AFTERMATH,
        "npm ",
        r"npm (?:error|ERR!)(?:$| {0,4}(?:code ELIFECYCLE|errno|path|command|workspace|"
        r"location|Lifecycle|Test failed|A complete log|\d|Exit status|This is probably|There is likely|To see a list| +npm|"
        r"Failed at the|signal))",
    ),
    rule(AFTERMATH, "rror", r"collect2: error|cc1\w*: (?:all|some) warnings"),
    rule(
        AFTERMATH,
        "FAIL",
        r"FAILED \((?:failures|errors|skipped|expected)|FAILED$|Result: FAIL|test result: FAILED",
    ),
    rule(
        AFTERMATH,
        ("rror", "ailed", "exit code"),
        r"Found \d+ errors?\b|=* ?\d+ (?:failed|errors?)\b|Command failed with"
        r"|\s*✖ \d+ problems?|\d+ errors? generated|(?:##\[error\]|::error::)?Process completed with exit code"
        r"|(?:error )?Command failed with exit code|ERROR: (?:script returned|Job failed|InvocationError)"
        r"|Errors while running CTest|.*tests failed out of",
    ),
    rule(
        AFTERMATH,
        "ERROR",
        r"\[ERROR\] *(?:$|COMPILATION ERROR|Failed to execute goal|There (?:are|were) test|Failures:|Errors:"
        r"|Tests run:(?!.* in )|-> \[Help|To see the full|Re-run Maven|For more info|\[Help|Please refer|See dump|After correcting|  mvn )",
    ),
    rule(NOISE, ("Start ", "tests passed"), r"\s+Start +\d+: |\d+% tests passed"),  # ctest
    rule(NOISE, "[INFO]", r"\[INFO\]"),
    rule(AFTERMATH, "FAIL", r"BUILD FAIL"),
    rule(AFTERMATH, "FAIL", r"FAIL$|FAIL\s+\d+|# FAIL:? +\d+|FAILED:? +\d+$"),
    rule(AFTERMATH, "exit status ", r"\[?exit status \d+"),
    rule(AFTERMATH, "FAIL", r"> Task \S+ FAILED$"),
    rule(
        NOISE,
        ("warning", "Warning"),
        r"warning(?:\[\S+\])?: |(?:\S+: )?\(node:\d+\) |\S+:\d+:(?:\d+:)? warning: ",
    ),
)
