"""Hide what changes from run to run and keep what tells one bug from another.

A number is hidden only where its surroundings say that it is volatile: 41 against 42 is the bug.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from tremaux_tools.core.fingerprint.paths import shorten_paths

_MAX_SET = 400  # characters between braces that are sorted; more is data, not a small set


class Mask(NamedTuple):
    """One class of volatile token."""

    hint: str  #: what every such token has, looked for first as that is cheap; "" if nothing
    pattern: re.Pattern[str]
    becomes: str | Callable[[re.Match[str]], str]


def _sort_members(match: re.Match[str]) -> str:
    return "{" + ", ".join(sorted(part.strip() for part in match[1].split(","))) + "}"


_AFTER_PLACE = r"(?=$|:| *(?:error|warning|cannot)|\s*\n)"  # of a line and a column
_UNIT = r"(?:ns|µs|us|ms|s|sec|secs|second|seconds|m|min|mins|minutes|h)"

# Order matters: the longer shape is hidden before a shorter one could eat a part of it.
MASKS: tuple[Mask, ...] = (
    Mask(
        "-",
        re.compile(r"\b\d{4}-\d\d-\d\d[T_ ]\d\d[:_]\d\d(?:[:_]\d\d)?(?:[.,_]\d{1,9})?(?:Z|\b ?[+-]\d\d:?\d\d)?"),
        "<time>",
    ),
    Mask(
        " ",
        re.compile(
            r"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
            r" +\d{1,2}(?:,? \d{4})?(?: \d\d:\d\d(?::\d\d)?)?\b"
        ),
        "<time>",
    ),
    Mask("-", re.compile(r"\b\d{4}-\d\d-\d\d\b"), "<date>"),
    Mask(":", re.compile(r"(?<![\d:])\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?![\d:])"), "<time>"),
    Mask(
        "-",
        re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"),
        "<uuid>",
    ),
    Mask("0x", re.compile(r"\b0x[0-9a-fA-F]+\b"), "<address>"),
    Mask("@", re.compile(r"(?<=\w)@[0-9a-f]{5,16}\b"), "@<address>"),  # a Java object
    Mask("", re.compile(r"\b(?=[0-9a-f]{0,40}[0-9])(?=[0-9]{0,40}[a-f])[0-9a-f]{7,64}\b"), "<hex>"),
    Mask("", re.compile(r"(?<![\w.])\d{9,}(?:\.\d+)?(?![\w])"), "<id>"),
    Mask("tmp", re.compile(r"\btmp[a-z0-9_]{8}\b"), "<tmp>"),  # Python's tempfile
    Mask("cc", re.compile(r"\bcc[A-Za-z0-9]{6}\.[os]\b"), "<tmp>"),  # gcc's temporary object
    Mask(":", re.compile(r"\b(localhost|\d{1,3}(?:\.\d{1,3}){3}|\[::1?\]):\d{2,5}\b"), r"\1:<port>"),
    Mask(
        "",
        re.compile(
            r"\b(pid|process|port|seed|goroutine|thread|worker|session|job|attempt|retry|try)"
            r"(s?(?:[ ]?[=:#][ ]*| ))\d+\b",
            re.IGNORECASE,
        ),
        r"\1\2<n>",
    ),
    Mask("=", re.compile(r"\b(time|elapsed|duration|duration_ms)=\d+(?:\.\d+)?"), r"\1=<duration>"),
    Mask("(", re.compile(r"\((node|pid|PID):\d+\)"), r"(\1:<n>)"),
    Mask("ine", re.compile(r"\b([Ll]ines?) \d+(?:[-:]\d+)?"), r"\1 <n>"),
    Mask("ol", re.compile(r"\b([Cc]ol(?:umn)?) \d+"), r"\1 <n>"),
    Mask(":", re.compile(r"(\.\w{1,8}(?:\")?):\d+(?::\d+)?(?=\W|$)"), r"\1"),  # file.c:12:5
    Mask(":", re.compile(rf"[(\[]\d+: ?\d+[)\]]{_AFTER_PLACE}"), "(<at>)"),
    # Only behind a file's name, as a.ts(12,5) or A.kt: (12, 5) have it: f(1, 2) is a call, and (1, 2) a value.
    Mask(",", re.compile(rf"(?<=\w)(\.\w{{1,8}})\(\d+,\d+\){_AFTER_PLACE}"), r"\1(<at>)"),
    Mask(",", re.compile(rf"(?<=\w)(\.\w{{1,8}}): ?[(\[]\d+, ?\d+[)\]]{_AFTER_PLACE}"), r"\1:(<at>)"),
    Mask(
        "",
        re.compile(rf"(?<![\w.])\d+(?:\.\d+)? ?{_UNIT}\b(?: \d+(?:\.\d+)?{_UNIT}\b)*"),
        "<duration>",
    ),
    Mask("%", re.compile(r"\[ *\d{1,3}%\]|\b\d{1,3}%(?=\s*[|█])"), "<percent>"),
    Mask("{", re.compile(r"\{([^{}]{0," + str(_MAX_SET) + r"})\}"), _sort_members),
)
_PLAIN_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")  # gcc writes them by locale
_SPACES = re.compile(r"\s+")
_VOLATILE = re.compile(r"[\d{]|tmp|\bcc[A-Za-z]")  # without one of these no mask can match


@lru_cache(maxsize=4096)  # the same frames and messages come again within a log and in the next one
def mask(text: str) -> str:
    """Return `text` on one line, its volatile tokens hidden, its paths the same on every machine."""
    text = _SPACES.sub(" ", text.translate(_PLAIN_QUOTES)).strip()
    text = shorten_paths(text)
    if not _VOLATILE.search(text):
        return text
    for hint, pattern, becomes in MASKS:
        if hint in text:
            text = pattern.sub(becomes, text)
    return text
