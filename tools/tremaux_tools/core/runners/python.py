"""Python: pytest and the runners that speak unittest's words (nose, nose2, Django, trial)."""

from tremaux_tools.core.runners.reader import TOTAL, Summary

# `--tb`, `-v`, `-q` and xdist all end alike; -q leaves the bars away, old versions wrote "seconds".
PYTEST = Summary(
    "pytest",
    r"(?:=+ )?(?:no tests (?:ran|collected)|\d+ [a-z]+(?: passed)?(?:, \d+ [a-z]+(?: passed)?){0,12})"
    r" in \d[\d.]* ?s(?:econds)?\b",
    {
        "passed": "passed",
        "xpassed": "passed",  # not strict: a surprise, but no failure
        "failed": "failed",
        "error": "errors",
        "errors": "errors",
        "skipped": "skipped",
        "xfailed": "xfailed",
    },
)

UNITTEST = Summary(
    "unittest",
    r"Ran \d+ tests? in |(?:OK|FAILED|PASSED)(?:$| \([A-Za-z ]{4,24}=)|NO TESTS RAN",
    {
        "Ran": TOTAL,
        "failures": "failed",
        "unexpected successes": "failed",
        "errors": "errors",
        "skipped": "skipped",
        "SKIP": "skipped",  # nose
        "skips": "skipped",  # trial
        "expected failures": "xfailed",
        "expectedFailures": "xfailed",
    },
    opens=r"Ran ",
    closes=r"OK|FAILED|PASSED|NO TESTS RAN",
)

RUNNERS = (PYTEST, UNITTEST)
