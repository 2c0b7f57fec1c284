"""Print who says what, so that a person enjoys reading it."""

import sys
from collections.abc import Iterable

_WIDTH = 9  # columns of a speaker's name
_COLOURS = {"agent": "36", "pytest": "33", "tremaux": "35;1"}  # ANSI; only on a terminal


def say(speaker: str, lines: str | Iterable[str]) -> None:
    """Print what a speaker says, its name beside the first line."""
    name = f"{speaker:>{_WIDTH}}"
    if sys.stdout.isatty():
        name = f"\x1b[{_COLOURS[speaker]}m{name}\x1b[0m"
    first, *rest = [lines] if isinstance(lines, str) else list(lines)
    print(f"{name}  {first}")
    for line in rest:
        print(f"{'':>{_WIDTH}}  {line}")
    sys.stdout.flush()


def pause() -> None:
    """Print an empty line between two steps."""
    print(flush=True)
