"""Why a command of a script could not do its work."""

from tremaux_tools.core.fingerprint.kinds import COMMAND
from tremaux_tools.core.fingerprint.rule import Rule, rule

# The texts of strerror(3) and of shells that end a command's complaint.
_COMPLAINTS = (
    "command not found",
    "not found",
    "No such file or directory",
    "Permission denied",
    "Operation not permitted",
    "Is a directory",
    "Not a directory",
    "File exists",
    "Directory not empty",
    "No space left on device",
    "Read-only file system",
    "Connection refused",
    "Connection reset by peer",
    "Address already in use",
    "Cannot allocate memory",
    "Argument list too long",
    "Device or resource busy",
    "Too many open files",
    "Broken pipe",
    "Input/output error",
    "unbound variable",
    "parameter null or not set",
    "Exec format error",
    "ambiguous redirect",
)

COMMANDS: tuple[Rule, ...] = (
    rule(COMMAND, _COMPLAINTS, rf"(?:\S+: line \d+: )?(\S.*?): ((?:[Cc]annot \w+: )?(?:{'|'.join(_COMPLAINTS)}))\b"),
    rule(COMMAND, "syntax error", r"(?:\S+: )?(?:line \d+: )?(syntax error.*)$"),
    rule(COMMAND, "curl: (", r"curl: (\(\d+\) .+)$"),
    rule(COMMAND, "No rule to make", r"make.*\*\*\* (No rule to make target .+)$"),
    rule(COMMAND, "CONFLICT", r"(CONFLICT \(.+)$"),
    rule(COMMAND, "E: ", r"(E: .+)$"),
    rule(COMMAND, "npm ", r"npm (?:error|ERR!) (?:code )?(\S.*)$"),
)
