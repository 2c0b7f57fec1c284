"""Find JSON objects in what a program printed to a terminal."""

import json

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.tickets.output.reader import Event

MAX_OBJECT_CHARS = 8 * 1024 * 1024  # of one object; a longer one is skipped


_DECODER = json.JSONDecoder()


class Events:
    """Takes lines one by one and gives the objects in them: one on a line, or one that is spread over lines.

    Around them may stand anything: banners, warnings, control sequences, halves of objects. An object that is spread
    begins with a line `{` and ends with the next line that is not indented and begins with `}`.
    """

    def __init__(self) -> None:
        self._open: list[str] = []  # the lines of an object that has not ended
        self._open_chars = 0

    @property
    def is_open(self) -> bool:
        """Whether the line before was within an object that is spread over lines."""
        return bool(self._open)

    def line(self, line: str) -> Event | None:
        """The object that ends with this line; None if none does."""
        if not self._open and "{" not in line:
            return None  # most of what is printed beside events
        line = strip_controls(line).rstrip()
        if self._open and line.startswith("}"):
            return self._close(line)
        if self._open and line[:1] in (" ", "\t") and self._open_chars + len(line) <= MAX_OBJECT_CHARS:
            self._open.append(line)
            self._open_chars += len(line)
            return None
        self._open, self._open_chars = ([line], 1) if line == "{" else ([], 0)
        return _parsed(line[line.find('{"') :]) if '{"' in line else None

    def _close(self, line: str) -> Event | None:
        whole = "\n".join([*self._open, line])
        self._open, self._open_chars = [], 0
        return _parsed(whole)


def _parsed(text: str) -> Event | None:
    try:
        value, _ = _DECODER.raw_decode(text)  # what follows on its line is not its own
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
