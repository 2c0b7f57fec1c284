"""Measure what speed promises are made of: `make bench`.

Every figure stands beside one of the bare SDK, of libtmux, of Docker's SDK or of a small journal, measured in the same
run, since machines differ.
"""

import platform
import tempfile
from pathlib import Path

from tests.bench import (
    cold_start,
    context,
    dispatch,
    growth,
    large_log,
    learning,
    many_logs,
    recommending,
    round_trip,
    terminals,
    tickets,
)


def main() -> None:
    """Run all measurements and print them as they come."""
    print(f"{platform.python_implementation()} {platform.python_version()} on {platform.machine()}")
    for part in (
        cold_start,
        round_trip,
        growth,
        large_log,
        many_logs,
        context,
        recommending,
        terminals,
        tickets,
        dispatch,
        learning,
    ):
        with tempfile.TemporaryDirectory(prefix="tremaux-bench-") as folder:
            for line in part.measure(Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
