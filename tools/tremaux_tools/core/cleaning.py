"""Turn what a program wrote to a terminal into the plain lines a person would have read."""

import re

# CSI, OSC (ended by BEL or ST, or cut off), DCS/SOS/PM/APC, two- and three-byte escapes, C1 forms: ECMA-48.
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"
    r"|\x1b[PX^_][^\x1b\n]*(?:\x1b\\)?"
    r"|\x1b[ -/]+[0-~]"
    r"|\x1b[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n])")


def strip_controls(text: str) -> str:
    """Remove escape sequences, control, bidi and zero-width characters; keep tabs and line ends.

    A line that a carriage return wrote over keeps its last state only, as a screen would show it.
    Idempotent: stripping twice changes nothing.
    """
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPE.sub("", text)
    if "\r" in text:
        text = _OVERWRITTEN.sub("", text.replace("\r\n", "\n"))
    return _CONTROL.sub("", text)
