"""Find the file and the line that a line of a log names."""

import re
from typing import NamedTuple


class Place(NamedTuple):
    """A place in a file, as the log names it."""

    file: str
    line: int


_FILE = r"(?:file://|\w+:///)?((?<!\w)[A-Za-z]:[\\/][^\s:()\[\]\"']{1,300}|[^\s:()\[\]\"'`,]{1,300}\.[A-Za-z]\w{0,7})"
_PLACES = tuple(
    map(
        re.compile,
        (
            r'File "([^"]{1,300})", line (\d{1,9})',  # python
            rf"{_FILE}:(?:line )?(\d{{1,9}})\b",  # nearly all others
            rf"{_FILE} (?:\()?(\d{{1,9}}):\d{{1,9}}[-)]",  # vite, webpack
            rf"{_FILE}[(:]\[?(\d{{1,9}}),\d",  # tsc, C#, javac by maven
            rf"{_FILE}\((\d{{1,9}})\)",  # php
            rf"{_FILE}:? (?:on |at )?line (\d{{1,9}})\b",  # perl, php, eslint's compact form
        ),
    )
)
_UNDER_HEADING = re.compile(r"\s*(\d{1,9}):\d{1,9}\s")


def place_in(text: str, above: str = "") -> Place | None:
    """Return the first place that a line names, or that it names in the file of the line above it."""
    for pattern in _PLACES:
        if match := pattern.search(text):
            return Place(match[1], int(match[2]))
    if above and (match := _UNDER_HEADING.match(text)):
        return Place(above.strip(), int(match[1]))
    return None
