"""Where in a log a line stands, when that says that it tells of no error."""

import re
from typing import NamedTuple

from tremaux_tools.core.postflight import dismissals


class Section(NamedTuple):
    """A part of a log between two lines."""

    reason: str
    hints: tuple[str, ...]  #: in lower case; each line that opens one has one of them
    opens: re.Pattern[str]  #: matched at the beginning of the line
    closes: re.Pattern[str]  #: matched at the beginning of each later line
    unless: re.Pattern[str] | None = None  #: matched at the beginning of a line that counts all the same


_NEXT_COMMAND = re.compile(r"\$ |\++ [\w./]|\[?exit(?: code)?[: ] ?\d")
# Commands that say what others wrote: the words are not about this run.
_SHOWING = (
    r"(?:echo|printf|cat|head|tail|less|more|grep|egrep|fgrep|rg|ag|ack|zgrep|sed|awk|cut|sort|uniq|wc|jq|tee|column"
    r"|git (?:log|show|diff|grep|blame|status)|diff|ls|find|tree|history|apt-cache|apt|pip list|pip show|cd|sleep)"
)
_WORDS = r"[^|;&\"'>]|>(?:&\d)?|\"[^\"]*\"|'[^']*'"
_DIFF_HEADS = r"diff --git |index |(?:new|deleted|old) (?:file )?mode |similarity |rename |copy |Binary files "

SECTIONS: tuple[Section, ...] = (
    # Each simple command of the line only shows something.
    Section(
        dismissals.SHOWN,
        ("$ ", "+ "),
        re.compile(rf"(?:\$|\++) {_SHOWING}\b(?:{_WORDS}|(?:\||;|&&|\|\|) *(?:{_SHOWING}\b|$))*$"),
        _NEXT_COMMAND,
        re.compile(rf"(?:\S{{1,80}}: line \d{{1,7}}: )?{_SHOWING}: |\S{{1,80}}: line \d"),
    ),
    Section(
        dismissals.HANDLED,
        ("||", "--exit-zero"),
        re.compile(r"\$ .*(?:\|\| *(?:true|:|echo\b[^|;&]*)$|--exit-zero\b)"),
        _NEXT_COMMAND,
    ),
    Section(
        dismissals.WARNING,
        ("warnings summary",),
        re.compile(r"=+ warnings summary"),
        re.compile(r"=+ .* =+$|-- Docs: "),
    ),
    Section(
        dismissals.CONSOLE,
        ("= passes =",),
        re.compile(r"=+ PASSES =+$"),
        re.compile(r"=+ .* =+$|(?:FAILED|ERROR) \S+\.py"),
    ),
    Section(dismissals.CONSOLE, ("● console",), re.compile(r"  ● Console$"), re.compile(r"\S|  ● ")),
    Section(dismissals.CONSOLE, ("stdout | ", "stderr | "), re.compile(r"std(?:out|err) \| \S"), re.compile(r"\s*$")),
    Section(
        dismissals.SOURCE,
        ("diff --git ", "@@ -"),
        re.compile(r"diff --git |@@ -\d+(?:,\d+)? \+\d"),
        re.compile(rf"(?!{_DIFF_HEADS})[^ +\-@\\\s]"),
    ),
)
