"""What was wanted and what was got."""

from tremaux_tools.core.fingerprint.kinds import DETAIL, EXPECTED
from tremaux_tools.core.fingerprint.rule import Rule, rule

_WORDS = r"[Ee]xpected|[Rr]eceived|[Aa]ctual|[Gg]ot|[Ww]anted|[Ww]ant|left|right"

COMPARISONS: tuple[Rule, ...] = (
    # a block of YAML or a bare word puts the value on the next line
    rule(
        EXPECTED,
        ("xpected", "eceived", "ctual", "ot:", "ant:"),
        rf"\s*(?:# +)?({_WORDS}):\s*(?:[|>]-?)?\s*$",
        goes_on=2,
    ),
    rule(
        EXPECTED,
        ("xpected", "eceived", "ctual", "ot:", "ant:", "left:", "right:"),
        rf"\s*(?:# +)?((?:{_WORDS})(?: [\w ]{{1,40}})?\s*:.*?),?$",
    ),
    rule(EXPECTED, "expected but was", r"(<.*> expected but was)$", goes_on=1),  # test-unit
    rule(DETAIL, "rror: ", r"\s+(error): [|>]-?$", goes_on=2),  # node --test, TAP
    rule(DETAIL, ("rror:", "message: "), r"\s+(error|message): (['\"].*?),?$"),
    rule(DETAIL, "Failure", r"\s*Failure/Error: (.+)$"),
    rule(DETAIL, "Error", r"\s*(Error Message):$", goes_on=2),
    rule(DETAIL, "Failed", r"(Failed example):$", goes_on=1),
    rule(DETAIL, "Failed", r"[\s│]*(Failed asserting .+)$"),  # phpunit, with --testdox behind a bar
    rule(DETAIL, "Expected pending ", r"\s*(Expected pending .* to fail\b.*)$"),  # rspec
    rule(DETAIL, "Failure", r"(\S+?):\d+: Failure$", goes_on=5),  # googletest
    rule(DETAIL, "FAIL", r"(\S+?):\d+: FAILED:$", goes_on=4),  # Catch2
    rule(DETAIL, "Test suite failed to run", r"\s*● (Test suite failed to run)$", goes_on=1),
)

# The same in a sentence of a program's own; read last, as compilers and runners speak so too.
SENTENCES: tuple[Rule, ...] = (
    rule(
        EXPECTED,
        "xpected",
        r"\s*(\S.*\b[Ee]xpected\b.{1,200}\b(?:got|but|was|found|received|actual)\b.*)$",
        unless=r"^\[ERROR\]|^\s*[-+] |^\s*>? *\d+ *\|",
    ),
)
