"""Mark where a command's output begins and ends in the byte stream of a terminal.

The marks are those of shell integration (OSC 133: C before the output, D with the exit code behind it)
with a nonce that the command's own output cannot know. tmux shows them to nobody and passes them on raw.
Source: FinalTerm's semantic prompts, https://gitlab.freedesktop.org/Per_Bothner/specifications.
"""

import re


def begin_mark(nonce: str) -> bytes:
    """What stands before the output of the command that `nonce` names."""
    return f"\x1b]133;C;{nonce}\x07".encode()


def find_begin(data: bytes, nonce: str) -> int | None:
    """Find where the output begins: the offset behind the mark; None if it has not come."""
    mark = begin_mark(nonce)
    offset = data.find(mark)
    return None if offset < 0 else offset + len(mark)


def find_end(data: bytes, nonce: str) -> tuple[int, int] | None:
    """Find where the output ends and the exit code; None if the mark has not come."""
    match = re.search(rb"\x1b\]133;D;(\d{1,3});" + re.escape(nonce.encode()) + rb"\x07", data)
    return (match.start(), int(match[1])) if match else None
