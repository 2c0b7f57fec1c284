"""Why a command of a script could not do its work."""

from tremaux_tools.core.fingerprint.kinds import COMMAND
from tremaux_tools.core.fingerprint.rule import Rule, rule

# Ends of what strerror(3) and shells say; the rarer ones are kept as symptoms.
_COMPLAINTS = (
    "not found",
    "No such file or directory",
    "ermission denied",
    "No space left on device",
    "onnection refused",
    "already in use",
    "unbound variable",
)

COMMANDS: tuple[Rule, ...] = (
    rule(
        COMMAND,
        _COMPLAINTS,
        rf"(?:\S+: line \d+: )?(\S.*?): ((?:[\w ]+: )?(?:[\w ]+ )?\w?(?:{'|'.join(_COMPLAINTS)}))$",
    ),
    rule(COMMAND, "syntax error", r"(?:\S+: )?(?:line \d+: )?(syntax error.*)$"),
    rule(COMMAND, "curl: (", r"curl: (\(\d+\) .+)$"),
    rule(COMMAND, "***", r"make.*\*\*\* (No rule to make target .+)$"),
    rule(COMMAND, "CONFLICT", r"(CONFLICT \(.+)$"),
    rule(COMMAND, "E: ", r"(E: .+)$"),
    rule(COMMAND, "npm ", r"npm (?:error|ERR!) (?:code )?(\S.*)$"),
)
