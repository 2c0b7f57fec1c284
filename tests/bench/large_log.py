"""Whether a huge log is named and assessed in bounded time and memory."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SIZE = 100 * 1024 * 1024  # bytes
MAX_SECONDS = 10
MAX_MIB = 200
_LINE = "2026-01-01 10:00:{:02d} INFO worker {} handled request /a/{} in {} ms\n"
_END = "E       assert 41 == 42\nFAILED test_cart.py::test_total - assert 41 == 42\n1 failed, 2 passed in 0.12s\n"
_CODE = """
import resource, sys
from pathlib import Path
from tremaux_tools.core.{module} import {reader}
reader = {reader}()
with Path(sys.argv[1]).open() as log:
    while chunk := log.read(1 << 20):
        reader.feed(chunk)
print(reader.finish(1).{figure}, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
_READERS = {
    "fingerprint": {"module": "fingerprint", "reader": "Fingerprinter", "figure": "fingerprint"},
    "postflight": {"module": "postflight.assessor", "reader": "Assessor", "figure": "verdict"},
}


def measure(folder: Path) -> Iterator[str]:
    """Read 100 MiB of lines that are all different, with a failure at the end."""
    log = folder / "gate.log"
    with log.open("w") as file:
        number = 0
        while file.tell() < SIZE:
            file.write("".join(_LINE.format(n % 60, n, n * 7 % 1000, n % 97) for n in range(number, number + 10_000)))
            number += 10_000
        file.write(_END)
    for what, names in _READERS.items():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        code = _CODE.format(**names)
        done = subprocess.run([sys.executable, "-c", code, log], check=True, capture_output=True, text=True)
        wall = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        figure, rss = done.stdout.split()
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        yield f"{what} of {log.stat().st_size / 1e6:.0f} MB: {figure}"
        yield f"  {cpu:.1f} s CPU, {wall:.1f} s wall, to be at most {MAX_SECONDS}"
        yield f"  {rss} MiB resident, to be at most {MAX_MIB}"
