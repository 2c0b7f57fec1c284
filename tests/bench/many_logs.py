"""Whether a thousand logs of usual size are assessed as fast as they come."""

import time
from collections.abc import Iterator
from pathlib import Path

from tremaux_tools.core.fingerprint import explain_failure
from tremaux_tools.core.postflight.assessor import assess

LOGS = 1_000
SIZE = 10 * 1024  # characters of each
MIN_PER_SECOND = 200
_PASSING = "tests/test_cart_{0}.py::test_line_{1}[{2}-euro] PASSED{3:>40}%]\n"
_FAILING = """\
=================================== FAILURES ===================================
______________________________ test_total_{0} ______________________________

    def test_total_{0}() -> None:
>       assert total([{0}, 1]) == {1}
E       assert {0} == {1}
E        +  where {0} = total([{0}, 1])

tests/test_cart_{0}.py:7: AssertionError
------------------------------ Captured stderr call ------------------------------
WARNING  cart:cart.py:31 rounding error ignored, 0 failed
=========================== short test summary info ============================
FAILED tests/test_cart_{0}.py::test_total_{0} - assert {0} == {1}
================ 1 failed, 120 passed, 2 skipped in 1.{0:03}s ================
"""


def _log(number: int) -> str:
    end = _FAILING.format(number, number + 1)
    lines = (_PASSING.format(number, line, line * 7 % 100, f"[ {line % 100:2}") for line in range(SIZE))
    text = ""
    while len(text) + len(end) < SIZE:
        text += next(lines)
    return text + end


def measure(folder: Path) -> Iterator[str]:
    """Assess logs of pytest with one failure each, beside their fingerprints alone."""
    logs = [_log(number) for number in range(LOGS)]
    for what, read in (("fingerprint", explain_failure), ("postflight", assess)):
        begun = time.process_time()
        for log in logs:
            read(log, 1)
        per_second = LOGS / (time.process_time() - begun)
        yield f"{what} of {LOGS} logs of {SIZE} bytes: {per_second:.0f} a second on one core"
    yield f"  postflight to be at least {MIN_PER_SECOND}"
