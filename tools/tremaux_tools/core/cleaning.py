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
# Control characters but tab and line feed, zero-width and bidi characters: for a class of a regular expression.
INVISIBLE = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_CONTROL = re.compile(f"[{INVISIBLE}]")
_ASCII_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n"})

# What a log collector writes before the program's own line. A bare time of day is left alone: it may be data.
_COLLECTOR = re.compile(r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: |\t|$)")
_ECHO = re.compile(
    r"\$ \S"  # a shell session
    r"|\++ (?:\w+=\S* )*[\w./~\[\"'-]+(?: |$)"  # bash -x
    r"|> [\w@./-]+(?:@[\w.-]+)? \S"  # npm run
    r"|##\[(?:group|endgroup|command|section|debug)\]|::(?:group|endgroup|debug)::"  # GitHub, Azure
    r"|section_(?:start|end):\d+:"  # GitLab
    r"|\[?exit(?: status| code|ed with)?[:= ] ?\d+(?: after [\d.]+m?s)?\]?$"
    r"|(?i:running gate|running command|cwd|workdir|command|started|finished|elapsed|duration): "  # agents
)


def strip_controls(text: str) -> str:
    """Remove escape sequences, control, bidi and zero-width characters; keep tabs and line ends.

    A line that a carriage return wrote over keeps its last state only, as a screen would show it.
    Idempotent: stripping twice changes nothing. Linear in the length of the text.
    """
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPE.sub("", text)
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    if text.isascii():  # five times as fast
        return text.encode().translate(None, _ASCII_CONTROLS).decode()
    return _CONTROL.sub("", text)


def strip_collector_prefix(line: str) -> str:
    """Remove the time stamp that a CI service put before one line of a program's output."""
    match = _COLLECTOR.match(line)
    return line[match.end() :] if match else line


def is_command_echo(line: str) -> bool:
    """Tell whether a line only repeats the command that ran, or folds a CI log, or tells the exit code."""
    return _ECHO.match(line) is not None
