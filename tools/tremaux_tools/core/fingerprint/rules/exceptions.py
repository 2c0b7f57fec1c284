"""Which errors were raised, by type and message."""

from tremaux_tools.core.fingerprint.kinds import CRASH, DETAIL, EXCEPTION, FRAME
from tremaux_tools.core.fingerprint.rule import Rule, rule

_TYPE = r"(?:[\w$]+(?:\.|::|\\))*(?:[A-Z_]\w*)?(?:Error|Exception)(?:Group)?"
_BEFORE = (
    r"(?:\[ERROR\] +)?[\s|+>│┃#*]*"
    r"(?:Uncaught |Unhandled |uncaught |\[cause\]: |Caused by: |Error: (?=\w+Error)"
    r"|Exception in thread \".*?\" |Unhandled exception\. |panic: )?"
)

EXCEPTIONS: tuple[Rule, ...] = (
    # pytest marks what it has to say with an E
    rule(EXCEPTION, "E  ", rf"E +({_TYPE}(?:$|:.*)|[A-Z]\w+: .*)$"),
    rule(
        DETAIL,
        "E  ",
        r"E +(\S.*)$",
        unless=r"\.\.\.Full output truncated|Use -v to get|^E [?^~+ -]+$|^E {1,4}Omitting ",
    ),
    # python's last line of a traceback, javascript, java, ruby, php, .NET
    rule(
        EXCEPTION,
        ("Error", "Exception"),
        rf"{_BEFORE}({_TYPE}(?: \[\w+\])?(?:: .*|:?))$",
    ),
    # rust: before and since 1.73, which puts the message on a line of its own
    rule(EXCEPTION, "' panicked at '", r"thread '.*?' (panicked at '.*'), \S+:\d+:\d+$"),
    rule(FRAME, "panic", r"thread '.*?'(?: \(\d+\))? panicked at (\S+):\d+:\d+:$", goes_on=1),
    # go
    rule(CRASH, "panic", r"\s*(panic: .*?)(?: \[recovered.*)?$"),
)
