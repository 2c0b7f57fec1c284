"""Where in the project's own code it happened: file and function, never a line number."""

from tremaux_tools.core.fingerprint.kinds import FRAME
from tremaux_tools.core.fingerprint.rule import Rule, rule

# Libraries move when they are updated, and say less about the bug than the code that called them.
_LIBRARY = (
    r"node_modules/|node:|\(internal/|site-packages/|dist-packages/|lib/python\d|<frozen|<attrs|/rustc/|\.cargo/"
    r"|/usr/(?:local/)?(?:lib|share|go)/|/go/pkg/mod/|/gems/|/rubygems/|lib/ruby/|/vendor/|/phpunit|\.pnpm/"
    r"|(?:at|from) (?:java|javax|jdk|sun|com\.sun|junit|kotlin|scala|groovy)\."
    r"|(?:at|from) org\.(?:junit|apache\.maven|gradle|opentest4j|codehaus|assertj|hamcrest|mockito)\."
    r"|java\.base/|\bat (?:System|Microsoft|Xunit|NUnit)\."
)

FRAMES: tuple[Rule, ...] = (
    # python; pytest
    rule(
        FRAME,
        'File "',
        r'[\s|E]+File "(.+?)", line \d+(?:, in (\S.*))?$',
        unless=_LIBRARY + r'|File "<(?!stdin|string)',
    ),
    rule(FRAME, ".py:", r"(\S+\.py):\d+: in (\w.*|<\w+>)$", unless=_LIBRARY),
    rule(FRAME, ".py:", r"(\S+\.py):\d+: ([A-Z]\w*)$", unless=_LIBRARY),
    # javascript; vitest
    rule(FRAME, "at ", r"\s*at (?:async )?(?:new )?(\S.*?) \((\S+?):\d+:\d+\)", unless=_LIBRARY),
    rule(FRAME, "at ", r"\s*at (?:async )?(\S+?):\d+:\d+\)?$", unless=_LIBRARY),
    rule(FRAME, "❯ ", r"\s*❯ (?:(\S.*) )?(\S+?):\d+:\d+$", unless=_LIBRARY),
    # java and kin
    rule(FRAME, "at ", r"\s*at ([\w.$/@<>]+)\((\w+\.\w+):\d+\)", unless=_LIBRARY),
    # go: the function, then its file
    rule(
        FRAME,
        ("(0x", "({0x", "(...)"),
        r"([\w./-]{1,200}\.(?:\(\*?\w{1,80}\)\.)?[\w.]{1,80})\(.*\)$",
        unless=r"^(?:runtime|testing|panic)\b",
    ),
    rule(FRAME, ".go:", r"\t(/\S+\.go):\d+", unless=_LIBRARY),
    # ruby, php, .NET
    rule(FRAME, ".rb:", r"\s*(?:# |from )?(\S+\.rb):\d+:in [`'](.+)'$", unless=_LIBRARY),
    rule(FRAME, ".php", r"(?:#\d+ )?(/\S+\.php)(?::\d+|\(\d+\): (.+))$", unless=_LIBRARY),
    rule(FRAME, ":line ", r"\s*at (\S.*?) in (\S+):line \d+$", unless=_LIBRARY),
    # sanitizers and debuggers
    rule(FRAME, "#", r"\s*#\d+ +0x[0-9a-f]+ in (\S+)(?: \(.*?\))? (?:at )?(\S+?):\d+", unless=_LIBRARY),
)
