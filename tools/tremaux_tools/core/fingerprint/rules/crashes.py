"""How a process died."""

from tremaux_tools.core.fingerprint.kinds import CRASH
from tremaux_tools.core.fingerprint.rule import Rule, rule

_SIGNALS = (
    "Segmentation fault",
    "Bus error",
    "Illegal instruction",
    "Floating point exception",
    "Aborted",
    "Killed",
    "File size limit exceeded",
    "CPU time limit exceeded",
)

CRASHES: tuple[Rule, ...] = (
    # what a shell says of its child, "line 1: 4711 Killed  command"
    rule(
        CRASH,
        _SIGNALS,
        rf"(?:\S+: )?(?:line \d+: )?\s*(?:\d+ )?({'|'.join(_SIGNALS)})\b",
    ),
    rule(CRASH, _SIGNALS, rf"make.*\*\*\* \[(?:\S+:\d+: )?(.+)\] ({'|'.join(_SIGNALS)})\b"),
    rule(CRASH, ("SIG", "signal: "), r".*\b(signal: \w.*|\(signal \S.*|SIG(?:SEGV|ABRT|KILL|BUS|ILL|FPE|TERM|XCPU|SYS)\b)"),
    rule(CRASH, "Fatal Python error", r".*(Fatal Python error: .+)$"),
    rule(CRASH, "fatal error: ", r"fatal error: (.+)$"),
    rule(CRASH, "terminate called", r"terminate called (.+)$"),
    rule(CRASH, "what(): ", r"\s*what\(\): +(.+)$"),
    rule(CRASH, ("Sanitizer", "runtime error: "), r".*((?:\w+Sanitizer|runtime error): [\w -]+)"),
    rule(
        CRASH,
        ("double free", "free(): ", "malloc(): ", "realloc(): ", "munmap_chunk", "stack smashing", "corrupted "),
        r".*?((?:double free|free\(\)|malloc\(\)|realloc\(\)|munmap_chunk|\*\*\* stack smashing|corrupted ).*)$",
    ),
    rule(CRASH, "ssertion", r".*?(?::\d+: (.*?):?)? ?(Assertion [`'(].+?) failed"),
    rule(CRASH, "out of memory", r".*(heap out of memory|[Oo]ut of memory.*)$"),
    rule(CRASH, "overflowed its stack", r"thread '(.*?)'.* (has overflowed its stack)$"),
)
