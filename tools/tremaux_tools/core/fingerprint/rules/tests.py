"""Which tests failed, as the runners name them."""

from tremaux_tools.core.fingerprint.kinds import CASE, SUITE, TEST
from tremaux_tools.core.fingerprint.rule import Near, Rule, rule

# How long a test ran, in any runner's brackets.
_TOOK = r"(?: {1,4}[(\[]?<?[\d.,]+ ?(?:ms|s|sec|m|µs)[)\]]?)?"
_PYTEST_ID = r"([\w./\\-]+\.(?:py|txt|rst|md|ipynb)(?:::[^\s\[]+)?(?:\[.*?\])?)"

TESTS: tuple[Rule, ...] = (
    # pytest: summary, verbose, verbose with xdist
    rule(TEST, ("FAIL", "ERROR"), rf"(?:\[gw\d+\] \[ *\d+%\] )?(?:FAILED|ERROR) {_PYTEST_ID}(?= - |\s*$)"),
    rule(TEST, ("FAIL", "ERROR"), rf"{_PYTEST_ID} (?:FAILED|ERROR)\b"),
    rule(CASE, "_ ", r"_+ (?:ERROR at (?:setup|teardown) of )?(\S.*?) _+$", unless=r"^_ _ "),
    # unittest
    rule(TEST, ("FAIL", "ERROR"), r"(?:FAIL|ERROR): ([\w.]+ \([\w.<>]+\)(?: .*)?)$"),
    rule(TEST, ("FAIL", "ERROR"), r"([\w.]+ \([\w.<>]+\)) \.\.\. (?:FAIL|ERROR)$"),
    # doctest
    rule(TEST, 'File "', r'File "(.+?)", line \d+, in (\S+)$'),
    # jest
    rule(
        TEST,
        "● ",
        r"\s*● (.+)$",
        unless=r"● (?:Test suite failed to run|Console|Validation |Deprecation |Cannot log|\d+ snapshot)",
    ),
    # vitest; then its suites, and those of jest, go and TAP harnesses
    rule(TEST, "FAIL", r"\s*FAIL +(?:\|.*?\| )?(\S+ > .+)$"),
    rule(TEST, "FAIL", r"\s+FAIL \[ *[\d.]+s\] (?:\(.*?\) )?(\S+ \S+)$"),  # cargo nextest
    rule(SUITE, "FAIL", r" FAIL +(\S+) \[ \S+ \]$"),
    rule(SUITE, "FAIL", rf"\s*FAIL[ \t]+(\S+){_TOOK}(?: \[\w+ failed\])?\s*$"),
    rule(SUITE, "(Wstat: ", r"(\S+) +\(Wstat: "),  # prove
    # node --test, mocha, ava, vitest: the tree
    rule(
        CASE,
        ("✕ ", "✖ ", "× ", "✗ ", "✘ "),
        rf"\s*[✕✖×✗✘] (?:\[fail\]: )?(\S.*?){_TOOK}(?: # .*)?$",
        unless=r"✖ (?:\d+ problems?|failing tests)|✘ \[ERROR\]",
    ),
    # phpunit, then minitest
    rule(TEST, ") ", r"\d+\) ([\w\\]+::\w.*)$"),
    rule(TEST, "#test_", r" *([\w:]+#\S+) \[\S+:\d+\]:$"),
    # rspec
    rule(TEST, "rspec ", r"rspec \S+ # (.+)$"),
    # TAP, also tape and node --test
    rule(
        TEST,
        "not ok",
        r"\s*not ok\b(?: \d+)?(?: -)?(?: (\S.*?))?(?:\s+# time=.*)?$",
        unless=r"(?i)# (?:todo|skip)\b",
    ),
    rule(TEST, "Failed", r"\s*#\s+Failed test '(.*)'$"),
    # go
    rule(TEST, "FAIL", r"\s*--- FAIL: (\S+)"),
    # cargo, deno
    rule(TEST, "FAIL", r"(?:test )?(\S.*?) \.\.\. FAILED(?: \(.*\))?$"),
    rule(CASE, " stdout -", r"---- (\S+) stdout ----$"),  # cargo --quiet has only this
    # ctest as it runs, with what the test wrote (`--output-on-failure`); then its summary
    rule(
        TEST,
        "***",
        r"\s*\d+/\d+ Test +#\d+: (\S+) [. ]*([A-Z][a-z ]+)?\*\*\*([A-Z][A-Za-z ]+?):? +[\d.]+ sec",
        unless=r"\*\*\*Skipped |\*\*\*Not Run \(Disabled\)",
        goes_on=3,
    ),
    rule(
        TEST,
        ("Failed", "(SEGFAULT)", "(Timeout)"),
        r"\s+\d+ - (\S+) \((Failed|Timeout|SEGFAULT|Not Run|[A-Z]\w+ ?\w*)\)",
        unless=r"\((?:Skipped|Disabled)\)",
    ),
    # maven surefire, gradle
    rule(SUITE, "<<< ", r"(?:\[ERROR\] +)?Tests run:.*<<< (?:FAILURE|ERROR)! -+ in (\S+)$"),
    rule(
        TEST,
        "<<< ",
        r"(?:\[ERROR\] +)?(\S.*?)(?: --)? {1,4}Time elapsed: .*<<< (?:FAILURE|ERROR)!",
        unless=r"Tests run:",
    ),
    rule(TEST, "FAIL", r"(\S[^>]* > \S.*) FAILED$"),
    # dotnet test, xunit
    rule(TEST, "Failed", r"\s+Failed (\S.*?) \[<? ?[\d.]+ ?\w+\]$"),
    rule(TEST, "FAIL", r"\[xUnit\.net [\d:.]+\]\s+(\S.*?) \[FAIL\]$"),
    # googletest, bun
    rule(TEST, "FAIL", r"\[  FAILED  \] ([A-Za-z_][\w/.]*)(?:, where .*)?(?: \(\d+ ms\))?$"),
    rule(TEST, "(fail) ", rf"\(fail\) (.+?){_TOOK}$"),
    # a runner somebody wrote in an afternoon
    rule(TEST, "FAIL", r"\s*(?:FAILED|FAIL): (\S.*)$", unless=r": \d+\b[^a-z]*$|: Build did NOT", near=Near.ABOVE),
)
