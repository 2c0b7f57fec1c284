"""Know which modes the program in a terminal has switched on, from the bytes it writes.

Source: XTerm Control Sequences, "DEC Private Mode Set (DECSET)".
"""

import re

_BRACKETED_PASTE = b"2004"
_ALTERNATE = frozenset({b"47", b"1047", b"1049"})
_SWITCH = re.compile(rb"\x1b\[\?([0-9;]{1,64})([hl])|\x1bc")  # ESC c resets all
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:\?[0-9;]{0,64})?)?\Z")


class Modes:
    """The modes after all bytes so far."""

    def __init__(self) -> None:
        self.bracketed_paste = False  #: the program tells pasted text from typed
        self.alternate = False  #: a full-screen program shows a screen of its own
        self._held = b""  # a sequence that has not ended

    def feed(self, data: bytes) -> None:
        """Take the next bytes, cut anywhere."""
        data = self._held + data
        for match in _SWITCH.finditer(data):
            self._switch(match[1].split(b";") if match[1] else None, on=match[2] == b"h")
        unfinished = _UNFINISHED.search(data, max(0, data.rfind(b"\x1b")))
        self._held = unfinished[0] if unfinished else b""

    def _switch(self, modes: list[bytes] | None, *, on: bool) -> None:
        if modes is None or _BRACKETED_PASTE in modes:
            self.bracketed_paste = on
        if modes is None or _ALTERNATE.intersection(modes):
            self.alternate = on
