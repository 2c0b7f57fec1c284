"""How a process died."""

from tremaux_tools.core.fingerprint.kinds import CRASH
from tremaux_tools.core.fingerprint.rule import Rule, rule

_SIGNALS = (
    "Segmentation fault",
    "Illegal instruction",
    "Floating point exception",
    "Aborted",
    "Killed",
    "limit exceeded",
    "Bus error",
)

CRASHES: tuple[Rule, ...] = (
    # what a shell says of its child, "line 1: 4711 Killed  command"
    rule(
        CRASH,
        _SIGNALS,
        rf"(?:\S+: )?(?:line \d+: )?\s*(?:\d+ )?((?:File size |CPU time )?(?:{'|'.join(_SIGNALS)}))\b",
    ),
    rule(CRASH, _SIGNALS, rf"make.*\*\*\* \[(?:\S+:\d+: )?(.+)\] ({'|'.join(_SIGNALS)})\b"),
    rule(
        CRASH,
        ("SIG", "signal: "),
        r".*\b(signal: \w.*|\(signal \S.*|SIG(?:SEGV|ABRT|KILL|BUS|ILL|FPE|TERM|XCPU|SYS)\b)",
    ),
    rule(CRASH, "Fatal Python error: ", r".*(Fatal Python error: .+)$"),
    rule(CRASH, "fatal error: ", r"fatal error: (.+)$"),
    rule(CRASH, "terminate called", r"terminate called (.+)$"),
    rule(CRASH, "what(): ", r"\s*what\(\): +(.+)$"),
    rule(CRASH, ("Sanitizer", "runtime error: "), r".*?((?:\w{1,20}Sanitizer|runtime error): [\w -]+)"),
    rule(
        CRASH,
        ("free", "lloc(): ", "stack"),
        r".*?((?:free\(\)|malloc\(\)|realloc\(\)|double free|\*\*\* stack smashing).*)$",
    ),
    rule(CRASH, "ssertion", r".*?(?::\d+: (.*?):?)? ?(Assertion [`'(].+?) failed"),
    rule(CRASH, "out of memory", r".*(heap out of memory|[Oo]ut of memory.*)$"),
    rule(CRASH, "stack", r"thread '(.*?)'.* (has overflowed its stack)$"),
)
