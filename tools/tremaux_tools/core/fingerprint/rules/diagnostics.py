"""What compilers, linters and build tools complain about: file, code and message."""

from tremaux_tools.core.fingerprint.kinds import DETAIL, DIAGNOSTIC
from tremaux_tools.core.fingerprint.rule import Near, Rule, rule

_LOCATED = r"(?:\[ERROR\] +)?\s*(\S[^:]*\.\w+):\d+(?::\d+)?(?:-\d+)?(?::\d+)?"

DIAGNOSTICS: tuple[Rule, ...] = (
    # gcc, clang, mypy, javac, swift, go vet: file:line:column: error: message
    rule(DIAGNOSTIC, "error: ", rf"{_LOCATED}: (?:fatal |internal compiler )?error: (.*)$"),
    # tsc --pretty, pyright: file:line:column - error code: message
    rule(DIAGNOSTIC, " - error", rf"{_LOCATED} - error(?: (\w+))?: (.*)$"),
    # tsc and C# put the place in parentheses
    rule(DIAGNOSTIC, "): ", r"\s*(\S[^(]*)\(\d+,\d+\): (?:fatal )?error (\w+): (.*?)(?: \[\S+proj\])?$"),
    rule(DIAGNOSTIC, "error TS", r"error (TS\d+): (.*)$"),
    # rustc; what it locates, also ruff, oxlint, biome: "--> file" under the message
    rule(
        DIAGNOSTIC,
        "error[E",
        r"error(\[E\d+\]): (.+)$",
    ),
    rule(DIAGNOSTIC, "--> ", r"\s*--> (\S+?):\d+:\d+$", near=Near.BEFORE),
    # eslint: stylish names the file on a line of its own; unix; compact
    rule(DIAGNOSTIC, "error", r"\s+\d+:\d+\s+error\s+(\S.*?)(?:\s{2,}(\S+))?$", near=Near.HEADING),
    rule(DIAGNOSTIC, "Error", r"(\S+?):\d+:\d+: (.+) \[Error(/\S+)?\]$"),
    rule(DIAGNOSTIC, "Error", r"(\S.*?): line \d+, col \d+, Error - (.+)$"),
    # javac by maven: message, then what it could not find
    rule(DIAGNOSTIC, "ERROR", r"\[ERROR\] (\S+?):\[\d+,\d+\] (.*)$"),
    rule(DETAIL, (" symbol: ", " location: "), r"(?:\[ERROR\])?\s+((?:symbol|location): .*)$"),
    # ld
    rule(
        DIAGNOSTIC,
        ("ndefined ", "multiple definition", "cannot find -l"),
        r".*(undefined reference to .+|multiple definition of .+?|cannot find -l\S+"
        r"|[Uu]ndefined symbols?:? .+?)"
        r"(?:; .*)?$",
    ),
    # go build, go vet, and what a go test said
    rule(DIAGNOSTIC, ".go:", r"(?:vet: )?\s*(\S+\.go):\d+(?::\d+)?: (.+)$"),
    # ruby, perl, php
    rule(DIAGNOSTIC, ".rb:", r"(\S+\.rb):\d+: (.+)$"),
    rule(DIAGNOSTIC, " line ", r"([^#\s].*) at (\S+\.(?:pl|pm|t)) line \d+[.,]"),
    rule(DIAGNOSTIC, "error: ", r"(?:PHP )?((?:Parse|Fatal) error: +.+)$"),
    # esbuild, vite, webpack, prettier, black
    rule(DIAGNOSTIC, "ERROR", r"✘ \[ERROR\] (.+)$"),
    rule(DIAGNOSTIC, "ERROR", r"\[([A-Z_]+_ERROR)\] (.+)$"),
    rule(DIAGNOSTIC, "ERROR", r"ERROR in (\S+)", goes_on=2),
    rule(DIAGNOSTIC, "[error] ", r"\[error\] (.+)$"),
    rule(DIAGNOSTIC, "would reformat ", r"(would reformat \S+)"),
    # cmake, rake, gradle
    rule(DIAGNOSTIC, "Error", r"CMake Error(?: at (\S+?):\d+)?(?: \((\w+)\))?:", goes_on=2),
    rule(DIAGNOSTIC, "rake aborted!", r"(rake aborted!)$", goes_on=1),
    rule(DIAGNOSTIC, "What went wrong", r"\* (What went wrong):", goes_on=2),
    # coverage gates
    rule(
        DIAGNOSTIC,
        ("overage", "threshold"),
        r"(?:\S+ )?(.*(?:not me?e?t|not reached|less than fail-under).*)$",
    ),
    # ruff, flake8, pylint: file:line:column: code message
    rule(
        DIAGNOSTIC,
        ": ",
        r"(\S+?):\d+:\d+: ([A-Z]{1,5}\d{2,5}|SyntaxError|invalid-syntax):? (?:\[\*\] )?(.+)$",
    ),
    # git, pip, cargo, rustc, docker and many more begin with the word
    rule(
        DIAGNOSTIC,
        ("rror", "atal: ", "RROR: ", "ATAL: "),
        r"[\s|│]*(?:\S+: )?(?:error|fatal|Error|ERROR|FATAL|Fatal)(?: \w+)?: (?!0\b)(\S.*)$",
    ),
)
