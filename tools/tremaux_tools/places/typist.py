"""Type at a program once it can take it: exactly once, whichever server of Tremaux lives or dies."""

import re
import time

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.terminal.keys import typed
from tremaux_tools.core.terminal.modes import Modes

QUIET = 1.0  # seconds without output after which a program waits for what is typed
SILENT = 5.0  # the same for one that has printed nothing at all
PATIENCE = 60.0  # seconds to wait for the text that shows a program to be ready; then quiet has to do
BEFORE_ENTER = 0.3  # seconds: programs take an Enter that comes with the text for a part of it
REMEMBERED = 65_536  # bytes of the newest output in which that text is looked for


class Typist:
    """Types a text, then Enter."""

    def __init__(self, text: str, ready: str | None) -> None:
        """`ready` is a regular expression in what the program prints; None: it is ready when it has gone quiet."""
        self._text = text
        self._ready = re.compile(ready) if ready is not None else None
        self._modes = Modes()
        self._heard = bytearray()
        self._began_at = self._heard_at = time.monotonic()
        self._typed_at: float | None = None
        self._is_silent, self._is_ready, self._is_done = True, False, False

    def hear(self, printed: bytes) -> None:
        """Take what the program printed."""
        if self._is_done:
            return
        self._modes.feed(printed)
        self._heard_at, self._is_silent = time.monotonic(), False
        if self._ready and self._typed_at is None:
            self._heard += printed
            del self._heard[:-REMEMBERED]
            self._is_ready |= bool(self._ready.search(strip_controls(self._heard.decode("utf-8", "replace"))))

    def keys(self) -> bytes:
        """What is to be typed now."""
        left = self.patience()
        if left is None or left > 0:
            return b""
        if self._typed_at is None:
            self._typed_at = time.monotonic()
            return typed(self._text, bracketed=self._modes.bracketed_paste)
        self._is_done = True
        return b"\r"

    def patience(self) -> float | None:
        """Seconds until there may be something to be typed; None: there is nothing any more."""
        if self._is_done:
            return None
        return max(0.0, self._due_at() - time.monotonic())

    def _due_at(self) -> float:
        if self._typed_at is not None:
            return self._typed_at + BEFORE_ENTER
        if self._is_ready:
            return self._heard_at
        quiet = self._heard_at + (SILENT if self._is_silent else QUIET)
        return max(quiet, self._began_at + PATIENCE) if self._ready else quiet
